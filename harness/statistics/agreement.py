"""Agreement of two raters beyond chance."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import ArrayLike, NDArray

from harness.statistics.estimate import Estimate
from harness.statistics.intervals import CONFIDENCE, student_quantile


def cohens_kappa(first: ArrayLike, second: ArrayLike, clusters: ArrayLike) -> Estimate:
    """Cohen's kappa (1960) of two raters, with a jackknife interval over clusters.

    Args:
        first: the category that the first rater gave each unit, shape (n,), as integers from 0.
        second: that of the second rater, shape (n,).
        clusters: the independent group each unit belongs to, shape (n,).

    The standard error leaves out one cluster at a time (Efron and Tibshirani 1993, chapter 11); the
    quantile is Student's with one degree of freedom less than clusters. Unknown where both raters
    used one category only, since chance then agrees as well, and with one cluster.
    """
    first, second = np.asarray(first, dtype=np.intp), np.asarray(second, dtype=np.intp)
    n = len(first)
    if n == 0:
        return Estimate.unknown("nothing was rated")
    _, codes = np.unique(np.asarray(clusters), return_inverse=True)
    groups, size = int(codes.max()) + 1, int(max(first.max(), second.max())) + 1
    tables = np.zeros((groups, size, size))
    np.add.at(tables, (codes, first, second), 1.0)
    total = tables.sum(axis=0)
    value = float(_kappa(total[None])[0])
    if not math.isfinite(value):
        return Estimate.unknown("both raters used one category only", n)
    if groups == 1:
        return Estimate.unknown("one group only: no interval", n)
    left_out = _kappa(total - tables)
    if not np.isfinite(left_out).all():
        return Estimate.unknown("a category is in one group only", n)
    spread = float(((left_out - left_out.mean()) ** 2).sum())
    half = student_quantile(groups - 1) * math.sqrt(spread * (groups - 1) / groups)
    return Estimate(
        value, value - half, min(1.0, value + half), n, groups, "jackknife over groups", CONFIDENCE
    )


def _kappa(tables: NDArray[np.float64]) -> NDArray[np.float64]:
    """Kappa of each confusion table, shape (tables, k, k); NaN where chance agrees always."""
    n = tables.sum(axis=(1, 2))
    seen = np.trace(tables, axis1=1, axis2=2) / n
    chance = (tables.sum(axis=1) * tables.sum(axis=2)).sum(axis=1) / n**2
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.asarray((seen - chance) / (1 - chance))
