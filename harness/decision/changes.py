"""What would change a choice: other bounds, other measurements, more questions."""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from statistics import NormalDist
from typing import Final

import numpy as np

from harness.decision.bounds import in_units, quantity
from harness.decision.choice import Choice, quantile
from harness.decision.criteria import RATE_SCALE, RELATIVE_SCALE, scales, sign
from harness.decision.draws import MIN_GROUPS, Draws
from harness.decision.judged import Check, Constraint
from harness.decision.words import join
from harness.statistics.intervals import Floats, least_n
from harness.statistics.power import POWER, decision
from harness.statistics.results import Results
from harness.statistics.summary import QUANTILES

__all__ = [
    "Flip",
    "Measure",
    "Move",
    "Shift",
    "distance",
    "flips",
    "moves",
    "named",
    "outcome",
    "to_measure",
    "to_tell_apart",
]

_MOST_TIMES: Final = 1000.0
_FOUR_IN_FIVE: Final = NormalDist().inv_cdf(POWER)

Chooser = Callable[[Sequence[Constraint]], tuple[Choice, bool]]
"""What is chosen under these constraints, and whether provisionally."""


@dataclass(frozen=True, slots=True)
class Flip:
    """The smallest change of a constraint's bound, in one direction, that changes the choice.

    At `bound` itself (`beyond`: at anything past it) `then` is what is chosen: a system, several that
    are level, or nobody; `provisional` as in the decision.
    """

    constraint: Constraint
    bound: float
    beyond: bool
    then: tuple[str, ...]
    provisional: bool
    words: str


@dataclass(frozen=True, slots=True)
class Shift:
    """A change of what is so (a corpus, examples, where data may go) that changes the choice."""

    what: str
    then: tuple[str, ...]
    provisional: bool
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
    """What the run leaves open of a system, and about how many questions a day tell it with a chance of 80 %.

    That is if the figures that were seen are the true ones. `questions` is None where no practicable
    number would, or nothing was measured; `words` says why.
    """

    system: str
    what: str
    questions: int | None
    words: str


def flips(
    results: Results, constraints: Sequence[Constraint], chooser: Chooser
) -> tuple[Flip, ...]:
    """For each constraint the nearest bounds, tighter and looser, that change what is chosen.

    Exact: how a system stands to a bound only changes at the ends of its interval.
    """
    now = named(chooser(constraints))
    found = []
    for place, constraint in enumerate(constraints):
        for side in (_looser, _tighter):
            for bound, beyond in side(results, constraint):
                at = _past(constraint, bound) if beyond else bound
                moved = replace(constraint, bound=at)
                others = (*constraints[:place], moved, *constraints[place + 1 :])
                then = named(chooser(others))
                if then != now:
                    found.append(_flip(constraint, bound, then, beyond=beyond))
                    break
    return tuple(found)


def distance(flip: Flip) -> float:
    """How far the bound would have to move, in the units in which metrics are compared."""
    constraint = flip.constraint
    relative = max(constraint.bound, flip.bound) * RELATIVE_SCALE
    one = RATE_SCALE if quantity(constraint.metric) == "rate" else relative
    return abs(flip.bound - constraint.bound) / one if one else 0.0


def named(chosen: tuple[Choice, bool]) -> tuple[tuple[str, ...], bool]:
    """Who is chosen, or who is level, and whether provisionally."""
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


def _flip(
    constraint: Constraint, bound: float, then: tuple[tuple[str, ...], bool], *, beyond: bool
) -> Flip:
    names, provisional = then
    upper = constraint.direction == "at most"
    name = constraint.metric.replace("_", " ")
    value = in_units(constraint.metric, bound)
    side = ("below" if upper else "above") if beyond else constraint.direction
    now = in_units(constraint.metric, constraint.bound)
    words = (
        f"if {name} had to be {side} {value} (not {now}): {outcome(names, provisional=provisional)}"
    )
    return Flip(constraint, bound, beyond, names, provisional, words)


def outcome(names: Sequence[str], *, provisional: bool) -> str:
    """What is chosen then, in words."""
    if not names:
        return "no system is left"
    what = f"the choice is {names[0]}" if len(names) == 1 else f"{join(names)} are level"
    return what + (", and none surely keeps all" if provisional else "")


