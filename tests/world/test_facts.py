"""Dated facts: what holds, what held, what is not known yet."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.errors import DataError
from harness.world.facts import Fact, History, Timeline

DAYS = st.dates(date(2024, 1, 1), date(2024, 3, 1))


@st.composite
def facts(draw: st.DrawFn, subject: str = "s", attribute: str = "a") -> Fact:
    start = draw(DAYS)
    length = draw(st.none() | st.integers(1, 40))
    end = start + timedelta(days=length) if length else None
    return Fact(subject, attribute, draw(st.sampled_from("uvwxyz")), start, end)


@st.composite
def histories(draw: st.DrawFn, subject: str = "s") -> History:
    drawn = draw(st.lists(facts(subject), max_size=6))
    return History(subject, "a", "text", tuple(sorted(drawn, key=lambda fact: fact.valid_from)))


@st.composite
def timelines(draw: st.DrawFn) -> Timeline:
    subjects = draw(st.lists(st.sampled_from(["s", "t", "u"]), unique=True))
    return Timeline(draw(histories(subject)) for subject in subjects)


def test_a_value_holds_from_its_first_day_to_the_day_before_its_end() -> None:
    fact = Fact("Python", "latest_version", "3.12.1", date(2023, 12, 7), date(2024, 2, 6))

    assert not fact.holds_on(date(2023, 12, 6))
    assert fact.holds_on(date(2023, 12, 7))
    assert fact.holds_on(date(2024, 2, 5))
    assert not fact.holds_on(date(2024, 2, 6))


def test_an_open_fact_holds_for_ever() -> None:
    assert Fact("s", "a", "v", date(2024, 1, 1)).holds_on(date.max)


@given(histories(), DAYS)
def test_every_fact_is_current_or_outdated_or_in_the_future(history: History, day: date) -> None:
    parts = [*history.current(day), *history.outdated(day), *history.future(day)]

    assert sorted(parts, key=repr) == sorted(history.facts, key=repr)


@given(histories(), DAYS)
def test_the_most_recently_ended_value_is_outdated_first(history: History, day: date) -> None:
    ends = [fact.valid_to for fact in history.outdated(day)]

    assert ends == sorted(ends, key=lambda end: end or date.max, reverse=True)


@given(timelines(), DAYS)
def test_nothing_later_than_the_day_is_known_on_it(timeline: Timeline, day: date) -> None:
    for history in timeline.until(day):
        assert history.facts
        for fact in history.facts:
            assert fact.valid_from <= day
            assert fact.valid_to is None or fact.valid_to <= day


@given(timelines(), DAYS)
def test_what_was_known_on_a_day_is_what_held_up_to_it(timeline: Timeline, day: date) -> None:
    known = timeline.until(day)
    for back in range(40):
        earlier = day - timedelta(days=back)
        values = {key: _values(facts) for key, facts in timeline.as_of(earlier).items()}
        assert {key: _values(facts) for key, facts in known.as_of(earlier).items()} == values


def _values(facts: tuple[Fact, ...]) -> list[tuple[str, date]]:
    return [(fact.value, fact.valid_from) for fact in facts]


@given(timelines(), DAYS, DAYS)
def test_knowledge_of_a_later_day_adds_nothing_to_an_earlier_one(
    timeline: Timeline, one: date, other: date
) -> None:
    early, late = sorted((one, other))

    assert list(timeline.until(late).until(early)) == list(timeline.until(early))


def test_a_key_in_a_gap_is_absent_from_the_world() -> None:
    history = History("s", "a", "text", (Fact("s", "a", "v", date(2024, 1, 1), date(2024, 1, 9)),))

    assert Timeline([history]).as_of(date(2024, 1, 8)) == {("s", "a"): history.facts}
    assert Timeline([history]).as_of(date(2024, 1, 9)) == {}


def test_a_fact_that_ends_before_it_begins_is_refused() -> None:
    fact = Fact("s", "a", "v", date(2024, 1, 2), date(2024, 1, 2))

    with pytest.raises(DataError, match="s / a: value 'v' ends on 2024-01-02, not after"):
        History("s", "a", "text", (fact,))


def test_facts_out_of_order_are_refused() -> None:
    facts = (Fact("s", "a", "v", date(2024, 1, 2)), Fact("s", "a", "w", date(2024, 1, 1)))

    with pytest.raises(DataError, match="not oldest first"):
        History("s", "a", "text", facts)


def test_two_histories_of_one_key_are_refused() -> None:
    history = History("s", "a", "text", ())

    with pytest.raises(DataError, match="two histories for s / a"):
        Timeline([history, history])


def test_a_fixed_reference_holds_on_every_day() -> None:
    history = History.fixed("42", "number")

    assert [fact.value for fact in history.current(date.min)] == ["42"]
    assert [fact.value for fact in history.current(date.max)] == ["42"]
