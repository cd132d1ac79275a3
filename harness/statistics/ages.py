"""Staleness over age: how long what a system knew stayed true, and how stale its answers were.

*Lifetimes*: a fact counts from the first day as of which the system knew it (it answered the value
that held on that day) until that value stopped being true. Where it still held on the last
evaluation day, more is not known: the lifetime is censored there. One lifetime a fact, so that they
are independent, and the share still true at each age is estimated by Kaplan and Meier (1958,
`scipy.stats.ecdf`) with the exponential Greenwood interval (Kalbfleisch and Prentice 1980).

*Measured*: the share of outdated values among the answers given so many days after the fact changed.
"""

from __future__ import annotations

import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

import numpy as np

from harness.running.folder import LoadedRun
from harness.scoring.score import OUTDATED, Score
from harness.statistics.estimate import Estimate
from harness.statistics.intervals import CONFIDENCE, Floats, normal_quantile, rate, wilson
from harness.systems.base import Preparation
from harness.world.facts import Fact, History

__all__ = [
    "AGES",
    "AgeCurve",
    "Lifetime",
    "StaleByAge",
    "age_curves",
    "kaplan_meier",
    "refresh_interval",
    "stale_by_age",
]

AGES: Final[tuple[tuple[int, int | None], ...]] = (
    (0, 30), (31, 90), (91, 180), (181, 365), (366, None)
)  # fmt: skip
"""Days since the fact changed, first and last of each class; None is open."""

_METHOD: Final = "Kaplan-Meier, exponential Greenwood"
_NAMED: Final = OUTDATED | {"current"}


@dataclass(frozen=True, slots=True)
class Lifetime:
    """A value that was known stopped being true after `days`, or (`ended` False) later than that."""

    days: int
    ended: bool


@dataclass(frozen=True, slots=True)
class AgeCurve:
    """The share of `facts` known at age 0 that is still true at each age.

    `fresh[i]`, with its interval `low[i]`, `high[i]`, holds from age `days[i]` until the next; it is
    1 before `days[0]`. `followed` is the longest age that was seen, `ended` the number of facts that
    changed. `excluded` names the facts that the system never answered as it should have known them.
    """

    system: str
    days: tuple[int, ...]
    fresh: tuple[float, ...]
    low: tuple[float, ...]
    high: tuple[float, ...]
    facts: int
    ended: int
    followed: int
    excluded: tuple[str, ...] = ()

    @property
    def half_life(self) -> Estimate:
        """The age at which half of what was known is no longer true, in days.

        The interval is read off that of the curve (Brookmeyer and Crowley 1982).
        """
        return _crossing(self, 0.5, "half of it had changed")


@dataclass(frozen=True, slots=True)
class StaleByAge:
    """The share of answers that gave an outdated value, by days since the fact changed (`AGES`)."""

    system: str
    shares: tuple[Estimate, ...]


def refresh_interval(curve: AgeCurve, bound: float) -> Estimate:
    """The longest `every N days` with at most a share `bound` outdated on any day in between.

    Of what the system knew: what it gets wrong from the start comes on top. Unknown where that share
    was never reached in the ages that were seen.
    """
    return _crossing(curve, 1 - bound, f"{bound:.0%} of it had changed", strictly=True)


def age_curves(run: LoadedRun, scores: Sequence[Score]) -> tuple[AgeCurve, ...]:
    """One for each system that is brought up to date and answered anything right, in order."""
    curves = []
    for system in run.manifest.systems:
        known = _known_until(run.manifest.preparations.get(system.name, ()))
        if not known:
            continue
        lifetimes, excluded = _lifetimes(
            run, [score for score in scores if score.system == system.name], known
        )
        if lifetimes:
            curves.append(kaplan_meier(system.name, lifetimes, excluded))
    return tuple(curves)


def kaplan_meier(
    system: str, lifetimes: Sequence[Lifetime], excluded: Sequence[str] = ()
) -> AgeCurve:
    """The curve of lifetimes; those of 0 days censored tell nothing and are left out."""
    from scipy import stats  # noqa: PLC0415  (slow to import)

    kept = [lifetime for lifetime in lifetimes if lifetime.ended or lifetime.days]
    ended = [lifetime.days for lifetime in kept if lifetime.ended]
    followed = max((lifetime.days for lifetime in kept), default=0)
    if not ended:
        return AgeCurve(system, (), (), (), (), len(kept), 0, followed, tuple(excluded))
    censored = [lifetime.days for lifetime in kept if not lifetime.ended]
    survival = stats.ecdf(stats.CensoredData(uncensored=ended, right=censored)).sf
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)  # undefined where all or none is left
        interval = survival.confidence_interval(CONFIDENCE, method="log-log")
    at = np.isin(survival.quantiles, ended)
    fresh = np.asarray(survival.probabilities[at], dtype=float)
    low, high = _filled(
        fresh, interval.low.probabilities[at], interval.high.probabilities[at], len(kept)
    )
    return AgeCurve(
        system=system,
        days=tuple(int(age) for age in survival.quantiles[at]),
        fresh=tuple(fresh.tolist()),
        low=tuple(low.tolist()),
        high=tuple(high.tolist()),
        facts=len(kept),
        ended=len(ended),
        followed=followed,
        excluded=tuple(excluded),
    )


