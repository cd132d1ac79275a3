"""Time to fresh: after a fact changed, how long until a system first answers it right.

Two clocks are shown apart. *Waiting days* run from the change to the first refresh that could know
it; they follow from the system's refresh policy alone and are exact. *Seconds* are the machine's:
what that refresh took (upserting into the index, or training) and how long the first right answer
then took.

A change is seen when a question's value differs between two evaluation days that follow each other;
of several changes in between the last one counts, since nobody was asked about the others. Where
several questions ask about one fact, the first of them that is answered right counts.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import pairwise
from typing import Any

from harness.errors import ConfigError
from harness.running.folder import LoadedRun
from harness.running.manifest import Manifest, SystemManifest
from harness.scoring.score import Score
from harness.statistics.estimate import Estimate
from harness.statistics.intervals import quantile, rate
from harness.systems.base import Preparation
from harness.systems.refresh import Refresh
from harness.systems.spec import TrainingSpec
from harness.training.recipes import RECIPES
from harness.world.facts import Fact, History
from harness.world.questions import Question

__all__ = ["Change", "TimeToFresh", "observed_changes", "time_to_fresh"]


@dataclass(frozen=True, slots=True)
class Change:
    """`fact` began after one evaluation day and held on the next, where another value had been."""

    fact: Fact
    cluster: str

    @property
    def day(self) -> date:
        """The day on which the new value became true."""
        return self.fact.valid_from


@dataclass(frozen=True, slots=True)
class TimeToFresh:
    """What became of the `changes` that one system met.

    `waiting` is the median of the policy's days over the `knowable` changes: those that a refresh
    within the run could know while they held. `work` and `answer` are medians over those that were
    answered right with a measured latency: seconds of the refresh, and of the first right answer; `seconds` of both
    together. `at_once` is the share of all changes answered right on the first evaluation day that
    could know them, `never` that of those never answered right while they held. Without a `policy`,
    `reason` says why there is nothing.
    """

    system: str
    policy: str
    changes: int
    knowable: int
    waiting: Estimate
    work: Estimate
    answer: Estimate
    seconds: Estimate
    at_once: Estimate
    never: Estimate
    reason: str = ""

    @classmethod
    def untold(cls, system: str, policy: str, changes: int, reason: str) -> TimeToFresh:
        """Of a system for which there is nothing to tell."""
        unknown = Estimate.unknown(reason)
        return cls(
            system=system,
            policy=policy,
            changes=changes,
            knowable=0,
            waiting=unknown,
            work=unknown,
            answer=unknown,
            seconds=unknown,
            at_once=unknown,
            never=unknown,
            reason=reason,
        )


def observed_changes(questions: Iterable[Question], days: Sequence[date]) -> tuple[Change, ...]:
    """The changes between evaluation days, one history after the other, oldest first.

    Answers with several parts are left out, since a change of one is not seen in their rightness
    alone, and so are derived ones, of which one document changes many at once.
    """
    asked: dict[tuple[str, str], tuple[History, str]] = {}
    for question in questions:
        if question.history is not None and question.history.subject and question.plain:
            asked.setdefault(question.history.key, (question.history, question.cluster))
    return tuple(
        Change(fact, cluster)
        for history, cluster in asked.values()
        for fact in _changed(history, sorted(days))
    )


def _changed(history: History, days: Sequence[date]) -> Iterator[Fact]:
    for before, day in pairwise(days):
        known = {fact.value for fact in history.current(before)}
        new = [fact for fact in history.current(day) if fact.value not in known]
        if known and new:
            yield new[-1]


def time_to_fresh(run: LoadedRun, scores: Sequence[Score]) -> tuple[TimeToFresh, ...]:
    """One for each system, in the run's order; a pure function of what the run folder holds.

    `scores` are those of `run.records`.
    """
    changes = observed_changes(run.questions, run.manifest.days)
    keys = {
        question.id: question.history.key
        for question in run.questions
        if question.history is not None and question.plain
    }
    right: dict[tuple[str, tuple[str, str]], list[Score]] = {}
    for score in scores:
        if score.right and score.question_id in keys:
            right.setdefault((score.system, keys[score.question_id]), []).append(score)
    return tuple(_system(system, run.manifest, changes, right) for system in run.manifest.systems)


def _system(
    system: SystemManifest,
    manifest: Manifest,
    changes: Sequence[Change],
    right: Mapping[tuple[str, tuple[str, str]], Sequence[Score]],
) -> TimeToFresh:
    policy = _Policy.of(system.settings, min(manifest.days))
    preparations = manifest.preparations.get(system.name, ())
    if policy is None or not changes:
        reason = (
            "no value changed between the days of the run"
            if policy is not None
            else "there is no part that the harness keeps up to date"
        )
        return TimeToFresh.untold(system.name, policy.text if policy else "", len(changes), reason)
    outcomes = [
        _outcome(
            change,
            policy,
            max(manifest.days),
            preparations,
            right.get((system.name, (change.fact.subject, change.fact.attribute)), ()),
        )
        for change in changes
    ]
    clusters = [change.cluster for change in changes]
    waited = [
        (o.waiting, c) for o, c in zip(outcomes, clusters, strict=True) if o.waiting is not None
    ]
    timed = [(o, c) for o, c in zip(outcomes, clusters, strict=True) if o.answer is not None]
    return TimeToFresh(
        system=system.name,
        policy=policy.text,
        changes=len(changes),
        knowable=len(waited),
        waiting=_median([(float(days), cluster) for days, cluster in waited]),
        work=_median([(o.work, cluster) for o, cluster in timed]),
        answer=_median([(o.answer or 0.0, cluster) for o, cluster in timed]),
        seconds=_median([(o.work + (o.answer or 0.0), cluster) for o, cluster in timed]),
        at_once=rate([o.at_once for o in outcomes], clusters),
        never=rate([not o.right for o in outcomes], clusters),
    )


@dataclass(frozen=True, slots=True)
class _Outcome:
    """`waiting` days until a refresh could know; seconds of the first right answer, if measured."""

    waiting: int | None
    right: bool = False
    at_once: bool = False
    work: float = 0.0
    answer: float | None = None


def _outcome(
    change: Change,
    policy: _Policy,
    last: date,
    preparations: Sequence[Preparation],
    right: Sequence[Score],
) -> _Outcome:
    refresh = policy.first_on_or_after(change.day)
    if refresh is None or refresh > last or not change.fact.holds_on(refresh):
        return _Outcome(None)
    waiting = (refresh - change.day).days
    prepared = next((p for p in preparations if _knows(p.as_of, change)), None)
    if prepared is None:
        return _Outcome(waiting)
    first = min(
        (s for s in right if s.day >= prepared.day and change.fact.holds_on(s.day)),
        key=lambda score: score.day,
        default=None,
    )
    if first is None:
        return _Outcome(waiting)
    work = prepared.index_seconds if _knows(prepared.index_as_of, change) else 0.0
    work += prepared.training_seconds if _knows(prepared.adapter_as_of, change) else 0.0
    return _Outcome(
        waiting,
        right=True,
        at_once=first.day == prepared.day,
        work=work,
        answer=first.timing.service if first.timing is not None else None,
    )


def _knows(as_of: date | None, change: Change) -> bool:
    return as_of is not None and as_of >= change.day


@dataclass(frozen=True, slots=True)
class _Policy:
    """When the parts of a system are refreshed, read back from its settings in the manifest."""

    first: date
    index: Refresh | None
    training: TrainingSpec | None

    @classmethod
    def of(cls, settings: Mapping[str, Any], first: date) -> _Policy | None:
        """None where no part is refreshed, or the manifest is of a version that says it otherwise."""
        retrieval, training = settings.get("retrieval"), settings.get("training")
        try:
            index = Refresh.parse(retrieval["refresh"]) if retrieval else None
            told = _training(training) if training else None
        except (ConfigError, KeyError, TypeError, ValueError):
            return None
        return cls(first, index, told) if index or told else None

    @property
    def text(self) -> str:
        """The policy in words."""
        parts = [f"index {self.index}"] if self.index is not None else []
        if self.training is not None:
            days = ", ".join(map(str, self.training.as_of))
            parts.append(f"adapter {f'as of {days}, then ' if days else ''}{self.training.refresh}")
        return "; ".join(parts)

    def first_on_or_after(self, changed: date) -> date | None:
        """The first refresh of any part that can know what changed on that day."""
        days = [
            self.index.first_on_or_after(self.first, changed) if self.index is not None else None,
            self.training.first_day_on_or_after(self.first, changed) if self.training else None,
        ]
        return min((day for day in days if day is not None), default=None)


def _training(settings: Mapping[str, Any]) -> TrainingSpec | None:
    if not RECIPES[settings["recipe"]].tells_facts:
        return None
    days = tuple(map(date.fromisoformat, settings["as_of"]))
    return TrainingSpec(settings["recipe"], Refresh.parse(settings["refresh"]), days)


def _median(values: Sequence[tuple[float, str]]) -> Estimate:
    if not values:
        return Estimate.unknown("no change became known in time")
    return quantile([value for value, _ in values], 0.5, [cluster for _, cluster in values])
