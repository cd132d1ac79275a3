from __future__ import annotations

from datetime import date

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from planting import DAYS, Script, planted_run

from harness.decision.ownership import (
    CHANGES,
    BreakEven,
    break_even,
    break_evens,
    ownership,
    savings,
)
from harness.reporting.crossings import crossing_lines, crossing_volume
from harness.scoring import PriceBook
from harness.scoring.prices import HardwarePrice
from harness.statistics import Estimate, Results, summarise
from harness.systems.base import Preparation

BOOK = PriceBook("Planted", (HardwarePrice("*", 36.0, "planted", DAYS[0]),))  # a cent a second
SLOW = Script("slow", "base", {"current": 0.5}, seconds=0.2)
FAST = Script("fast", "fine-tuned", {"current": 0.5}, seconds=0.05)


def saving(value: float, half: float) -> Estimate:
    return Estimate(value, value - half, value + half, 100, 50, "planted")


@pytest.fixture(scope="module")
def results() -> Results:
    return summarise(planted_run(SLOW, FAST, groups=60, days=1), BOOK)


def worked(seconds: float) -> Preparation:
    return Preparation(date(2026, 1, 1), training_seconds=seconds)


def test_a_month_is_questions_and_refreshes(results: Results) -> None:
    preparations = {"fast": (worked(500), worked(100), Preparation(DAYS[1]), worked(300))}
    slow, fast = ownership(results, preparations, BOOK, 365.25 / 12 / 3)
    assert fast.per_refresh == pytest.approx(
        2.0
    )  # the mean of 100 s and 300 s; the set-up is apart
    assert fast.refreshes == pytest.approx(3)
    per_query = results["fast"].metrics["cost_per_query"].value or 0
    assert fast.monthly[10_000].value == pytest.approx(10_000 * per_query + 6)
    assert slow.per_refresh == 0.0


def test_the_set_up_stands_in_where_nothing_was_refreshed(results: Results) -> None:
    _, fast = ownership(results, {"fast": (worked(500),)}, BOOK, 30)
    assert fast.per_refresh == pytest.approx(5.0)
    assert "set-up" in fast.basis


def test_what_has_no_price_is_unknown_and_has_no_break_even() -> None:
    results = summarise(planted_run(SLOW, FAST, groups=60, days=1), PriceBook.empty())
    owned = ownership(results, {"fast": (worked(500),)}, PriceBook.empty(), 30)
    assert owned[1].per_refresh is None
    assert owned[1].monthly[1000].value is None
    assert break_evens(owned, savings(results, owned)) == ()


def test_a_planted_break_even_lies_in_its_interval(results: Results) -> None:
    """150 ms, so 0.15 cents, saved a query against 6 dollars a month: some 4,000 questions."""
    owned = ownership(results, {"fast": (worked(500), worked(200))}, BOOK, 365.25 / 12 / 3)
    (found,) = break_evens(owned, savings(results, owned))
    assert (found.sooner, found.later) == ("slow", "fast")
    truth = 6 / (0.15 * 0.01 * 1.0460)  # the mean of the planted times is exp(0.3^2 / 2) as much
    assert found.low is not None
    assert found.high is not None
    assert found.low < truth < found.high
    assert found.high < 1.5 * found.low


def test_never_is_said_when_it_is_never() -> None:
    found = break_even("a", "b", 10.0, saving(0.01, 0.005))
    assert found is not None
    assert (found.sooner, found.later) == ("a", "b")
    assert (found.volume, found.low, found.high) == (None, None, None)


def test_when_the_saving_is_in_doubt_the_upper_bound_is_never() -> None:
    found = break_even("a", "b", 10.0, saving(-0.01, 0.02))
    assert found is not None
    assert found.volume == pytest.approx(1000)
    assert found.low == pytest.approx(10 / 0.03)
    assert found.high is None


def test_an_unknown_saving_has_no_break_even() -> None:
    assert break_even("a", "b", 10.0, Estimate.unknown("no price")) is None


@given(
    st.floats(-1000, 1000),
    st.floats(-1, 1),
    st.floats(0, 1),
)
def test_it_is_the_same_break_even_either_way_round(
    fixed: float, value: float, half: float
) -> None:
    assume(fixed != 0)
    one = break_even("a", "b", fixed, saving(value, half))
    other = break_even("b", "a", -fixed, saving(value, half).negated())
    assert one == other
    assert one is not None
    if one.volume is not None and one.low is not None:
        assert 0 <= one.low <= one.volume <= (one.high or float("inf"))


