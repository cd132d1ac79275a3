"""Figures of a cost of which a part has no price: from the least to the most that it can be.

Such a figure is formed twice, of the least and of the most that each answer can have cost. Its
interval holds both intervals, so it covers the cost wherever between them it lies (Imbens and Manski
2004); its value is the most.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from harness.statistics.estimate import Estimate
from harness.statistics.paired import PairedTest, paired_means
from harness.statistics.table import ScoreTable, align

__all__ = ["compared_costs", "is_open", "spanned"]

_OPEN: Final = "the value is the most; a part of the cost has no price"


def is_open(table: ScoreTable) -> bool:
    """Whether a part of what some answer cost has no price."""
    return any(score.cost.least is not None for score in table.scores)


def spanned(least: Estimate, most: Estimate) -> Estimate:
    """The interval from the lower bound of the one to the upper of the other."""
    if least.low is None or most.high is None:
        return most
    return replace(most, low=least.low, method=f"{most.method}; {_OPEN}")


def compared_costs(a: ScoreTable, b: ScoreTable, *, seed: int) -> PairedTest:
    """`b` minus `a` in cost per query, wherever the costs of both lie.

    The p-value is the larger of those at both ends, and 1 where the ends lie on two sides of 0.
    """
    lowest_a, lowest_b = (table.units(lambda score: score.cost.lowest) for table in (a, b))
    most_a, most_b = (table.sample("cost_per_query") for table in (a, b))
    least = paired_means(*align(most_a, lowest_b), seed=seed)
    most = paired_means(*align(lowest_a, most_b), seed=seed)
    ends = least.difference, most.difference
    if any(end.value is None or end.low is None or end.high is None for end in ends):
        return most
    point = paired_means(*align(most_a, most_b), seed=seed).difference
    found = replace(
        point,
        low=ends[0].low,
        high=ends[1].high,
        method=f"{point.method}; a part of the cost has no price",
    )
    known = [test.p_value for test in (least, most) if test.p_value is not None]
    apart = (ends[0].value or 0.0) * (ends[1].value or 0.0) > 0
    return PairedTest(found, (max(known) if apart else 1.0) if len(known) == len(ends) else None)
