"""A system against itself: records drawn again from those of a run, by the toss of a coin.

A *coin* is a system that answers each group of questions as one or the other of two systems of the run
does, by a toss. Two sessions of it, each with tosses of its own on the same groups, differ as real
sessions of a system that samples its answers do, and nothing has changed between them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from itertools import pairwise
from types import MappingProxyType
from typing import Final

import numpy as np
from numpy.typing import NDArray

from harness.gates.evidence import Evidence, Scope
from harness.gates.expression import Figure
from harness.statistics.estimate import Estimate
from harness.statistics.intervals import Floats
from harness.statistics.results import Results
from harness.statistics.table import Key, Sample, score_tables

__all__ = ["SYNTHETIC", "Coin", "Drawn", "Records", "Session", "synthetic_records"]

_METRICS: Final = ("right_rate", "stale_rate", "valid_rate", "latency_mean", "cost_per_query")
"""What is drawn; quantiles are those of `latency_mean`."""
SYNTHETIC: Final = "a synthetic set, 300 questions in 100 groups"
_GROUPS: Final = 100
_SIZE: Final = 3


@dataclass(frozen=True, slots=True)
class Records:
    """Two systems' values by metric, shape (2, units), NaN where there is none, and group codes."""

    name: str
    values: Mapping[str, Floats]
    clusters: NDArray[np.intp]

    @property
    def groups(self) -> int:
        """How many groups there are."""
        return int(self.clusters.max()) + 1

    @classmethod
    def of(cls, results: Results, a: str, b: str) -> Records:
        """Those of two systems of a run, on the answers that both gave."""
        tables = score_tables(results.scores, (a, b))
        whole = [tables[name].sample("right_rate") for name in (a, b)]
        both = set(whole[0].keys) & set(whole[1].keys)
        kept = [key in both for key in whole[0].keys]
        place = {key: i for i, key in enumerate(k for k in whole[0].keys if k in both)}
        values = {}
        for metric in _METRICS:
            values[metric] = np.full((2, len(place)), np.nan)
            for row, name in zip(values[metric], (a, b), strict=True):
                sample = tables[name].sample(metric)
                for key, value in zip(sample.keys, sample.values, strict=True):
                    if key in place:
                        row[place[key]] = value
        codes = np.unique(whole[0].clusters[np.array(kept)], return_inverse=True)[1]
        return cls(f"{a}/{b}", values, codes)

    def truth(self, metric: str, q: float | None = None) -> float:
        """The coin's true mean, or its `q`-quantile."""
        pooled = self.values[metric].ravel()
        pooled = pooled[~np.isnan(pooled)]
        return float(pooled.mean() if q is None else np.quantile(pooled, q, method="inverted_cdf"))


def synthetic_records(seed: int, groups: int = _GROUPS) -> Records:
    """Two made-up systems: right on 70 %, alike in a group, with skewed times; no real run."""
    rng = np.random.default_rng((seed, 7))
    clusters = np.repeat(np.arange(groups), _SIZE)
    shape = (2, groups * _SIZE)
    right = rng.random(shape) < rng.beta(1.4, 0.6, groups)[clusters]
    shared = 0.5 * rng.standard_normal(groups)[clusters]
    times = np.exp(shared + 0.5 * rng.standard_normal(shape)) / 20
    values = {
        "right_rate": right.astype(float),
        "stale_rate": (~right & (rng.random(shape) < 0.3)).astype(float),  # noqa: PLR2004
        "valid_rate": (rng.random(shape) < 0.95).astype(float),  # noqa: PLR2004
        "latency_mean": times,
        "cost_per_query": times / 1000 * rng.lognormal(0, 0.1, shape),
    }
    return Records("synthetic", MappingProxyType(values), clusters)


class Coin:
    """Draws groups, and sessions of a coin on them."""

    def __init__(self, records: Records, rng: np.random.Generator) -> None:
        self._records = records
        self._rng = rng
        order = np.argsort(records.clusters, kind="stable")
        starts = np.searchsorted(records.clusters[order], np.arange(records.groups + 1))
        self._rows = [order[i:j] for i, j in pairwise(starts)]

    def groups(self, count: int) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
        """So many groups, drawn with replacement: the rows of their units, and their new codes."""
        drawn = self._rng.integers(0, len(self._rows), count)
        rows = [self._rows[group] for group in drawn]
        sizes = [len(row) for row in rows]
        return np.concatenate(rows), np.repeat(np.arange(count, dtype=np.intp), sizes)

    def session(
        self,
        drawn: tuple[NDArray[np.intp], NDArray[np.intp]],
        change: Callable[[str, Floats], Floats] = lambda _, values: values,
    ) -> Session:
        """One session on these groups, with `change` made to the values of each metric."""
        rows, clusters = drawn
        tosses = self._rng.integers(0, 2, int(clusters[-1]) + 1)[clusters]
        values = {
            metric: change(metric, both[tosses, rows])
            for metric, both in self._records.values.items()
        }
        return Session(values, clusters)


@dataclass(frozen=True, slots=True)
class Session:
    """The values of one session by metric, shape (units,), and the group of each unit."""

    values: Mapping[str, Floats]
    clusters: NDArray[np.intp]

    def sample(self, metric: str) -> Sample:
        """The units that have a value, as a `ScoreTable` has them."""
        values = self.values[metric]
        kept = np.flatnonzero(~np.isnan(values))
        keys: tuple[Key, ...] = tuple(("", "", int(i)) for i in kept)
        return Sample(values[kept], self.clusters[kept], keys)


class Drawn(Evidence):
    """Sessions of several coins, as the judge of gates sees a run."""

    def __init__(self, sessions: Mapping[str, Session]) -> None:
        self.systems = tuple(sessions)
        self._sessions = sessions

    @property
    def whole_groups(self) -> None:
        """None: sessions are judged when all is drawn."""

    def table(self, system: str, scope: Scope) -> Session:  # noqa: ARG002  (all of it)
        """The session: `sample` is all that the judge asks of a table."""
        return self._sessions[system]

    def unpriced(self, figure: Figure) -> Estimate | None:  # noqa: ARG002  (as for a run)
        """Every cost is known, or there is none."""
        return None
