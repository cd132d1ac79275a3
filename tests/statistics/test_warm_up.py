"""Warm-ups are found where they were planted, and hardly ever where there is none."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from harness.statistics.warm_up import LARGEST_SHARE, WarmUp, find_warm_up

Series = NDArray[np.float64]
Draw = Callable[[np.random.Generator, int], Series]

RUNS = 120
# At a true 5 %, 120 runs show more than 13 once in 200 times; seeds are fixed.
MOST = 13


def normal(rng: np.random.Generator, n: int) -> Series:
    return rng.normal(0, 0.3, n)


def heavy(rng: np.random.Generator, n: int) -> Series:
    """Logarithms without a variance, let alone the times."""
    return rng.standard_cauchy(n)


def two_kinds(rng: np.random.Generator, n: int) -> Series:
    """One question in five takes four times as long as the others."""
    return rng.normal(0, 0.1, n) + np.log(4) * (rng.random(n) < 0.2)


def rising(rng: np.random.Generator, n: int) -> Series:
    return rng.normal(0, 0.1, n) + np.linspace(0, np.log(1.5), n)


def falling(rng: np.random.Generator, n: int) -> Series:
    return rng.normal(0, 0.1, n) - np.linspace(0, np.log(2), n)


def planted(first: int, times: float, n: int, *, seed: int, days: int = 3) -> list[Series]:
    """Days whose first answers take `times` as long."""
    rng = np.random.default_rng(seed)
    series = [normal(rng, n) for _ in range(days)]
    for day in series:
        day[:first] += np.log(times)
    return series


@pytest.mark.parametrize("draw", [normal, heavy, two_kinds, rising, falling])
def test_nothing_is_found_where_nothing_stands_out(draw: Draw) -> None:
    rng = np.random.default_rng(1)
    days = [[draw(rng, 80) for _ in range(1 + run % 3)] for run in range(RUNS)]
    found = [find_warm_up(series, seed=run) for run, series in enumerate(days)]
    assert sum(warm_up.first_day > 0 for warm_up in found) <= MOST


@pytest.mark.parametrize(("first", "times"), [(1, 10), (2, 5), (4, 3), (8, 2)])
def test_a_planted_warm_up_is_found_to_the_answer(first: int, times: float) -> None:
    found = [find_warm_up(planted(first, times, 120, seed=i), seed=i) for i in range(20)]
    right = sum((w.first_day, w.later_days, w.ended) == (first, first, True) for w in found)
    assert right >= 15
    assert all(w.p_value <= 0.05 for w in found)
    assert all(abs(w.later_days - first) <= 3 for w in found)


def test_the_first_day_alone_can_be_cold() -> None:
    days = planted(6, 4, 120, seed=3)
    days[1:] = planted(0, 1, 120, seed=4, days=2)
    found = find_warm_up(days, seed=0)
    assert (found.first_day, found.later_days) == (6, 0)
    assert (found.of_day(0), found.of_day(1), found.of_day(2)) == (6, 0, 0)


def test_a_process_that_starts_and_days_that_begin_are_told_apart() -> None:
    days = planted(1, 30, 120, seed=5)
    days[0][:6] += np.log(3)
    found = find_warm_up(days, seed=0)
    assert (found.first_day, found.later_days, found.ended) == (6, 1, True)


def test_a_warm_up_on_top_of_a_drift_is_found_without_it() -> None:
    slope = np.linspace(0, np.log(1.6), 120)
    for sign in (1, -1):
        days = [day + sign * slope for day in planted(3, 6, 120, seed=6)]
        found = find_warm_up(days, seed=0)
        assert (found.first_day, found.later_days, found.ended) == (3, 3, True)


@pytest.mark.parametrize("shape", ["half of the day", "a curve without an end"])
def test_what_is_too_long_for_a_warm_up_is_said_and_not_cut(shape: str) -> None:
    rng = np.random.default_rng(7)
    u = np.linspace(0, 1, 200)
    slower = 1.0 * (u < 0.5) if shape == "half of the day" else 1.1 * np.exp(-2 * u)
    found = find_warm_up([rng.normal(0, 0.1, 200) + slower for _ in range(3)], seed=0)
    assert not found.ended
    assert found.first_day > LARGEST_SHARE * 200


def test_a_single_slow_start_takes_twenty_answers_to_stand_out() -> None:
    for n, stands_out in ((12, False), (60, True)):
        day = np.random.default_rng(8).normal(0, 0.1, n)
        day[0] = 5.0
        assert (find_warm_up([day], seed=0).first_day == 1) is stands_out


@pytest.mark.parametrize("days", [[], [[]], [[1.0]], [[3.0, 1.0]], [[2.0] * 50], [[0.0], [1.0]]])
def test_too_few_or_equal_times_have_none(days: list[list[float]]) -> None:
    assert find_warm_up([np.array(day, dtype=float) for day in days], seed=0) == WarmUp()


def test_a_fast_start_is_no_warm_up() -> None:
    assert find_warm_up([-day for day in planted(5, 8, 120, seed=9)], seed=0) == WarmUp()


def test_differences_that_nobody_would_notice_are_none() -> None:
    day = 1e-4 * np.random.default_rng(10).normal(0, 1, 100)
    day[:4] += 2e-3
    assert find_warm_up([day], seed=0) == WarmUp()


@settings(max_examples=50)
@given(st.lists(st.lists(st.floats(-9, 9), min_size=2, max_size=40), min_size=1, max_size=3))
def test_never_more_than_the_stated_share_is_cut(days: list[list[float]]) -> None:
    found = find_warm_up([np.array(day) for day in days], seed=0)
    if found.ended:
        assert all(found.of_day(i) <= LARGEST_SHARE * len(day) for i, day in enumerate(days))
