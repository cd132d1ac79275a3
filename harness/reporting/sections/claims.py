"""Claims of the article that started this project, put to the test."""
