"""Estimates with intervals, and paired comparisons."""