def moves(draws: Draws, chosen: str, weights: Floats) -> tuple[Move, ...]:
    """For each metric that counts, the rival that is nearest and how far the metric would have to go."""
    mean = weights.mean(axis=0)
    signs = np.array([sign(metric) for metric in draws.metrics])
    one = scales(draws.metrics, draws.points)
    worth = (draws.points * signs / one) @ mean
    place = draws.systems.index(chosen)
    others = [other for other in range(len(worth)) if other != place]
    if not others:
        return ()
    rival = min(others, key=lambda other: float(worth[place] - worth[other]))
    lead = max(0.0, float(worth[place] - worth[rival]))
    found = []
    for i, metric in enumerate(draws.metrics):
        by = lead * float(one[i] / mean[i]) if mean[i] > 0 else math.inf
        to = float(draws.points[place, i]) - float(signs[i]) * by
        possible = math.isfinite(to) and to >= 0 and not (metric.endswith("_rate") and to > 1)
        name = draws.systems[rival]
        found.append(Move(metric, name, by if possible else None, to if possible else None))
    return tuple(found)


def to_measure(
    checks: Sequence[Check], out: Collection[str], questions: int
) -> tuple[Measure, ...]:
    """The undecided constraints of the systems that are not `out`, the soonest told first.

    As for gates (`harness.statistics.power.decision`).
    """
    found = [
        _measure(c.system, f"keeps “{c.constraint.words}”", _times(c), questions)
        for c in checks
        if c.kept == "undecided" and c.system not in out
    ]
    return tuple(sorted(found, key=lambda one: (one.questions is None, one.questions or 0)))


def to_tell_apart(draws: Draws, best: str, rival: str, weights: Floats, questions: int) -> Measure:
    """How many questions would tell `best` from `rival` at the mean of the weights.

    The lead in worth, of which the draws give the standard error, has to lie as far from 0 as the rule
    of choice asks (`harness.decision.choice.quantile`), and further to do so 4 times in 5.
    """
    what = f"is the better choice than {rival}"
    if not len(draws.values):
        few = f"it takes at least {MIN_GROUPS} groups of questions to say anything"
        return _measure(best, what, few, questions)
    signs = np.array([sign(metric) for metric in draws.metrics])
    one = scales(draws.metrics, draws.points)
    a, b = draws.systems.index(best), draws.systems.index(rival)
    mean = weights.mean(axis=0)
    lead = float((draws.points[a] - draws.points[b]) * signs / one @ mean)
    error = float(np.std((draws.values[:, a] - draws.values[:, b]) * signs / one @ mean))
    reach = (quantile(len(draws.systems)) + _FOUR_IN_FIVE) * error
    times = _practicable((reach / lead) ** 2 if lead else math.inf)
    return _measure(best, what, times, questions)


def _measure(system: str, what: str, times: float | str, questions: int) -> Measure:
    """`times` as many questions as there are, or why no number would tell."""
    if isinstance(times, str):
        return Measure(system, what, None, f"whether {system} {what}: {times}")
    needed = math.ceil(times * questions)
    words = (
        f"whether {system} {what}: about {_rounded(needed):,} questions a day would tell, 4 times in 5; "
        f"this run had {questions:,}"
    )
    return Measure(system, what, needed, words)


def _rounded(count: int) -> int:
    """Up to two significant digits, as what is only about so many."""
    unit = int(10 ** max(0, len(str(count)) - 2))
    return math.ceil(count / unit) * unit


def _times(check: Check) -> float | str:
    estimate, constraint = check.estimate, check.constraint
    if estimate.value is None:
        quantile_ = QUANTILES.get(constraint.metric)
        if quantile_ is not None and 0 < estimate.n < least_n(quantile_):
            return least_n(quantile_) / estimate.n
        return f"unknown, {estimate.method}"
    if constraint.metric.endswith("_rate") and constraint.bound in {0.0, 1.0}:
        return f"no number of questions shows a rate of exactly {constraint.bound:.0%}"
    found = decision(estimate, constraint.bound)
    return _practicable(math.inf if found is None or found.times is None else found.times)


def _practicable(times: float) -> float | str:
    return max(1.0, times) if times <= _MOST_TIMES else "too near for any number to tell"
