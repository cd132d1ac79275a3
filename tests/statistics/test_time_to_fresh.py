"""Planted policies, preparations and answers come back as waiting days, seconds and shares."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date

import pytest
from clockwork import DAYS, Scripted, history, later, question, run, scores, value

from harness.statistics.time_to_fresh import TimeToFresh, observed_changes, time_to_fresh
from harness.systems.base import Preparation
from harness.systems.refresh import Refresh
from harness.world.facts import Fact, History
from harness.world.questions import Question

START = date(2025, 1, 1)
# Ten facts change 20 days after the first day and hold; ten change 80 days after it and again 30
# days later, before the third day.
SLOW = [history(f"slow{n}", START, later(DAYS[0], 20)) for n in range(10)]
FAST = [history(f"fast{n}", START, later(DAYS[0], 80), later(DAYS[0], 110)) for n in range(10)]
STILL = [history(f"still{n}", START) for n in range(10)]
QUESTIONS = [question(h) for h in (*SLOW, *FAST, *STILL)]


def retrieval(refresh: str) -> dict[str, object]:
    return {"retrieval": {"refresh": refresh}, "training": None}


def training(refresh: str, *as_of: date, recipe: str = "facts") -> dict[str, object]:
    days = [str(day) for day in as_of]
    return {"training": {"recipe": recipe, "refresh": refresh, "as_of": days}, "retrieval": None}


def told(*systems: Scripted) -> tuple[TimeToFresh, ...]:
    loaded = run(QUESTIONS, systems)
    return time_to_fresh(loaded, scores(loaded))


def fresh_index(refresh: str) -> list[Preparation]:
    policy = Refresh.parse(refresh)
    return [
        Preparation(day, index_seconds=2.0, index_as_of=policy.day(DAYS[0], day)) for day in DAYS
    ]


def test_a_change_is_what_differs_between_two_days_that_follow_each_other() -> None:
    changes = observed_changes(QUESTIONS, DAYS)
    assert [c.fact.subject for c in changes].count("slow0") == 1
    assert [c.day for c in changes if c.fact.subject == "fast0"] == [
        later(DAYS[0], 80),
        later(DAYS[0], 110),
    ]
    assert not [c for c in changes if c.fact.subject == "still0"]
    assert len(changes) == 30
    assert observed_changes(QUESTIONS, DAYS[:1]) == ()
    far = (DAYS[0], DAYS[2])
    assert [c.day for c in observed_changes(QUESTIONS, far) if c.fact.subject == "fast0"] == [
        later(DAYS[0], 110)
    ]


def test_a_value_that_comes_back_is_a_change_and_one_that_stays_is_none() -> None:
    days = [later(DAYS[0], n) for n in (5, 95)]
    there = History(
        "x", "a", "name",
        (Fact("x", "a", "A", START, days[0]), Fact("x", "a", "B", days[0], days[1]),
         Fact("x", "a", "A", days[1], None)),
    )  # fmt: skip
    asked = [Question("q", "?", there)]
    assert [c.fact.value for c in observed_changes(asked, DAYS)] == ["B", "A"]
    assert observed_changes(asked, (DAYS[0], DAYS[2])) == ()


def test_an_index_on_change_waits_no_day_and_is_right_at_once() -> None:
    (found,) = told(
        Scripted("rag", value, retrieval("on-change"), fresh_index("on-change"), seconds=0.5)
    )
    assert (found.policy, found.changes, found.knowable) == ("index on-change", 30, 30)
    assert (found.waiting.value, found.waiting.low, found.waiting.high) == (0, 0, 0)
    assert (found.work.value, found.answer.value, found.seconds.value) == (2.0, 0.5, 2.5)
    assert (found.at_once.value, found.never.value) == (1.0, 0.0)
    assert found.never.high is not None
    assert found.never.high > 0


def test_an_index_every_so_many_days_waits_for_the_next_of_them() -> None:
    policy = Refresh.parse("every 100 days")

    def as_old_as_the_index(asked: Question, day: date) -> str:
        return value(asked, policy.day(DAYS[0], day))

    (found,) = told(
        Scripted("rag", as_old_as_the_index, retrieval(str(policy)), fresh_index(str(policy)))
    )
    # slow: 80 days to day 100; fast: 20 days for the first change, the second after the last refresh
    # within the run (day 200 is later than the last evaluation day).
    assert (found.changes, found.knowable) == (30, 20)
    assert found.waiting.value in {20.0, 80.0}
    assert found.never.value == pytest.approx(20 / 30)  # fast's first value was gone on day 181


def test_weights_trained_once_never_know_what_changed_later() -> None:
    once = [Preparation(DAYS[0], training_seconds=60.0, adapter_as_of=DAYS[0])]
    kept = [*once, *(Preparation(day, adapter_as_of=DAYS[0]) for day in DAYS[1:])]
    (found,) = told(Scripted("tuned", lambda q, _d: value(q, DAYS[0]), training("never"), kept))
    assert (found.knowable, found.never.value) == (0, 1.0)
    assert found.waiting.value is None


def test_a_second_training_counts_its_own_seconds() -> None:
    second = DAYS[1]
    prepared = [
        Preparation(DAYS[0], training_seconds=60.0, adapter_as_of=DAYS[0]),
        Preparation(DAYS[1], training_seconds=70.0, adapter_as_of=second),
        Preparation(DAYS[2], adapter_as_of=second),
    ]

    def learned(asked: Question, day: date) -> str:
        return value(asked, max(d for d in (DAYS[0], second) if d <= day))

    (found,) = told(Scripted("tuned", learned, training("never", DAYS[0], second), prepared))
    assert found.policy == f"adapter as of {DAYS[0]}, {second}, then never"
    assert found.knowable == 20
    assert (found.work.value, found.seconds.value) == (70.0, 70.5)
    assert found.never.value == pytest.approx(1 / 3)


def test_the_first_right_answer_may_come_later_than_it_could() -> None:
    def slow_reader(asked: Question, day: date) -> str:
        return value(asked, day) if day == DAYS[2] else "0.0.1"

    (found,) = told(Scripted("rag", slow_reader, retrieval("on-change"), fresh_index("on-change")))
    assert found.at_once.value == pytest.approx(1 / 3)  # the second changes of the fast ones
    assert found.never.value == pytest.approx(1 / 3)  # their first changes


def test_a_right_answer_without_a_measured_latency_is_right_all_the_same() -> None:
    loaded = run(
        QUESTIONS, [Scripted("rag", value, retrieval("on-change"), fresh_index("on-change"))]
    )
    cached = replace(loaded, records=tuple(replace(r, cached=True) for r in loaded.records))
    (found,) = time_to_fresh(cached, scores(cached))
    assert (found.at_once.value, found.never.value) == (1.0, 0.0)
    assert found.answer.value is None


@pytest.mark.parametrize(
    ("settings", "reason"),
    [
        ({}, "no part that the harness keeps"),
        ({"function": "mine:answer"}, "no part that the harness keeps"),
        ({"retrieval": {"refresh": "each-day"}}, "no part that the harness keeps"),
        (training("never", recipe="behaviour"), "no part that the harness keeps"),
    ],
)
def test_a_system_that_nobody_keeps_up_to_date_says_so(
    settings: dict[str, object], reason: str
) -> None:
    (found,) = told(Scripted("base", value, settings))
    assert reason in found.reason
    assert found.never.value is None


@pytest.mark.parametrize("days", [DAYS[:1], DAYS])
def test_without_changes_there_is_nothing_to_tell(days: Sequence[date]) -> None:
    asked = [question(h) for h in STILL]
    loaded = run(asked, [Scripted("rag", value, retrieval("on-change"))], days)
    (found,) = time_to_fresh(loaded, scores(loaded))
    assert found.reason == "no value changed between the days of the run"
