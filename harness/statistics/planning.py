"""What a finished run, taken as a pilot, says about the size of the next one.

All is told in questions: the next run is taken to ask each as often, on as many days, and in groups
of such sizes as the pilot did.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Final

import numpy as np
from numpy.typing import NDArray

from harness.statistics.estimate import Estimate
from harness.statistics.intervals import ClusterSums, Floats, effective_n
from harness.statistics.power import (
    ALPHA,
    POWER,
    mean_detectable,
    paired_rates_detectable,
    paired_rates_n,
    paired_rates_power,
    rate_half_width,
    rate_n,
)
from harness.statistics.results import Results
from harness.statistics.summary import COMPARED
from harness.statistics.table import RATES, ScoreTable, align, score_tables

PLANNED: Final = COMPARED
"""The metrics that can be planned for."""

_MIN_GROUPS: Final = 5
_ROUNDS: Final = 20
_EVEN: Final = 0.5  # the power at which what is detectable is the half width of the interval


@dataclass(frozen=True, slots=True)
class Precision:
    """One system alone: how wide its interval is, as half the width.

    `half_width` is at `questions`, `needed` the questions for the half width that was asked for. None
    where the pilot cannot tell.
    """

    system: str
    estimate: Estimate
    design_effect: float | None
    pilot: int
    questions: int
    half_width: float | None
    needed: int | None


@dataclass(frozen=True, slots=True)
class Contrast:
    """`b` minus `a`: the difference that is detected at `questions`, and the questions for one.

    `discordant` is the share of pairs on which only one is right (rates only). `detectable` and
    `needed` are None where the pilot cannot tell or no difference is detected.
    """

    a: str
    b: str
    estimate: Estimate
    discordant: float | None
    design_effect: float | None
    pilot: int
    questions: int
    detectable: float | None
    needed: int | None


@dataclass(frozen=True, slots=True)
class Plan:
    """The plan for one metric. `difference` is the one asked about (half widths as well), if any."""

    metric: str
    difference: float | None
    power: float
    alpha: float
    systems: tuple[Precision, ...]
    comparisons: tuple[Contrast, ...]


def plan(
    results: Results,
    metric: str,
    systems: Sequence[str],
    *,
    difference: float | None = None,
    questions: int | None = None,
    power: float = POWER,
    alpha: float = ALPHA,
) -> Plan:
    """Plan the next run from this one, for each of `systems` and each pair of them.

    `metric` is one of `PLANNED`. `questions` is the size of the next run (the pilot's when None). Each
    test is at `alpha`: with k comparisons of a metric Holm's correction asks for alpha / k of the
    first.
    """
    tables = score_tables(results.scores, systems)
    aims = _Aims(metric, difference, questions, power, alpha)
    return Plan(
        metric=metric,
        difference=difference,
        power=power,
        alpha=alpha,
        systems=tuple(_precision(name, results, tables[name], aims) for name in systems),
        comparisons=tuple(
            _contrast(a, b, results, tables, aims) for a, b in combinations(systems, 2)
        ),
    )


def promised_power(
    differences: Floats,
    clusters: NDArray[np.intp],
    difference: float,
    *,
    growth: float = 1.0,
    alpha: float = ALPHA,
) -> float:
    """The chance that a run of `growth` times the pilot's size detects a fall of a rate.

    `differences` (-1, 0 or 1), shape (pairs,), are those of a pilot in which nothing has changed, such
    as a system run twice. `plan` solved for the power, with one thing more: a fall comes on top of
    what differs anyway, so that so many more pairs differ.
    """
    n, share = effective_n(differences, clusters), float(np.abs(differences).mean())
    groups = _Groups(clusters, alpha, exact=True)
    grown = n * growth / groups.student(growth)
    differing = max(share, 2 / (n + 2)) + difference
    return paired_rates_power(grown, difference, differing, alpha=alpha)


@dataclass(frozen=True, slots=True)
class _Aims:
    metric: str
    difference: float | None
    questions: int | None
    power: float
    alpha: float


@dataclass(frozen=True, slots=True)
class _Reach:
    """What a pilot tells: half width or difference within reach, and its size as a multiple.

    `times` is how many times the pilot reaches the difference that was asked about.
    """

    effect: float
    within: float | None
    times: float | None
    discordant: float | None = None

    def needed(self, pilot: int) -> int | None:
        """The questions that it takes."""
        return None if self.times is None else math.ceil(self.times * pilot)


def _precision(name: str, results: Results, table: ScoreTable, aims: _Aims) -> Precision:
    sample, estimate = table.sample(aims.metric), results[name].metrics[aims.metric]
    pilot = len({question for question, _, _ in sample.keys})
    questions = pilot if aims.questions is None else aims.questions
    if estimate.value is None:
        return Precision(name, estimate, None, pilot, questions, None, None)
    if aims.metric in RATES:
        reach = _rate(sample.values, sample.clusters, questions / pilot, aims)
    else:
        reach = _mean(sample.values, sample.clusters, questions / pilot, aims, power=_EVEN)
    return Precision(
        name, estimate, reach.effect, pilot, questions, reach.within, reach.needed(pilot)
    )


def _contrast(
    a: str, b: str, results: Results, tables: Mapping[str, ScoreTable], aims: _Aims
) -> Contrast:
    estimate = results.compare(a, b, aims.metric).difference
    left, right = tables[a].sample(aims.metric), tables[b].sample(aims.metric)
    pilot = len({key[0] for key in left.keys} & {key[0] for key in right.keys})
    questions = pilot if aims.questions is None else aims.questions
    if estimate.value is None:
        return Contrast(a, b, estimate, None, None, pilot, questions, None, None)
    of_a, of_b, clusters = align(left, right)
    if aims.metric in RATES:
        reach = _paired_rates(of_b - of_a, clusters, questions / pilot, aims)
    else:
        reach = _mean(of_b - of_a, clusters, questions / pilot, aims, power=aims.power)
    needed = reach.needed(pilot)
    return Contrast(
        a,
        b,
        estimate,
        reach.discordant,
        reach.effect,
        pilot,
        questions,
        reach.within,
        needed,
    )


def _rate(values: Floats, clusters: NDArray[np.intp], growth: float, aims: _Aims) -> _Reach:
    n, share = effective_n(values, clusters), float(values.mean())
    groups = _Groups(clusters, aims.alpha, exact=True)
    within = rate_half_width(share, n * growth / groups.student(growth), alpha=aims.alpha)
    times = None
    if aims.difference is not None:
        times = groups.solve(rate_n(share, aims.difference, alpha=aims.alpha) / n)
    return _Reach(len(values) / n, within, times)


def _paired_rates(
    differences: Floats, clusters: NDArray[np.intp], growth: float, aims: _Aims
) -> _Reach:
    n, share = effective_n(differences, clusters), float(np.abs(differences).mean())
    likely = max(share, 2 / (n + 2))  # one pair of each kind, as in Bonett and Price's interval
    groups = _Groups(clusters, aims.alpha, exact=True)
    grown = n * growth / groups.student(growth)
    within = paired_rates_detectable(grown, likely, alpha=aims.alpha, power=aims.power)
    times = None
    if aims.difference is not None:
        needed = paired_rates_n(aims.difference, likely, alpha=aims.alpha, power=aims.power)
        times = groups.solve(needed / n)
    return _Reach(len(differences) / n, within, times, share)


def _mean(
    values: Floats, clusters: NDArray[np.intp], growth: float, aims: _Aims, *, power: float
) -> _Reach:
    variance = ClusterSums.of(values, clusters).variance()
    independent = float(values.var(ddof=1)) / len(values)
    groups = _Groups(clusters, aims.alpha, exact=False)
    here = mean_detectable(math.sqrt(variance), alpha=aims.alpha, power=power)
    times = None
    if aims.difference is not None:
        times = groups.solve((here / aims.difference) ** 2)
    effect = variance / independent if independent > 0 else 1.0
    return _Reach(effect, here * math.sqrt(groups.student(growth) / growth), times)


class _Groups:
    """What few groups cost: Student's quantile stands where the formulas have the normal one.

    Dividing n by the square of their ratio does it. `exact` figures need none where every unit is
    its own group, as their intervals and tests do not.
    """

    def __init__(self, clusters: NDArray[np.intp], alpha: float, *, exact: bool) -> None:
        self._groups = len(np.unique(clusters))
        self._alpha = alpha
        self._none = exact and self._groups == len(clusters)

    def student(self, times: float) -> float:
        """(Student's quantile / the normal one)^2 with so many times the groups of the pilot."""
        if self._none:
            return 1.0
        from scipy import special  # noqa: PLC0415  (slow to import)

        tail = 1 - self._alpha / 2
        freedom = max(_MIN_GROUPS, self._groups * times) - 1
        return float((special.stdtrit(freedom, tail) / special.ndtri(tail)) ** 2)

    def solve(self, times: float) -> float:
        """How many times the pilot, where it is `times` by the normal quantile; five groups at least."""
        found = times
        for _ in range(_ROUNDS):
            found = times * self.student(found)
        return max(found, _MIN_GROUPS / self._groups)
