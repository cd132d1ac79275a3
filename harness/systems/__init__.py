"""The configurations under measurement."""