def test_hosting_is_paid_for_whatever_is_asked_and_moves_the_break_even(results: Results) -> None:
    hosted = PriceBook(
        "Hosted",
        (
            HardwarePrice("slow", 36.0, "planted", DAYS[0]),
            HardwarePrice("fast", 36.0, "planted", DAYS[0], hosted=0.02),
        ),
    )
    owned = ownership(results, {}, hosted, None)
    per_query = results["fast"].metrics["cost_per_query"].value or 0
    month = 0.02 * 24 * 365.25 / 12
    assert owned[1].hosting == pytest.approx(month)
    assert owned[1].monthly[1_000].value == pytest.approx(1_000 * per_query + month)
    (found,) = break_evens(owned, savings(results, owned))
    assert (found.sooner, found.later) == ("slow", "fast")
    saved = (results["slow"].metrics["cost_per_query"].value or 0) - per_query
    assert found.volume == pytest.approx(month / saved)


def test_a_month_is_known_at_several_rates_of_change(results: Results) -> None:
    preparations = {"fast": (worked(500), worked(100))}
    _, fast = ownership(results, preparations, BOOK, 30)
    assert fast.set_up == pytest.approx(5.0)
    assert list(fast.by_change) == list(CHANGES)
    assert fast.by_change[30.0] == fast.monthly
    for days, months in fast.by_change.items():
        assert {v: fast.month(v, days) for v in months} == months
    daily, weekly = (fast.by_change[days][1_000].value or 0 for days in (1.0, 7.0))
    assert daily - weekly == pytest.approx(1.0 * 365.25 / 12 * (1 - 1 / 7))


def indexed(day: date, size: int | None) -> Preparation:
    return Preparation(day, index_seconds=1.0, index_as_of=day, index_bytes=size)


def test_the_index_of_the_last_day_is_kept_at_its_price_and_moves_the_break_even(
    results: Results,
) -> None:
    stored = PriceBook("Stored", (HardwarePrice("*", 36.0, "planted", DAYS[0], stored=0.5),))
    grown = {"fast": (indexed(DAYS[0], 10**9), indexed(DAYS[1], 4 * 10**9))}
    slow, fast = ownership(results, grown, stored, None)
    assert (slow.storage, slow.stored) == (0.0, "no index")
    assert fast.storage == pytest.approx(2.0)
    assert fast.stored == "an index of 4 GB at $0.5 a GB and month"
    per_query = results["fast"].metrics["cost_per_query"].value or 0
    assert fast.monthly[1_000].value == pytest.approx(1_000 * per_query + 2.0)
    (found,) = break_evens((slow, fast), savings(results, (slow, fast)))
    saved = (results["slow"].metrics["cost_per_query"].value or 0) - per_query
    assert found.volume == pytest.approx(2.0 / saved)


def test_storage_that_is_not_known_says_why_and_is_in_no_month(results: Results) -> None:
    for size, why in ((10**9, "no usd_per_gb_month"), (None, "not measured")):
        _, fast = ownership(results, {"fast": (indexed(DAYS[0], size),)}, BOOK, None)
        assert fast.storage is None
        assert why in fast.stored
        per_query = results["fast"].metrics["cost_per_query"].value or 0
        assert fast.monthly[1_000].value == pytest.approx(1_000 * per_query)


def test_at_each_rate_of_change_the_break_even_is_in_proportion(results: Results) -> None:
    """What a refresh costs is paid as often as the facts change; what is saved a query stays."""
    owned = ownership(results, {"fast": (worked(500), worked(200))}, BOOK, 7)
    saved = savings(results, owned)
    (asked,) = break_evens(owned, saved)
    (weekly,), (monthly,) = (break_evens(owned, saved, days) for days in (7.0, 30.0))
    assert weekly == asked
    assert weekly.volume is not None
    assert monthly.volume == pytest.approx(weekly.volume * 7 / 30)
    assert monthly.low == pytest.approx((weekly.low or 0) * 7 / 30)


@pytest.mark.parametrize(
    ("found", "told", "cell", "line"),
    [
        (
            BreakEven("a", "b", 1_234.5, 1_000.0, None),
            "crosses",
            "b from 1,230 [1,000,\N{NO-BREAK SPACE}never]",
            "b is cheaper than a from 1,230 questions a month on [1,000, never]",
        ),
        (
            BreakEven("a", "b", None, 500.0, None),
            "may cross",
            "b never as seen; it may be from 500",
            "b is not seen to be cheaper than a at any volume; it may be from 500 questions a month on",
        ),
        (
            BreakEven("a", "b", None, None, None),
            "never",
            "b never",
            "never cheaper than a, at any volume: b",
        ),
        (
            BreakEven("a", "b", None, 0.0, None),
            "not told",
            "not told",
            "not told which is the cheaper, at any volume: a or b",
        ),
    ],
)
def test_each_kind_of_break_even_is_said_in_words(
    found: BreakEven, told: str, cell: str, line: str
) -> None:
    assert found.told == told
    assert crossing_volume(found) == cell
    assert list(crossing_lines([found])) == [line]
