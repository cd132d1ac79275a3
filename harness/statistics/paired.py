"""Two systems on the same questions: `b` minus `a`, pair by pair, clustered by group.

All arrays have shape (pairs,): the outcome of `a`, of `b`, and the pair's cluster code.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
from numpy.typing import ArrayLike

from harness.statistics.estimate import Estimate
from harness.statistics.intervals import (
    CONFIDENCE,
    ClusterSums,
    Floats,
    bootstrap_ratio,
    effective_n,
    normal_quantile,
    student_quantile,
)
from harness.statistics.one_thread import on_one_thread
from harness.statistics.resampling import PERMUTATIONS, sign_flips

_TIE: Final = 1e-6
_MIN_GROUPS: Final = 6  # below, no permutation of signs can be rare enough: 2 / 2^5 > 0.05


@dataclass(frozen=True, slots=True)
class PairedTest:
    """The difference with its interval and p-value; `only_a`, `only_b` are discordant pairs."""

    difference: Estimate
    p_value: float | None
    only_a: int | None = None
    only_b: int | None = None


def paired_rates(a: ArrayLike, b: ArrayLike, clusters: ArrayLike, *, seed: int) -> PairedTest:
    """The difference of two rates with its interval (`rate_difference`) and a p-value.

    McNemar's exact test (`scipy.stats.binomtest`) when every pair is its own cluster, else a
    permutation test that flips the sign of whole clusters.
    """
    a, b = np.asarray(a, dtype=float), np.asarray(b, dtype=float)
    difference = rate_difference(a, b, clusters)
    if len(a) == 0:
        return PairedTest(difference, None)
    only_a, only_b = discordant(a, b)
    if difference.value is None:
        return PairedTest(difference, None, only_a, only_b)
    if difference.groups == len(a):
        p_value: float | None = mcnemar(only_a, only_b)
        test = "McNemar exact"
    else:
        p_value = sign_flip_test(ClusterSums.of(b - a, clusters).y, seed=seed)
        test = f"permutation of {difference.groups} groups"
    difference = replace(difference, method=f"{difference.method}; {test}")
    return PairedTest(difference, p_value, only_a, only_b)


def rate_difference(a: ArrayLike, b: ArrayLike, clusters: ArrayLike) -> Estimate:
    """The difference of two paired rates with Bonett and Price's interval.

    Bonett and Price (2012), an adjusted Wald interval that adds one pair to each kind of
    discordant pairs; where pairs share clusters, on the effective n (`effective_n`) and Student's
    quantile. Unlike a bootstrap it has a width where no pair differs; measured coverage at nominal
    95 % is at least 94 % for 30-400 clusters of 1-10 (a percentile bootstrap: 89-97 %).
    """
    a, b = np.asarray(a, dtype=float), np.asarray(b, dtype=float)
    pairs = len(a)
    if pairs == 0:
        return Estimate.unknown("no question was answered by both")
    groups = len(np.unique(np.asarray(clusters)))
    if groups == pairs:
        n, quantile, method = float(pairs), normal_quantile(), "Bonett-Price"
    elif groups == 1:
        return Estimate.unknown("one group only: no interval", pairs)
    else:
        n = effective_n(b - a, clusters)
        quantile = student_quantile(groups - 1)
        method = f"Bonett-Price, cluster-adjusted (design effect {pairs / n:.2f})"
    only_a, only_b = discordant(a, b)
    low, high = bonett_price(only_a / pairs * n, only_b / pairs * n, n, quantile)
    value = (only_b - only_a) / pairs
    return Estimate(value, min(low, value), max(high, value), pairs, groups, method, CONFIDENCE)


def discordant(a: Floats, b: Floats) -> tuple[int, int]:
    """How many pairs only `a` is right on, and only `b`."""
    return int(((a == 1) & (b == 0)).sum()), int(((a == 0) & (b == 1)).sum())


def paired_means(a: ArrayLike, b: ArrayLike, clusters: ArrayLike, *, seed: int) -> PairedTest:
    """The mean difference with a bootstrap-t interval and a sign-flip permutation p-value.

    Both act on whole clusters. The p-value is None below six clusters, where it could not be small.
    """
    a, b = np.asarray(a, dtype=float), np.asarray(b, dtype=float)
    if len(a) == 0:
        return PairedTest(Estimate.unknown("no question was measured on both"), None)
    sums = ClusterSums.of(b - a, clusters)
    difference = bootstrap_ratio(sums, len(a), seed=seed)
    return PairedTest(difference, sign_flip_test(sums.y, seed=seed))


def mcnemar(only_a: int, only_b: int) -> float:
    """McNemar's exact two-sided p-value: the discordant pairs fall either way with chance 1/2."""
    if only_a + only_b == 0:
        return 1.0
    from scipy import stats  # noqa: PLC0415  (slow to import)

    return float(stats.binomtest(only_b, only_a + only_b, 0.5).pvalue)


def bonett_price(only_a: float, only_b: float, n: float, quantile: float) -> tuple[float, float]:
    """Bonett and Price's (2012) interval of the difference of two paired rates (b minus a)."""
    centre, error = paired_moments(only_a, only_b, n)
    half = quantile * error
    return max(-1.0, centre - half), min(1.0, centre + half)


def paired_moments(only_a: float, only_b: float, n: float) -> tuple[float, float]:
    """The middle of Bonett and Price's interval, and its standard error."""
    a, b = (only_a + 1) / (n + 2), (only_b + 1) / (n + 2)
    return b - a, math.sqrt((a + b - (b - a) ** 2) / (n + 2))


@on_one_thread
def sign_flip_test(sums: Floats, *, seed: int) -> float | None:
    """Two-sided permutation p-value of the sum over clusters, shape (groups,).

    Under no difference a cluster's sum is as likely its negative (Good 2005). Clusters without a
    difference tell nothing either way. Monte Carlo with the observed sum counted in (Phipson and
    Smyth 2010), so never 0. None with fewer than six clusters in all.
    """
    if len(sums) < _MIN_GROUPS:
        return None
    observed = abs(float(sums.sum()))
    scale = float(np.abs(sums).sum())
    if scale == 0:
        return 1.0
    scaled = (sums / scale).astype(np.float32)
    reached = observed / scale - _TIE
    extreme = sum(
        int((np.abs(signs @ scaled) >= reached).sum()) for signs in sign_flips(len(sums), seed)
    )
    return (1 + extreme) / (1 + PERMUTATIONS)
