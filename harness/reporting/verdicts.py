"""A comparison in plain words."""

from __future__ import annotations

from typing import Literal

from harness.reporting.metrics import Metric
from harness.statistics.results import Comparison

Verdict = Literal[
    "better", "worse", "higher", "lower", "no difference detected", "within noise", "unknown"
]

SIGNIFICANCE = 0.05


def verdict(comparison: Comparison, metric: Metric, reference: float | None) -> Verdict:
    """How `b` stands to `a`; `reference` is the figure of `a`, of which relative noise is a share.

    Significance is Holm's p where there is one, else the interval's. A difference that is surely
    there and surely too small to matter is "within noise", as criterion.rs has it.
    """
    difference = comparison.difference
    if difference.value is None or difference.low is None or difference.high is None:
        return "unknown"
    if not _detected(comparison, difference.low, difference.high):
        return "no difference detected"
    noise = metric.noise(reference)
    if -noise <= difference.low and difference.high <= noise:
        return "within noise"
    rises = difference.value > 0
    if metric.better == "neither":
        return "higher" if rises else "lower"
    return "better" if rises == (metric.better == "higher") else "worse"


def _detected(comparison: Comparison, low: float, high: float) -> bool:
    excludes_zero = low > 0 or high < 0
    if comparison.p_adjusted is None:
        return excludes_zero
    return excludes_zero and comparison.p_adjusted < SIGNIFICANCE
