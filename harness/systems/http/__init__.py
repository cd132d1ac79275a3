"""A system behind any HTTP endpoint: what it is sent is a template, what it answers is found by path."""
