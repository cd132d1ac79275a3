"""What the measurements might have been: the same groups of questions resampled for all systems.

Each draw takes groups with replacement and forms every metric of every system on them, so that what
makes a question hard for one system makes it hard for all. A rate gets one more group of the usual
size in which each system's outcome is a coin's: where no answer differs, a rerun still might
(the one pair that Bonett and Price 2012 add to each kind, drawn).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from harness.statistics.intervals import Floats
from harness.statistics.one_thread import on_one_thread
from harness.statistics.resampling import bootstrap_counts
from harness.statistics.results import Results
from harness.statistics.summary import QUANTILES
from harness.statistics.table import PER_ANSWER, RATES, Sample, ScoreTable, score_tables

__all__ = ["MIN_GROUPS", "Draws", "draw"]

_COINS: Final = 2
MIN_GROUPS: Final = 6  # as of paired tests: fewer tell nothing of what other groups would do
_BATCH_ELEMENTS: Final = 2_000_000


@dataclass(frozen=True, slots=True)
class Draws:
    """`points` as measured, shape (systems, metrics); `values`, shape (draws, systems, metrics)."""

    systems: tuple[str, ...]
    metrics: tuple[str, ...]
    points: Floats
    values: Floats

    def among(self, systems: Sequence[str]) -> Draws:
        """The draws of these systems only, in this order."""
        places = [self.systems.index(name) for name in systems]
        return Draws(tuple(systems), self.metrics, self.points[places], self.values[:, places])


@on_one_thread
def draw(results: Results, metrics: Sequence[str], *, seed: int) -> Draws:
    """Draws of those `metrics` that are known for every system; the same seed gives the same draws.

    A draw in which some metric cannot be formed (no right answer to divide a cost by) is left out;
    there is none with fewer than six groups of questions.
    """
    names = tuple(system.name for system in results.systems)
    known = tuple(
        metric
        for metric in metrics
        if all(system.metrics[metric].value is not None for system in results.systems)
    )
    tables = score_tables(results.scores, names)
    groups = len({score.cluster for score in results.scores})
    points = np.array(
        [[system.metrics[metric].value for metric in known] for system in results.systems],
        dtype=float,
    ).reshape(len(names), len(known))
    counts = list(bootstrap_counts(groups, seed)) if groups >= MIN_GROUPS else []
    coins = np.random.default_rng((seed, groups, _COINS))
    columns = [
        np.stack([_drawn(tables[name], metric, counts, groups, coins) for metric in known], axis=1)
        for name in names
        if known and counts
    ]
    if not columns:
        return Draws(names, known, points, np.empty((0, len(names), len(known))))
    values = np.stack(columns, axis=1)
    return Draws(names, known, points, values[np.isfinite(values).all(axis=(1, 2))])


def _drawn(
    table: ScoreTable,
    metric: str,
    counts: Sequence[Floats],
    groups: int,
    coins: np.random.Generator,
) -> Floats:
    """One metric of one system in every draw, shape (draws,); NaN where it cannot be formed."""
    if metric in QUANTILES:
        sample = table.sample("latency_mean")
        return np.concatenate([*_quantiles(sample, QUANTILES[metric], counts)])
    y, x = _sums(table, metric, groups)
    tops, bottoms = (np.concatenate([batch @ sums for batch in counts]) for sums in (y, x))
    if metric in RATES:
        size = float(x[x > 0].mean())
        often = coins.binomial(groups + 1, 1 / (groups + 1), size=len(tops)) * size
        tops = tops + often * coins.integers(0, 2, size=len(tops))
        bottoms = bottoms + often
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.asarray(tops / bottoms)


def _sums(table: ScoreTable, metric: str, groups: int) -> tuple[Floats, Floats]:
    """Sums of the metric and of its denominator by cluster code, shape (groups,) each."""
    if metric in PER_ANSWER:
        priced = table.where(lambda score: score.cost.usd is not None)
        cost, passed = priced.sample("cost_per_query"), priced.units(PER_ANSWER[metric])
        return _by_code(cost, groups), _by_code(passed, groups)
    sample = table.sample(metric)
    return _by_code(sample, groups), np.bincount(sample.clusters, minlength=groups).astype(float)


def _by_code(sample: Sample, groups: int) -> Floats:
    return np.bincount(sample.clusters, sample.values, minlength=groups).astype(float)


def _quantiles(sample: Sample, q: float, counts: Sequence[Floats]) -> Iterator[Floats]:
    """The q-quantile of the units of each draw, each unit as often as its group was drawn."""
    order = np.argsort(sample.values, kind="stable")
    ordered, codes = sample.values[order], sample.clusters[order]
    rows = max(1, _BATCH_ELEMENTS // len(ordered))
    for batch in counts:
        for start in range(0, len(batch), rows):
            reached = np.cumsum(batch[start : start + rows, codes], axis=1)
            total = reached[:, -1:]
            place = np.argmax(reached >= q * total, axis=1)
            yield np.where(total[:, 0] > 0, ordered[place], np.nan)
