"""Dated facts, documents, questions and output formats."""
