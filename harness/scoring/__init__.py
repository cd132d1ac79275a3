"""Pure functions from a question and a record to a score."""
