"""A rate, or a difference of paired rates, that may be looked at after every group of questions.

An interval of a fixed n does not hold for somebody who looks again and again and stops when he
likes what he sees. A *confidence sequence* does: it holds at all times at once, so that a run may stop
for any reason. Here by betting (Waudby-Smith and Ramdas 2024, "Estimating means of bounded random
variables by betting", section 4): against "the mean is m" a player stakes a share of his money on each
group, sized from the groups before it; if m is true his expected money never grows, so that by
Ville's inequality it reaches 1/alpha with a chance of alpha at most, ever. The sequence at a time
is all m against which it has not been reached.

A group's questions are one bet: the sum of their outcomes less m for each of them. So groups of
any size and correlation are allowed; what is assumed is that groups come in random order, from a population
of such, and that none is larger than was said beforehand.
"""

from __future__ import annotations

import math
from typing import Final

import numpy as np

from harness.statistics.estimate import Estimate
from harness.statistics.intervals import CONFIDENCE, Floats
from harness.statistics.one_sided import Weighed

__all__ = ["sequence_against"]

_MOST: Final = 0.75  # of the largest stake that cannot ruin the player
_FIRST: Final = 0.25  # the variance before any group: the largest of what lies between 0 and 1
_HALVINGS: Final = 40


def sequence_against(
    sums: Floats, sizes: Floats, bound: float, *, low: float, largest: int
) -> Weighed:
    """The confidence sequence after all groups so far, and always-valid p-values of the bound.

    Args:
        sums: The sum of outcomes in each group, in the order in which groups were asked.
        sizes: How many questions each group has.
        bound: What the mean outcome of a question is held against.
        low: The least outcome: 0 for a rate, -1 for a difference of rates. The largest is 1.
        largest: The most questions that any group has, known before the first is asked.
    """
    groups, n = len(sums), int(sizes.sum())
    if not groups:
        return Weighed(Estimate.unknown("no group of questions was asked whole"))
    stakes = _stakes(sums, low, largest)
    least, most = (1 - CONFIDENCE) / 2, (1 + CONFIDENCE) / 2
    value = float(sums.sum() / n)
    above = _edge(stakes, sums, sizes, (low, value), 1 - most, up=True)
    below = _edge(stakes, sums, sizes, (value, 1.0), least, up=False)
    method = f"confidence sequence by betting, {groups} groups"
    found = Estimate(value, min(above, value), max(below, value), n, groups, method)
    return Weighed(
        found,
        p_above=_least_p(stakes, sums, sizes, bound, 1),
        p_below=_least_p(stakes, sums, sizes, bound, -1),
    )


def _stakes(sums: Floats, low: float, largest: int) -> Floats:
    """The share that is bet on each group, from the groups before it (their equation 14).

    It does not depend on the bound, so that the money falls as the bound rises and the sequence is an
    interval. The most that a group can move against the player is (1 - low) questions of `largest`.
    """
    scale = (1 - low) * largest
    moves = sums / scale
    numbers = np.arange(1, len(sums) + 1)
    means = np.cumsum(moves) / (numbers + 1)
    variances = (_FIRST + np.cumsum((moves - means) ** 2)) / (numbers + 1)
    before = np.concatenate([[_FIRST], variances[:-1]])
    side = (1 - CONFIDENCE) / 2
    free = np.sqrt(2 * math.log(1 / side) / (before * numbers * np.log1p(numbers)))
    return np.asarray(np.minimum(free, _MOST) / scale)


def _money(stakes: Floats, sums: Floats, sizes: Floats, bound: float, side: int) -> float:
    """The logarithm of the most that the player has had, who bets on a mean above (1) or below (-1)."""
    gains = np.log1p(side * stakes * (sums - bound * sizes))
    return float(np.maximum.accumulate(np.cumsum(gains))[-1])


def _least_p(stakes: Floats, sums: Floats, sizes: Floats, bound: float, side: int) -> float:
    return min(1.0, math.exp(-_money(stakes, sums, sizes, bound, side)))


def _edge(
    stakes: Floats,
    sums: Floats,
    sizes: Floats,
    between: tuple[float, float],
    alpha: float,
    *,
    up: bool,
) -> float:
    """The end of the sequence between an outcome's limit and the mean so far, by bisection."""
    near, far = (between[1], between[0]) if up else between
    for _ in range(_HALVINGS):
        middle = (near + far) / 2
        if _least_p(stakes, sums, sizes, middle, 1 if up else -1) <= alpha:
            far = middle
        else:
            near = middle
    return far
