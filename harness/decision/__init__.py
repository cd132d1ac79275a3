"""Claims, constraints and recommendations."""
