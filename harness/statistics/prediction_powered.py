"""The rate that people would find, from a judge's verdicts on all answers and people's labels on some.

A judge errs, and the mean of its verdicts with it. Labels on a random sample tell by how much: the
prediction-powered estimate (Angelopoulos, Bates, Fannjiang, Jordan and Zrnic 2023, Science 382) is the
judge's mean over the answers without a label, corrected by the mean error on those with one. It is
unbiased whatever the judge does, and as narrow as the judge is good. The weight of the judge is tuned
from the labels (Angelopoulos, Duchi and Zrnic 2023, PPI++), so that a useless judge does no harm.
"""

from __future__ import annotations

import math
from typing import Final

import numpy as np
from numpy.typing import ArrayLike, NDArray

from harness.statistics.estimate import Estimate
from harness.statistics.intervals import CONFIDENCE, student_quantile

__all__ = ["prediction_powered_mean"]

_LEAST: Final = 10  # groups with a label: the quantile is then Student's with 9 degrees of freedom

Floats = NDArray[np.float64]


def prediction_powered_mean(
    labels: ArrayLike,
    judged: ArrayLike,
    clusters: ArrayLike,
    unlabelled: ArrayLike,
    unlabelled_clusters: ArrayLike,
    *,
    weight: float | None = None,
) -> Estimate:
    """The mean label over all units, with its interval over clusters.

    Args:
        labels: what people said, 0 or 1, shape (n,).
        judged: what the judge said of the same units, shape (n,).
        clusters: the independent group of each of them, shape (n,).
        unlabelled: what the judge said of the units without a label, shape (N,).
        unlabelled_clusters: the groups of those, by the same codes, shape (N,).
        weight: of the judge, from 0 (labels only) to 1 (as published first); tuned when None.

    The variance is that of the sum over clusters of what each adds to the estimate, so that labelled and
    unlabelled units may share a cluster; the quantile is Student's with one degree of freedom less than
    clusters with a label. Assumes that the labelled units are a random sample.
    """
    y, f = np.asarray(labels, dtype=float), np.asarray(judged, dtype=float)
    rest = np.asarray(unlabelled, dtype=float)
    _, codes = np.unique(np.concatenate([clusters, unlabelled_clusters]), return_inverse=True)
    mine, others = codes[: len(y)], codes[len(y) :]
    labelled = len(np.unique(mine))
    if labelled < _LEAST:
        return Estimate.unknown(
            f"{labelled} labelled groups are too few for an interval, {_LEAST} are needed", len(y)
        )
    lam = _tuned(y, f, len(rest)) if weight is None else weight
    if not len(rest):
        lam = 0.0
    groups = int(codes.max()) + 1
    error = y - lam * f
    value = float(error.mean() + (lam * rest.mean() if len(rest) else 0.0))
    parts = np.bincount(mine, error - error.mean(), groups) / len(y)
    if len(rest):
        parts += lam * np.bincount(others, rest - rest.mean(), groups) / len(rest)
    spread = math.sqrt(float((parts**2).sum()) * labelled / (labelled - 1))
    half = student_quantile(labelled - 1) * spread
    method = (
        f"prediction-powered, {len(y)} labels in {labelled} groups, weight of the judge {lam:.2f}"
    )
    if np.array_equal(y, f):
        # So many groups without an error do not say that there is none: the exact bound on its rate.
        half += 1 - ((1 - CONFIDENCE) / 2) ** (1 / labelled)
    value = min(1.0, max(0.0, value))
    low, high = max(0.0, value - half), min(1.0, value + half)
    return Estimate(value, low, high, len(y) + len(rest), groups, method, CONFIDENCE)


def _tuned(y: Floats, f: Floats, rest: int) -> float:
    """The weight with the least variance (PPI++, example 6.1), kept between 0 and 1."""
    variance = float(f.var(ddof=1))
    if not variance or not rest:
        return 0.0
    covariance = float(np.cov(y, f, ddof=1)[0, 1])
    return min(1.0, max(0.0, covariance / (variance * (1 + len(y) / rest))))
