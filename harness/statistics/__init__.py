"""Estimates with intervals, and paired comparisons."""

from harness.statistics.estimate import Estimate
from harness.statistics.results import Comparison, Counts, Flip, Results, SystemResult, Upkeep
from harness.statistics.summary import summarise

__all__ = [
    "Comparison",
    "Counts",
    "Estimate",
    "Flip",
    "Results",
    "SystemResult",
    "Upkeep",
    "summarise",
]
