"""Drift: whether a series rises or falls from its beginning to its end.

A series may be several, such as the days of a run: all differences are taken within each. Values
are in their order, shape (n,), and positions in a series go from 0 to 1, so that a slope is the rise
over a whole series.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import NormalDist
from typing import Final

import numpy as np

from harness.statistics.estimate import Estimate
from harness.statistics.intervals import CONFIDENCE, Floats, normal_quantile

__all__ = ["Trend", "line", "trend"]

_LEAST: Final = 10
_MOST: Final = 300  # points of a series that are compared in pairs; more are thinned to so many


@dataclass(frozen=True, slots=True)
class Trend:
    """The rise from the beginning of a series to its end, and how likely chance makes such a one."""

    rise: Estimate
    p_value: float | None


def line(values: Floats) -> Floats:
    """The drift of one series as a straight line from 0, shape (n,).

    Its slope is the median of all pairwise slopes (Theil 1950, Sen 1968), which up to 29 % of the
    values cannot spoil, however wild they are.
    """
    found = _pairwise(_thinned(values))
    rise = float(np.median(found)) if len(found) else 0.0
    return rise * np.linspace(0, 1, len(values))


def trend(series: Sequence[Floats]) -> Trend:
    """The common rise of several series, with the interval and p-value of the seasonal Kendall test.

    Hirsch, Slack and Smith (1982): Kendall's S, which counts the pairs that rise less those that fall,
    is summed over the series, and its variance too; the interval takes the pairwise slopes at the
    ranks that S may have by chance (Gilbert 1987). A long series is first thinned to medians of
    neighbours. Assumes that neighbours are no more alike than others, which a random order brings about.
    """
    thinned = [_thinned(values) for values in series if len(values) >= _LEAST]
    n = sum(map(len, thinned))
    if not thinned:
        return Trend(Estimate.unknown(f"no series of {_LEAST} or more", n), None)
    slopes = np.sort(np.concatenate([_pairwise(values) for values in thinned]))
    score = int(np.sign(slopes).sum())
    error = math.sqrt(sum(len(v) * (len(v) - 1) * (2 * len(v) + 5) for v in thinned) / 18)
    reach = normal_quantile() * error
    first = max(0, math.floor((len(slopes) - reach) / 2))
    last = min(len(slopes) - 1, math.ceil((len(slopes) + reach) / 2))
    value = float(np.median(slopes))
    rise = Estimate(
        value,
        float(slopes[first]),
        float(slopes[last]),
        n,
        len(thinned),
        "Theil-Sen, seasonal Kendall",
        CONFIDENCE,
    )
    distance = max(0, abs(score) - 1) / error
    return Trend(rise, 2 * NormalDist().cdf(-distance))


def _pairwise(values: Floats) -> Floats:
    n = len(values)
    first, second = np.triu_indices(n, 1)
    return np.asarray((values[second] - values[first]) * (n - 1) / (second - first))


def _thinned(values: Floats) -> Floats:
    """Medians of blocks of one size, so that all are alike in distribution; a rest is left out."""
    size = math.ceil(len(values) / _MOST)
    blocks = values[: len(values) // size * size].reshape(-1, size) if size else values[:, None]
    return np.asarray(np.median(blocks, axis=1))
