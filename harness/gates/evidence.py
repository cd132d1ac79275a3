"""What a run, and its baseline, say about one gate: a figure with its evidence against the bound."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import Protocol

import numpy as np

from harness.gates.expression import Expression, Figure
from harness.gates.groups import Groups, groups_in_order
from harness.running.folder import LoadedRun
from harness.scoring.score import Score
from harness.statistics.estimate import Estimate
from harness.statistics.one_sided import (
    Weighed,
    estimate_against,
    mean_against,
    quantile_against,
    quantile_difference_against,
    rate_against,
    rate_difference_against,
    ratio_against,
)
from harness.statistics.resampling import RESAMPLES
from harness.statistics.results import Results
from harness.statistics.summary import QUANTILES
from harness.statistics.table import (
    MEANS,
    PER_ANSWER,
    RATES,
    Sample,
    ScoreTable,
    align,
    score_tables,
)

__all__ = ["Evidence", "Scope", "evidence"]

_TIMES = "latency_mean"  # the quantiles are those of what it is the mean of


@dataclass(frozen=True, slots=True)
class Scope:
    """Which answers count: those of these days, to questions with one of these tags; empty: all."""

    days: tuple[date, ...] = ()
    tags: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.days or self.tags)

    def holds(self, run: LoadedRun) -> Callable[[Score], bool]:
        """Whether a score of the run counts."""
        tagged = {q.id for q in run.questions if not self.tags or set(self.tags) & set(q.tags)}
        days = set(self.days) or set(run.manifest.days)
        return lambda score: score.day in days and score.question_id in tagged


class Samples(Protocol):
    """What the judge asks of a table of scores."""

    def sample(self, metric: str) -> Sample:
        """The units that a rate or mean is formed over."""


class Evidence:
    """A run's scores as tables, made once for all of its gates."""

    def __init__(self, run: LoadedRun, results: Results) -> None:
        self.run = run
        self.results = results
        self.systems = tuple(system.name for system in results.systems)
        self._scores = results.scores
        self._whole: Groups | None = None
        self._tables = {Scope(): score_tables(results.scores, self.systems)}

    @property
    def whole_groups(self) -> Groups | None:
        """The groups that were asked whole, where the run may have stopped for its gates; else None."""
        if not self.run.manifest.settings.get("stop_when_decided"):
            return None
        if self._whole is None:
            codes = {
                name: code for code, name in enumerate(sorted({s.cluster for s in self._scores}))
            }
            self._whole = groups_in_order(self.run, codes)
        return self._whole

    def table(self, system: str, scope: Scope) -> Samples:
        """The scores of a system within a scope."""
        if scope not in self._tables:
            holds = scope.holds(self.run)
            whole = self._tables[Scope()]
            self._tables[scope] = {name: table.where(holds) for name, table in whole.items()}
        return self._tables[scope][system]

    def unpriced(self, figure: Figure) -> Estimate | None:
        """The estimate that says why a cost is not known; None where it is, or is no cost."""
        if not figure.metric.startswith("cost_"):
            return None
        found = self.results[figure.system].metrics["cost_per_query"]
        return found if found.value is None else None


def evidence(
    expression: Expression,
    scope: Scope,
    run: Evidence,
    baseline: Evidence | None,
    *,
    seed: int,
    resamples: int = RESAMPLES,
) -> Weighed:
    """The figure of a gate (or its distance from the reference) tested against its bound.

    The systems that it names are in the runs. Figures of two systems are paired by question, day and
    repeat. A pure function of its arguments.
    """
    unpriced = run.unpriced(expression.figure)
    reference = expression.reference
    other = baseline if expression.against_baseline else run
    if reference is not None and other is not None:
        unpriced = unpriced or other.unpriced(reference)
    if unpriced is not None:
        return Weighed(unpriced)
    if reference is None:
        return _alone(expression, scope, run, seed, resamples)
    if other is None:
        return Weighed(Estimate.unknown("no baseline run was given"))
    found = _paired(expression, reference, scope, run, other, seed=seed, resamples=resamples)
    if found.estimate.n == 0:
        return Weighed(Estimate.unknown("no question was measured on both"))
    return found


def _alone(
    expression: Expression, scope: Scope, run: Evidence, seed: int, resamples: int
) -> Weighed:
    metric, bound = expression.figure.metric, expression.bound
    table = run.table(expression.figure.system, scope)
    if metric in RATES:
        return _rate(table.sample(metric), run, bound)
    if metric in MEANS:
        sample = table.sample(metric)
        return mean_against(sample.values, sample.clusters, bound, seed=seed, resamples=resamples)
    if metric in QUANTILES:
        sample = table.sample(_TIMES)
        return quantile_against(sample.values, QUANTILES[metric], sample.clusters, bound)
    if metric in PER_ANSWER and isinstance(table, ScoreTable):
        worth = table.units(PER_ANSWER[metric])
        cost, found, clusters = align(table.sample("cost_per_query"), worth)
        return ratio_against(cost, found, clusters, bound, seed=seed, resamples=resamples)
    if scope:
        return Weighed(Estimate.unknown("it is not formed for some days or tags alone"))
    return estimate_against(run.results[expression.figure.system].metrics[metric], bound)


def _rate(sample: Sample, run: Evidence, bound: float) -> Weighed:
    if (whole := run.whole_groups) is not None:
        return whole.against(sample.values, sample.clusters, bound, low=0.0)
    return rate_against(sample.values, sample.clusters, bound)


def _paired(
    expression: Expression,
    reference: Figure,
    scope: Scope,
    run: Evidence,
    other: Evidence,
    *,
    seed: int,
    resamples: int,
) -> Weighed:
    metric, bound, factor = expression.figure.metric, expression.bound, 1 + expression.share
    of = _TIMES if metric in QUANTILES else metric
    mine: Sample = run.table(expression.figure.system, scope).sample(of)
    theirs = other.table(reference.system, scope).sample(of)
    ours, before, clusters = align(mine, theirs)
    if not len(ours):
        return Weighed(Estimate.unknown("no question was measured on both"))
    if metric in RATES:
        if (whole := run.whole_groups) is not None:
            return whole.against(ours - before, clusters, bound, low=-1.0)
        return rate_difference_against(before, ours, clusters, bound)
    if metric in MEANS:
        moved = np.asarray(ours - factor * before)
        return mean_against(moved, clusters, bound, seed=seed, resamples=resamples)
    return quantile_difference_against(
        before,
        ours,
        QUANTILES[metric],
        clusters,
        bound,
        seed=seed,
        factor=factor,
        resamples=resamples,
    )