def stale_by_age(run: LoadedRun, scores: Sequence[Score]) -> tuple[StaleByAge, ...]:
    """One for each system, over the answers about facts that had changed before the day."""
    found: dict[str, list[tuple[int, bool, str]]] = {}
    for score in scores:
        age = _age(_one_history(run, score), score.day)
        if age is not None:
            outdated = score.freshness.label in OUTDATED
            found.setdefault(score.system, []).append((age, outdated, score.cluster))
    return tuple(
        StaleByAge(system.name, tuple(_share(found.get(system.name, ()), *ages) for ages in AGES))
        for system in run.manifest.systems
    )


def _share(found: Sequence[tuple[int, bool, str]], first: int, last: int | None) -> Estimate:
    within = [
        (outdated, cluster)
        for age, outdated, cluster in found
        if first <= age and (last is None or age <= last)
    ]
    return rate([outdated for outdated, _ in within], [cluster for _, cluster in within])


def _age(history: History | None, day: date) -> int | None:
    """Days since the value that holds took the place of another; None where none did."""
    if history is None or not (current := history.current(day)):
        return None
    since = max(fact.valid_from for fact in current)
    before = any(fact.valid_from < since for fact in history.facts)
    return (day - since).days if before else None


def _known_until(preparations: Sequence[Preparation]) -> Mapping[date, date]:
    return {p.day: p.as_of for p in preparations if p.as_of is not None}


def _lifetimes(
    run: LoadedRun, scores: Sequence[Score], known: Mapping[date, date]
) -> tuple[list[Lifetime], list[str]]:
    """The lifetime of each fact that was answered as it should have been known; names of the rest."""
    last = max(run.manifest.days)
    started: dict[str, tuple[date, Fact]] = {}
    names: dict[str, None] = {}
    for score in scores:
        history, as_of = _one_history(run, score), known.get(score.day)
        if as_of is None or history is None or not history.subject or not history.current(as_of):
            continue
        name = f"{history.subject} / {history.attribute}"
        names.setdefault(name)
        fact = _answered(score, history, as_of)
        if fact is not None and (name not in started or as_of < started[name][0]):
            started[name] = as_of, fact
    lifetimes = [_lifetime(as_of, fact, last) for as_of, fact in started.values()]
    return lifetimes, [name for name in names if name not in started]


def _one_history(run: LoadedRun, score: Score) -> History | None:
    """The history that alone decides an answer; None where there is none, or several parts.

    Derived facts are left out too: one document changes many of them on the same day, and they
    would count as so many independent ones.
    """
    question = run.questions[score.question_id]
    return question.history if question.plain else None


def _answered(score: Score, history: History, as_of: date) -> Fact | None:
    """The fact that held on `as_of` whose value the answer gave."""
    if score.freshness.label not in _NAMED:
        return None
    value = score.freshness.value
    return next((fact for fact in history.current(as_of) if fact.value == value), None)


def _lifetime(as_of: date, fact: Fact, last: date) -> Lifetime:
    if fact.valid_to is not None and fact.valid_to <= last:
        return Lifetime((fact.valid_to - as_of).days, ended=True)
    return Lifetime((last - as_of).days, ended=False)


def _filled(fresh: Floats, low: Floats, high: Floats, n: int) -> tuple[Floats, Floats]:
    """Greenwood's bounds; Wilson's where all or none are left and Greenwood's are undefined."""
    low, high = np.array(low, dtype=float), np.array(high, dtype=float)
    for i in np.flatnonzero(np.isnan(low) | np.isnan(high)):
        low[i], high[i] = wilson(float(fresh[i]), n, normal_quantile())
    return low, high


def _crossing(curve: AgeCurve, share: float, what: str, *, strictly: bool = False) -> Estimate:
    """The first age at which the share still true is at most (`strictly`: below) `share`.

    A bound that the interval does not reach is None.
    """
    ages = [
        _first(curve.days, of, share, strictly=strictly)
        for of in (curve.fresh, curve.low, curve.high)
    ]
    value, low, high = ages
    if value is None:
        return Estimate.unknown(f"in {curve.followed} days less than {what}", curve.facts)
    return Estimate(value, low, high, curve.facts, curve.facts, _METHOD, CONFIDENCE)


def _first(
    days: Sequence[int], shares: Sequence[float], share: float, *, strictly: bool
) -> float | None:
    slack = -1e-9 if strictly else 1e-9
    return next((float(d) for d, s in zip(days, shares, strict=True) if s <= share + slack), None)
