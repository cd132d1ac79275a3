"""The headline figures of a suite over its saved runs, looked at together: what a report shows.

Twenty figures are twenty chances to see a change where none is. Each is searched at a twentieth of the
level (Bonferroni), and its p-values are given times twenty, so that all of them together show a false
change with a chance of `ALPHA`. A figure that never varied, or that few runs have, can show none and does
not count.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import count, pairwise
from typing import Final

from harness.errors import ConfigError
from harness.history.store import Contents, Entry
from harness.history.trend import Level, Series, series
from harness.history.unlike import unlike
from harness.statistics.change_points import ALPHA, LEAST, PERMUTATIONS
from harness.statistics.multiplicity import holm

__all__ = ["METRICS", "RUNS", "Past", "Stop", "look_back"]

METRICS: Final = ("right_rate", "stale_rate", "valid_rate", "latency_p50", "cost_per_query")
RUNS: Final = 90
"""The latest runs that are looked at, a quarter of a year of nights; an older pinned run comes on top."""


@dataclass(frozen=True, slots=True)
class Stop:
    """A saved run on the way; `unlike` is what differs from the one before it."""

    run: str
    number: int
    made: str
    pinned: bool
    unlike: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Past:
    """The runs of a suite by their numbers, and a series for each headline figure of each system.

    `this` is the saved run that is the report's own, if it is among them. `tested` counts the figures that
    could show a change of level. `left_out` counts older runs, `broken` files that could not be read.
    """

    suite: str
    stops: tuple[Stop, ...]
    series: tuple[Series, ...]
    this: str | None
    tested: int
    left_out: int
    broken: int

    @property
    def enough(self) -> int:
        """The least number of runs in which any change can be shown beside so many figures.

        Of n runs, those of a step in the middle can be shuffled in C(n, n/2) ways, two of which look as good.
        """
        level = ALPHA / max(1, self.tested)
        return next(n for n in count(2 * LEAST) if 2 / math.comb(n, n // 2) <= level)

    def p_value(self, level: Level) -> float:
        """That of a change, adjusted for all that were looked for."""
        return min(1.0, level.p_value * self.tested)

    @property
    def drift_p_values(self) -> tuple[float | None, ...]:
        """Holm's p-values of the drifts, one a series, None where its runs are too few."""
        return tuple(holm([one.drift.p_value for one in self.series]))


def look_back(contents: Contents, suite: str, run_id: str) -> Past:
    """The past of a suite; `run_id` is that of the run whose report it is for.

    Raises `ConfigError` where no run of the suite is saved.
    """
    every = contents.of(suite)
    if not every:
        raise ConfigError(f"no run of suite {suite!r} is saved in the history")
    entries = [
        entry
        for entry in every
        if entry.pinned or entry.header.manifest.run_id == run_id or entry in every[-RUNS:]
    ]
    known = {name: values for name in METRICS if (values := _known(entries, name))}
    tested = sum(
        len(values) >= 2 * LEAST and len(set(values)) > 1
        for systems in known.values()
        for values in systems.values()
    )
    family = max(1, tested)
    found = [
        one
        for name in known
        for one in series(
            entries,
            name,
            alpha=ALPHA / family,
            permutations=family * (1 + PERMUTATIONS) - 1,
        )
        if one.points
    ]
    return Past(
        suite=suite,
        stops=_stops(entries),
        series=tuple(found),
        this=next((e.key for e in entries if e.header.manifest.run_id == run_id), None),
        tested=tested,
        left_out=len(every) - len(entries),
        broken=len(contents.broken),
    )


def _known(entries: Sequence[Entry], metric: str) -> dict[str, list[float]]:
    """The values of a metric that are known, by system."""
    found: dict[str, list[float]] = {}
    for entry in entries:
        for system, figures in entry.header.figures.items():
            estimate = figures.get(metric)
            if estimate is not None and estimate.value is not None:
                found.setdefault(system, []).append(estimate.value)
    return found


def _stops(entries: Sequence[Entry]) -> tuple[Stop, ...]:
    manifests = [entry.header.manifest for entry in entries]
    differs = [(), *(unlike(before, now) for before, now in pairwise(manifests))]
    return tuple(
        Stop(entry.key, entry.number, entry.day.isoformat(), entry.pinned, unlikes)
        for entry, unlikes in zip(entries, differs, strict=True)
    )
