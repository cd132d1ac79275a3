"""Repeats: how much of the variance of right answers is a question's own, from one answer to the next.

A system that samples its answers is right on some repeats of a question and wrong on others. Asking
again narrows that part of the variance only; the rest lies between questions.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from harness.statistics.estimate import Estimate
from harness.statistics.intervals import Floats, ratio
from harness.statistics.table import Sample

_WORTHWHILE: Final = 0.1


@dataclass(frozen=True, slots=True)
class RepeatVariance:
    """The variance of answers split by the law of total variance.

    `share` is the part that lies between repeats of one question on one day, `repeats` how many of
    them were asked on average. With repeats without end the standard error would be `narrower`
    (a share of it) at most: what is left lies between questions.
    """

    share: Estimate
    repeats: float
    narrower: float | None

    @property
    def sentence(self) -> str:
        """What it means for the next run; empty where the share is unknown."""
        if self.share.value is None or self.narrower is None:
            return ""
        would = "would help" if self.narrower >= _WORTHWHILE else "would hardly help"
        return (
            f"of the variance of right answers {self.share.value:.0%} "
            f"[{self.share.low:.0%}, {self.share.high:.0%}] is between repeats: more repeats {would} "
            f"(intervals at most {self.narrower:.0%} narrower)"
        )


def repeat_variance(sample: Sample, *, seed: int) -> RepeatVariance | None:
    """Split the variance of a sample whose keys were asked several times; None where none was.

    Var(y) = E Var(y | question) + Var E(y | question) (Miller 2024, "Adding error bars to evals",
    section 3.2), a one-way random-effects model with the question on its day as the effect. The share is
    the ratio of sums over questions of the unbiased variance within and of the mean squared distance
    from the overall mean, with the interval of `ratio` over groups, so repeats are assumed to be
    independent given the question. Unknown where all answers are alike.
    """
    _, codes = np.unique([f"{q}\0{day}" for q, day, _ in sample.keys], return_inverse=True)
    counts = np.bincount(codes).astype(float)
    several = counts[codes] > 1
    if not several.any():
        return None
    values, codes = sample.values[several], np.unique(codes[several], return_inverse=True)[1]
    counts = np.bincount(codes).astype(float)
    clusters = np.empty(len(counts), dtype=np.intp)
    clusters[codes] = sample.clusters[several]
    within, total = _squares(values, codes, counts)
    found = ratio(within, total, clusters, seed=seed)
    repeats = float(len(values) / len(counts))
    if found.value is None or found.low is None or found.high is None:
        return RepeatVariance(found, repeats, None)
    share = min(1.0, found.value)
    low, high = max(0.0, min(found.low, share)), max(share, min(1.0, found.high))
    found = Estimate(share, low, high, found.n, found.groups, found.method, found.confidence)
    asked = share / repeats
    return RepeatVariance(found, repeats, 1 - math.sqrt((1 - share) / (1 - share + asked)))


def _squares(values: Floats, codes: NDArray[np.intp], counts: Floats) -> tuple[Floats, Floats]:
    """For each question: the variance of its repeats, and the mean square about the overall mean."""
    means = np.bincount(codes, values) / counts
    within = np.bincount(codes, (values - means[codes]) ** 2) / (counts - 1)
    total = np.bincount(codes, (values - means.mean()) ** 2) / counts
    return within, total
