"""A figure against a bound: its interval, and the evidence that it lies above or below.

`p_above` is the p-value of "the figure is at most the bound": small where it surely lies above.
`p_below` is that of "at least the bound". Each inverts the interval that the report shows, so that
`p_above` falls to 2.5 % about where the 95 % interval leaves the bound behind, and goes on from there:
a family of gates asks for more. All arrays have shape (units,), as in `intervals`.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
from numpy.typing import ArrayLike, NDArray

from harness.statistics.estimate import Estimate
from harness.statistics.intervals import (
    CONFIDENCE,
    WILSON,
    ClusterSums,
    Floats,
    bootstrap_ratio,
    effective_n,
    least_n,
    normal_quantile,
    quantile,
    rate,
    ratio,
    studentised,
)
from harness.statistics.paired import discordant, paired_moments, rate_difference
from harness.statistics.resampling import RESAMPLES, bootstrap_counts

__all__ = [
    "Weighed",
    "estimate_against",
    "mean_against",
    "quantile_against",
    "quantile_difference_against",
    "rate_against",
    "rate_difference_against",
    "ratio_against",
]

_MIN_GROUPS: Final = 5
_SAME: Final = 1e-9


@dataclass(frozen=True, slots=True)
class Weighed:
    """An estimate with its evidence against a bound; p-values are None where there is none."""

    estimate: Estimate
    p_above: float | None = None
    p_below: float | None = None


def rate_against(successes: ArrayLike, clusters: ArrayLike, bound: float) -> Weighed:
    """A rate: the exact binomial test, or in groups the score test on the effective n.

    The score test is Wilson's interval inverted, with Student's tail in place of the normal one.
    """
    successes = np.asarray(successes, dtype=float)
    found = rate(successes, clusters)
    if found.value is None:
        return Weighed(found)
    from scipy import stats  # noqa: PLC0415  (slow to import)

    n = len(successes)
    if not 0 < bound < 1:
        return _certain(found, found.value, bound)
    if found.groups == n:
        count = round(found.value * n)
        above = float(stats.binom.sf(count - 1, n, bound))
        return Weighed(found, above, float(stats.binom.cdf(count, n, bound)))
    error = math.sqrt(bound * (1 - bound) / effective_n(successes, clusters))
    return _from_tail(found, (found.value - bound) / error, _student(found.groups - 1))


def rate_difference_against(
    a: ArrayLike, b: ArrayLike, clusters: ArrayLike, bound: float
) -> Weighed:
    """The difference of two paired rates, `b` minus `a`: Bonett and Price's interval inverted."""
    a, b = np.asarray(a, dtype=float), np.asarray(b, dtype=float)
    found = rate_difference(a, b, clusters)
    if found.value is None:
        return Weighed(found)
    only_a, only_b = discordant(a, b)
    found = replace(found, method=f"{found.method}; {only_b} better, {only_a} worse")
    single = found.groups == len(a)
    n = float(len(a)) if single else effective_n(b - a, clusters)
    centre, error = paired_moments(only_a / len(a) * n, only_b / len(a) * n, n)
    tail = _normal() if single else _student(found.groups - 1)
    return _from_tail(found, (centre - bound) / error, tail)


def mean_against(
    values: ArrayLike, clusters: ArrayLike, bound: float, *, seed: int, resamples: int = RESAMPLES
) -> Weighed:
    """A mean, or a mean of paired differences: the bootstrap-t interval inverted."""
    values = np.asarray(values, dtype=float)
    if len(values) == 0:
        return Weighed(Estimate.unknown("nothing was measured"))
    sums = ClusterSums.of(values, clusters)
    found = bootstrap_ratio(sums, len(values), seed=seed)
    return _bootstrapped(found, sums, bound, seed, resamples)


def ratio_against(
    numerator: ArrayLike,
    denominator: ArrayLike,
    clusters: ArrayLike,
    bound: float,
    *,
    seed: int,
    resamples: int = RESAMPLES,
) -> Weighed:
    """A ratio of sums (cost per right answer): the bootstrap-t interval inverted."""
    found = ratio(numerator, denominator, clusters, seed=seed)
    if found.value is None:
        return Weighed(found)
    sums = ClusterSums.of(numerator, clusters, denominator)
    return _bootstrapped(found, sums, bound, seed, resamples)


def quantile_against(values: ArrayLike, q: float, clusters: ArrayLike, bound: float) -> Weighed:
    """A quantile: whether the share of values up to the bound is `q`, which is the same question.

    That needs no order statistic beyond the sample, so that a sample too small for an interval can
    still be evidence that nearly all of it lies above.
    """
    values = np.asarray(values, dtype=float)
    found = quantile(values, q, clusters)
    if len(values) == 0:
        return Weighed(found)
    up_to = rate_against(values <= bound, clusters, q)
    below = rate_against(values < bound, clusters, q)
    return Weighed(found, up_to.p_below, below.p_above)


