"""What would change a choice: other bounds, other measurements, more questions."""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from harness.decision.bounds import in_units
from harness.decision.choice import Choice
from harness.decision.criteria import scale, sign
from harness.decision.draws import Draws
from harness.decision.judged import Check, Constraint
from harness.statistics.intervals import Floats, least_n
from harness.statistics.results import Results
from harness.statistics.summary import QUANTILES

__all__ = ["Flip", "Measure", "Move", "flips", "moves", "to_measure"]

Chooser = Callable[[Sequence[Constraint]], tuple[Choice, bool]]
"""What is chosen under these constraints, and whether provisionally."""


@dataclass(frozen=True, slots=True)
class Flip:
    """The smallest change of a constraint's bound, in one direction, that changes the choice.

    At `bound` itself (`beyond`: at anything past it) `then` is what is chosen: a system, several that
    are level, or nobody.
    """

    constraint: Constraint
    bound: float
    beyond: bool
    then: tuple[str, ...]
    words: str


@dataclass(frozen=True, slots=True)
class Move:
    """How far the chosen system's `metric` would have to get worse for `rival` to be worth as much.

    At the mean of the weights, all else as measured. `by` is positive; None where no possible value
    of this metric alone does it.
    """

    metric: str
    rival: str
    by: float | None
    to: float | None


@dataclass(frozen=True, slots=True)
class Measure:
    """A constraint that is undecided, and about how many times the questions would decide it.

    None where the measured value is the bound itself, or nothing was measured.
    """

    system: str
    constraint: Constraint
    times: float | None
    questions: int | None
    words: str


def flips(
    results: Results, constraints: Sequence[Constraint], chooser: Chooser
) -> tuple[Flip, ...]:
    """For each constraint the nearest bounds, tighter and looser, that change what is chosen.

    Exact: how a system stands to a bound only changes at the ends of its interval.
    """
    now = _named(chooser(constraints))
    found = []
    for place, constraint in enumerate(constraints):
        for side in (_looser, _tighter):
            for bound, beyond in side(results, constraint):
                at = _past(constraint, bound) if beyond else bound
                moved = replace(constraint, bound=at)
                others = (*constraints[:place], moved, *constraints[place + 1 :])
                then = _named(chooser(others))
                if then != now:
                    found.append(_flip(constraint, bound, then[0], beyond=beyond))
                    break
    return tuple(found)


def _named(chosen: tuple[Choice, bool]) -> tuple[tuple[str, ...], bool]:
    choice, provisional = chosen
    names = (choice.system,) if choice.system is not None else tuple(sorted(choice.level))
    return names, provisional and bool(names)


def _looser(results: Results, constraint: Constraint) -> Iterator[tuple[float, bool]]:
    """Bounds at which a system stops being missed or starts to be met, the nearest first."""
    upward = constraint.direction == "at most"
    ends = [end for end in _ends(results, constraint) if (end > constraint.bound) == upward]
    for end in sorted(set(ends) - {constraint.bound}, reverse=not upward):
        yield end, False


def _tighter(results: Results, constraint: Constraint) -> Iterator[tuple[float, bool]]:
    """Bounds past which a system stops being met or starts to be missed, the nearest first."""
    upward = constraint.direction == "at least"
    ends = [
        end
        for end in _ends(results, constraint)
        if end == constraint.bound or (end > constraint.bound) == upward
    ]
    for end in sorted(set(ends), reverse=not upward):
        if _possible(constraint, _past(constraint, end)):
            yield end, True


def _ends(results: Results, constraint: Constraint) -> Iterator[float]:
    for system in results.systems:
        estimate = system.metrics[constraint.metric]
        yield from (end for end in (estimate.low, estimate.high) if end is not None)


def _past(constraint: Constraint, bound: float) -> float:
    return math.nextafter(bound, -math.inf if constraint.direction == "at most" else math.inf)


def _possible(constraint: Constraint, bound: float) -> bool:
    return bound >= 0 and not (constraint.metric.endswith("_rate") and bound > 1)


def _flip(constraint: Constraint, bound: float, then: tuple[str, ...], *, beyond: bool) -> Flip:
    upper = constraint.direction == "at most"
    name = constraint.metric.replace("_", " ")
    value = in_units(constraint.metric, bound)
    side = ("below" if upper else "above") if beyond else constraint.direction
    if not then:
        what = "no system is left"
    elif len(then) == 1:
        what = f"the choice is {then[0]}"
    else:
        what = f"{', '.join(then)} are level"
    return Flip(constraint, bound, beyond, then, f"{name} {side} {value}: {what}")


def moves(draws: Draws, chosen: str, weights: Floats) -> tuple[Move, ...]:
    """For each metric that counts, the rival that is nearest and how far the metric would have to go."""
    mean = weights.mean(axis=0)
    signs = np.array([sign(metric) for metric in draws.metrics])
    scales = np.array([scale(m, draws.points[:, i]) for i, m in enumerate(draws.metrics)])
    worth = (draws.points * signs / scales) @ mean
    place = draws.systems.index(chosen)
    others = [other for other in range(len(worth)) if other != place]
    if not others:
        return ()
    rival = min(others, key=lambda other: float(worth[place] - worth[other]))
    lead = max(0.0, float(worth[place] - worth[rival]))
    found = []
    for i, metric in enumerate(draws.metrics):
        by = lead * float(scales[i] / mean[i]) if mean[i] > 0 else math.inf
        to = float(draws.points[place, i]) - float(signs[i]) * by
        possible = math.isfinite(to) and to >= 0 and not (metric.endswith("_rate") and to > 1)
        name = draws.systems[rival]
        found.append(Move(metric, name, by if possible else None, to if possible else None))
    return tuple(found)


def to_measure(
    checks: Sequence[Check], out: Collection[str], questions: int
) -> tuple[Measure, ...]:
    """The undecided constraints of the systems that are not `out`, the soonest decided first.

    An interval shrinks with the root of the number of questions: to bring its end to the bound takes
    (its distance from the value / that of the bound) squared times as many.
    """
    found = [
        _measure(c, questions) for c in checks if c.kept == "undecided" and c.system not in out
    ]
    return tuple(sorted(found, key=lambda one: one.times if one.times is not None else math.inf))


def _measure(check: Check, questions: int) -> Measure:
    times, why = _times(check)
    needed = None if times is None else math.ceil(times * questions)
    of = f"{check.constraint.words} of {check.system}"
    words = (
        f"{of}: {why}" if needed is None else f"{of}: takes about {needed:,} questions a day in all"
    )
    return Measure(check.system, check.constraint, times, needed, words)


def _times(check: Check) -> tuple[float | None, str]:
    estimate, constraint = check.estimate, check.constraint
    if estimate.value is None or estimate.low is None or estimate.high is None:
        quantile = QUANTILES.get(constraint.metric)
        if quantile is not None and 0 < estimate.n < least_n(quantile):
            return least_n(quantile) / estimate.n, ""
        return None, f"unknown: {estimate.method}"
    apart = abs(constraint.bound - estimate.value)
    if apart == 0:
        return None, "the bound is what was measured; no number of questions tells"
    end = estimate.high if constraint.bound > estimate.value else estimate.low
    return max(1.0, ((end - estimate.value) / apart) ** 2), ""
