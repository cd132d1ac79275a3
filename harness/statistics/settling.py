"""How each system settled in a run: what is cut off its latencies as warm-up, and its drift.

Only times that were measured in this run count: no cached answer, and no system whose answers were
recorded before. Where a system answered most of its questions three times or more, on several days or
repeatedly, each answer is held against the others to its question, so that hard questions that come
first are no warm-up.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from itertools import chain
from statistics import median
from typing import Final

import numpy as np

from harness.running.folder import LoadedRun
from harness.running.record import Record
from harness.scoring.score import Score
from harness.statistics.drift import Trend, line, trend
from harness.statistics.estimate import Estimate
from harness.statistics.intervals import CONFIDENCE, Floats
from harness.statistics.multiplicity import holm
from harness.statistics.warm_up import WarmUp, find_warm_up

__all__ = ["LEAST_DRIFT", "Settling", "settle"]

LEAST_DRIFT: Final = 0.05
"""The relative change over a day below which nobody should care."""

_OFTEN: Final = 3
_TINY: Final = 1e-9  # seconds: a time of 0 has no logarithm


@dataclass(frozen=True, slots=True)
class Settling:
    """One system's warm-up and drift over its `measured` answers.

    The first `cut` of them are left out of every latency figure, the slowest of which took
    `slowest_cut` seconds; none of them is where the warm-up has no end that was found early enough.
    `drift` is the relative change of the time of an answer from the beginning of a day to its end,
    after the warm-up; `drifts` says whether it is beyond chance and `LEAST_DRIFT`.
    """

    system: str
    measured: int
    warm_up: WarmUp
    cut: int
    slowest_cut: float | None
    drift: Estimate
    drifts: bool


@dataclass(frozen=True, slots=True)
class _Given:
    """A measured answer: the place of its score, and the logarithm of its service time."""

    place: int
    question: str
    value: float


def settle(
    run: LoadedRun, scores: Sequence[Score], *, seed: int
) -> tuple[tuple[Score, ...], tuple[Settling, ...]]:
    """The scores, with those in a warm-up marked, and how every system settled that was measured.

    `scores` are those of `run.records`, in their order. What stands out by chance is held at 5 % for
    all systems together (Holm).
    """
    days = {
        system.name: found
        for system in run.manifest.systems
        if not system.recorded and (found := _measured_days(system.name, run.records, scores))
    }
    series = {name: _without_questions(found) for name, found in days.items()}
    warm_ups = {name: find_warm_up(found, seed=seed) for name, found in series.items()}
    beyond_chance = _significant({name: found.p_value for name, found in warm_ups.items()})
    kept = {name: w if beyond_chance[name] else WarmUp() for name, w in warm_ups.items()}
    trends = {name: trend(_after(found, kept[name])) for name, found in series.items()}
    drifting = _significant({name: found.p_value for name, found in trends.items()})
    cut = {name: list(_cut(found, kept[name])) for name, found in days.items()}
    marked = set(chain.from_iterable(cut.values()))
    return (
        tuple(replace(s, in_warm_up=True) if i in marked else s for i, s in enumerate(scores)),
        tuple(
            Settling(
                system=name,
                measured=sum(map(len, found)),
                warm_up=kept[name],
                cut=len(cut[name]),
                slowest_cut=max((_service(scores[i]) for i in cut[name]), default=None),
                drift=_relative(trends[name]),
                drifts=drifting[name] and _matters(_relative(trends[name])),
            )
            for name, found in days.items()
        ),
    )


def _measured_days(
    system: str, records: Iterable[Record], scores: Iterable[Score]
) -> list[list[_Given]]:
    """The measured answers of each day in the order in which they were asked.

    Days that were broken off, with less than half the answers of the longest, are left out.
    """
    days: dict[date, list[tuple[str, int, _Given]]] = {}
    for place, (record, score) in enumerate(zip(records, scores, strict=True)):
        if score.system == system and score.timing is not None:
            value = math.log(max(_service(score), _TINY))
            given = _Given(place, score.question_id, value)
            days.setdefault(score.day, []).append((record.started, record.position, given))
    longest = max(map(len, days.values()), default=0)
    return [
        [given for _, _, given in sorted(days[day], key=lambda entry: entry[:2])]
        for day in sorted(days)
        if 2 * len(days[day]) >= longest
    ]


def _without_questions(days: Sequence[Sequence[_Given]]) -> list[Floats]:
    """The logarithms of each day; where there are enough, less the mean of the question's others.

    The others are taken without the drift of their day, which says nothing of the question.
    """
    series = [np.array([given.value for given in day]) for day in days]
    flat = [values - line(values) for values in series]
    asked: dict[str, list[float]] = {}
    for given, value in zip(chain.from_iterable(days), chain.from_iterable(flat), strict=True):
        asked.setdefault(given.question, []).append(value)
    if median(map(len, asked.values())) < _OFTEN:
        return series

    def usual(given: _Given, own: float) -> float:
        others = len(asked[given.question]) - 1
        return (sum(asked[given.question]) - own) / others if others else own

    return [
        values - np.array([usual(given, own) for given, own in zip(day, flat_day, strict=True)])
        for day, values, flat_day in zip(days, series, flat, strict=True)
    ]


def _cut(days: Sequence[Sequence[_Given]], warm_up: WarmUp) -> Iterable[int]:
    """The places of the scores that are left out; none where no end was found."""
    for number, day in enumerate(days):
        for given in day[: warm_up.of_day(number)] if warm_up.ended else ():
            yield given.place


def _after(days: Sequence[Floats], warm_up: WarmUp) -> list[Floats]:
    if not warm_up.ended:
        return list(days)
    return [day[warm_up.of_day(number) :] for number, day in enumerate(days)]


def _significant(p_values: Mapping[str, float | None]) -> dict[str, bool]:
    adjusted = holm(list(p_values.values()))
    return {
        name: p is not None and p <= 1 - CONFIDENCE
        for name, p in zip(p_values, adjusted, strict=True)
    }


def _relative(found: Trend) -> Estimate:
    """The rise of a logarithm as a relative change."""
    rise = found.rise
    if rise.value is None or rise.low is None or rise.high is None:
        return rise
    value, low, high = (math.expm1(bound) for bound in (rise.value, rise.low, rise.high))
    return replace(rise, value=value, low=low, high=high)


def _matters(drift: Estimate) -> bool:
    return drift.value is not None and abs(drift.value) >= LEAST_DRIFT


def _service(score: Score) -> float:
    return score.timing.service if score.timing is not None else 0.0
