"""Search over documents."""
