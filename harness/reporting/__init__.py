"""Reports made from a run folder."""
