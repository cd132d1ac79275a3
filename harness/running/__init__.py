"""Carrying out a plan, and keeping every answer."""
