"""One figure over all saved runs: its series, where it changed, and whether it drifts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from harness.errors import ConfigError, nearest
from harness.history.store import Entry
from harness.history.unlike import unlike
from harness.statistics.change_points import ALPHA, PERMUTATIONS, change_points
from harness.statistics.drift import Trend, trend
from harness.statistics.estimate import Estimate

__all__ = ["Level", "Missing", "Point", "Series", "series"]

SEED: Final = 0


@dataclass(frozen=True, slots=True)
class Point:
    """The figure of one run; `unlike` is what differs from the run before it in the series."""

    number: int
    run: str
    made: str
    pinned: bool
    estimate: Estimate
    unlike: tuple[str, ...] = ()

    @property
    def value(self) -> float:
        """The figure, which a point of a series has."""
        assert self.estimate.value is not None  # noqa: S101  (for the type checker)
        return self.estimate.value


@dataclass(frozen=True, slots=True)
class Missing:
    """A run of the suite without the figure, and why."""

    run: str
    reason: str


@dataclass(frozen=True, slots=True)
class Level:
    """A new level from the run `run` on, at `index` of the points; see `statistics.change_points`."""

    index: int
    run: str
    before: float
    after: float
    p_value: float
    unlike: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Series:
    """The figure of a system over the runs of a suite, by their numbers.

    `baseline` is the point that is pinned, if any. `drift` is the rise from the first run to the last
    with its interval and p-value, unknown below ten runs. `gone`: the latest run has no figure.
    """

    suite: str
    system: str
    metric: str
    points: tuple[Point, ...]
    missing: tuple[Missing, ...]
    changes: tuple[Level, ...]
    drift: Trend
    gone: bool

    @property
    def baseline(self) -> Point | None:
        """The pinned run's point."""
        return next((point for point in self.points if point.pinned), None)

    @property
    def latest(self) -> Point | None:
        """The last run's point."""
        return self.points[-1] if self.points else None


def series(
    entries: Sequence[Entry],
    metric: str,
    system: str | None = None,
    *,
    alpha: float = ALPHA,
    permutations: int = PERMUTATIONS,
) -> tuple[Series, ...]:
    """A series for each system that any of the runs has, or for one; the runs are of one suite.

    `alpha` and `permutations` are those of `statistics.change_points`.

    Raises `ConfigError` where no run has the system or the metric.
    """
    found = [name for entry in entries for name in entry.header.figures]
    systems = tuple(dict.fromkeys(found))
    if system is not None and system not in systems:
        raise ConfigError(f"no saved run has a system {system!r}: {nearest(system, systems)}")
    metrics = {name for e in entries for figures in e.header.figures.values() for name in figures}
    if metric not in metrics:
        raise ConfigError(f"no saved run has a metric {metric!r}: {nearest(metric, metrics)}")
    chosen = systems if system is None else (system,)
    return tuple(_series(entries, metric, name, alpha, permutations) for name in chosen)


def _series(
    entries: Sequence[Entry], metric: str, system: str, alpha: float, permutations: int
) -> Series:
    points: list[Point] = []
    missing: list[Missing] = []
    before: Entry | None = None
    gone = False
    for entry in entries:
        estimate, reason = _figure(entry.header.figures, system, metric)
        gone = estimate is None
        if estimate is None:
            missing.append(Missing(entry.key, reason))
            continue
        points.append(_point(entry, estimate, before, system))
        before = entry
    values = np.array([point.value for point in points])
    return Series(
        suite=entries[0].suite,
        system=system,
        metric=metric,
        points=tuple(points),
        missing=tuple(missing),
        changes=tuple(
            Level(
                found.index,
                points[found.index].run,
                found.before,
                found.after,
                found.p_value,
                points[found.index].unlike,
            )
            for found in change_points(values, seed=SEED, alpha=alpha, permutations=permutations)
        ),
        drift=trend([values]),
        gone=gone,
    )


def _figure(
    figures: Mapping[str, Mapping[str, Estimate]], system: str, metric: str
) -> tuple[Estimate | None, str]:
    if system not in figures:
        return None, f"has no system {system!r}"
    estimate = figures[system].get(metric)
    if estimate is None:
        return None, f"has no {metric}"
    return (estimate, "") if estimate.value is not None else (None, estimate.method)


def _point(entry: Entry, estimate: Estimate, before: Entry | None, system: str) -> Point:
    differs: tuple[str, ...] = ()
    if before is not None:
        pair = ((system, system),)
        differs = unlike(before.header.manifest, entry.header.manifest, pair)
    return Point(
        number=entry.number,
        run=entry.key,
        made=entry.day.isoformat(),
        pinned=entry.pinned,
        estimate=estimate,
        unlike=differs,
    )
