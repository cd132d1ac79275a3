"""Estimates as rows of an interval chart."""

from __future__ import annotations

from harness.reporting.charts import Mark
from harness.reporting.figures import Unit, figure
from harness.statistics.estimate import Estimate


def mark(
    estimate: Estimate | None, unit: Unit, label: str, slot: int, *, heading: str = ""
) -> Mark:
    """The row of `estimate`; an unknown one keeps its row and says why."""
    printed = figure(estimate, unit)
    return Mark(
        label=label,
        text=printed.line,
        slot=slot,
        value=printed.value,
        low=printed.low,
        high=printed.high,
        heading=heading,
    )
