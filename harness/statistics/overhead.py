"""What one system takes longer than another, and in which of its stages."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from harness.statistics.estimate import Estimate
from harness.statistics.intervals import Floats, mean
from harness.statistics.table import ScoreTable, align
from harness.systems.base import STAGES, Stage

__all__ = ["Overhead", "overhead", "overheads"]


@dataclass(frozen=True, slots=True)
class Overhead:
    """`b` minus `a` in seconds: means over the same pairs of answers, paired as in `Comparison`.

    `stages` has those that both systems tell of every answer; `other` is what is left of `total`, so
    that all of them add up to it. `queue`, the wait in the client, is no part of the total.
    """

    a: str
    b: str
    total: Estimate
    stages: Mapping[Stage, Estimate]
    other: Estimate
    queue: Estimate

    def reversed(self) -> Overhead:
        """The same as `a` minus `b`."""
        return replace(
            self,
            a=self.b,
            b=self.a,
            total=self.total.negated(),
            stages={stage: estimate.negated() for stage, estimate in self.stages.items()},
            other=self.other.negated(),
            queue=self.queue.negated(),
        )


def overheads(tables: Mapping[str, ScoreTable], *, seed: int) -> tuple[Overhead, ...]:
    """Of every pair of systems, in the order of the comparisons."""
    return tuple(overhead(tables, a, b, seed=seed) for a, b in combinations(tables, 2))


def overhead(tables: Mapping[str, ScoreTable], a: str, b: str, *, seed: int) -> Overhead:
    """`b` minus `a` on the questions, days and repeats on which both were measured."""

    def apart(name: str) -> tuple[Floats, NDArray[np.intp]]:
        """The differences, and the clusters of the pairs in which both tell that time."""
        left, right, clusters = align(tables[a].sample(name), tables[b].sample(name))
        return right - left, clusters

    total, clusters = apart("latency_mean")
    found = {stage: apart(f"{stage}_mean")[0] for stage in STAGES}
    told = {stage: gaps for stage, gaps in found.items() if 0 < len(gaps) == len(total)}

    def estimate(gaps: Floats) -> Estimate:
        if not len(gaps):
            return Estimate.unknown("no question was measured on both")
        return mean(gaps, clusters, seed=seed)

    return Overhead(
        a,
        b,
        total=estimate(total),
        stages={stage: estimate(gaps) for stage, gaps in told.items()},
        other=estimate(total - sum(told.values())),
        queue=estimate(apart("queue_mean")[0]),
    )