def quantile_difference_against(
    a: ArrayLike,
    b: ArrayLike,
    q: float,
    clusters: ArrayLike,
    bound: float,
    *,
    seed: int,
    factor: float = 1.0,
    resamples: int = RESAMPLES,
) -> Weighed:
    """The `q`-quantile of `b` minus `factor` times that of `a`, by a percentile bootstrap.

    Whole groups are drawn, and both systems' values with them (Efron and Tibshirani 1993, chapter
    13). It leaves out what differs between two sessions as a whole, such as a busy machine. Unknown below
    `least_n(q)` pairs and where fewer than five groups were asked.
    """
    a, b = np.asarray(a, dtype=float), np.asarray(b, dtype=float)
    n = len(a)
    if n < least_n(q):
        reason = f"n = {n} is below the {least_n(q)} that p{q * 100:g} takes"
        return Weighed(Estimate.unknown(reason, n))
    _, codes = np.unique(np.asarray(clusters), return_inverse=True)
    groups = int(codes.max()) + 1
    if groups < _MIN_GROUPS:
        return Weighed(Estimate.unknown(f"{groups} groups are too few, {_MIN_GROUPS} needed", n))
    of_a, of_b = _Quantile(a, codes, q), _Quantile(b, codes, q)
    value = of_b.observed - factor * of_a.observed
    drawn = np.concatenate(
        [
            of_b(counts) - factor * of_a(counts)
            for counts in bootstrap_counts(groups, seed, resamples)
        ]
    )
    low, high = np.quantile(drawn, ((1 - CONFIDENCE) / 2, (1 + CONFIDENCE) / 2))
    method = f"percentile bootstrap over {groups} groups, {resamples} resamples"
    found = Estimate(value, min(float(low), value), max(float(high), value), n, groups, method)
    above, below = (drawn <= bound).sum(), (drawn >= bound).sum()
    return Weighed(found, float(1 + above) / (1 + resamples), float(1 + below) / (1 + resamples))


class _Quantile:
    """A quantile of weighted values, for many rows of weights of their groups."""

    def __init__(self, values: Floats, codes: NDArray[np.intp], q: float) -> None:
        order = np.argsort(values, kind="stable")
        self._values, self._codes, self._q = values[order], codes[order], q
        self.observed = float(np.quantile(values, q, method="inverted_cdf"))

    def __call__(self, counts: Floats) -> Floats:
        reached = counts.astype(np.int32)[:, self._codes]
        np.cumsum(reached, axis=1, out=reached)
        wanted = np.ceil(self._q * reached[:, -1:] * (1 - _SAME)).astype(np.int32)
        return np.asarray(self._values[(reached < wanted).sum(axis=1)])


def estimate_against(estimate: Estimate, bound: float) -> Weighed:
    """Any estimate: the arm of its interval towards the bound taken for a normal one.

    A rate's standard error is that at the bound, as in Wilson's interval, which holds near 0 and 1.
    """
    value, low, high = estimate.value, estimate.low, estimate.high
    if value is None or low is None or high is None:
        return Weighed(estimate)
    arm = value - low if value > bound else high - value
    end = low if value > bound else high
    if arm <= _SAME * max(abs(value), _SAME) or not math.isfinite(arm):
        return _certain(estimate, value, bound)
    error = arm / normal_quantile()
    if estimate.method.startswith(WILSON) and 0 < end < 1 and 0 < bound < 1:
        error *= math.sqrt(bound * (1 - bound) / (end * (1 - end)))
    return _from_tail(estimate, (value - bound) / error, _normal())


def _bootstrapped(
    found: Estimate, sums: ClusterSums, bound: float, seed: int, resamples: int
) -> Weighed:
    """How many of the studentised resamples lie as far out as the bound does."""
    if found.value is None:
        return Weighed(found)
    error = math.sqrt(sums.variance())
    if found.low == found.high:
        return _certain(found, found.value, bound)
    distances = studentised(sums, found.value, seed, resamples)
    reached = (found.value - bound) / error
    n = len(distances) + 1
    above = float(1 + (distances >= reached).sum()) / n
    return Weighed(found, above, float(1 + (distances <= reached).sum()) / n)


def _certain(found: Estimate, value: float, bound: float) -> Weighed:
    """Nothing varies: the figure lies on one side of the bound, or on it."""
    if abs(value - bound) <= _SAME * max(abs(value), abs(bound)):
        return Weighed(found, 1.0, 1.0)
    return Weighed(found, float(value <= bound), float(value >= bound))


def _from_tail(found: Estimate, distance: float, tail: Callable[[float], float]) -> Weighed:
    return Weighed(found, tail(-distance), tail(distance))


def _normal() -> Callable[[float], float]:
    from scipy import special  # noqa: PLC0415  (slow to import)

    return lambda distance: float(special.ndtr(distance))


def _student(freedom: int) -> Callable[[float], float]:
    from scipy import special  # noqa: PLC0415  (slow to import)

    return lambda distance: float(special.stdtr(freedom, distance))
