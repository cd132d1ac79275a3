from __future__ import annotations

import math

import numpy as np
import pytest
import queues
from hypothesis import given
from hypothesis import strategies as st

from harness.statistics.steady import (
    QUANTILE_BLOCK,
    Steady,
    backlog_growth,
    correlation_time,
    events_per_second,
    steady_part,
    warm_up,
)


def test_a_cold_start_is_cut_off() -> None:
    rng = np.random.default_rng(1)
    values = rng.normal(10, 1, 400)
    values[:40] += np.linspace(20, 2, 40)
    cut, settled = warm_up(values)
    assert settled
    assert 30 <= cut <= 60


@pytest.mark.parametrize("begin", [60, 120, 180])
def test_a_stall_later_on_is_not_cut_off(begin: int) -> None:
    """Of values, MSER cuts all up to the end of the stall, which hides it; of ranks it does not."""
    times = np.random.default_rng(2).normal(0.1, 0.01, 400)
    times[begin : begin + 25] = np.linspace(2.0, 0.2, 25)
    assert warm_up(times)[0] > begin
    assert steady_part(times).cut < 25


def test_a_series_that_only_climbs_has_not_settled() -> None:
    cut, settled = warm_up(np.arange(400.0))
    assert not settled
    assert cut == 200


@given(st.floats(1e-6, 1e6), st.integers(0, 400))
def test_equal_times_are_steady_from_the_start(seconds: float, n: int) -> None:
    part = steady_part(np.full(n, seconds))
    assert (part.cut, part.settled, part.correlation, part.n) == (0, True, 1.0, n)


@given(st.lists(st.floats(0, math.inf), max_size=200))
def test_any_times_have_blocks_in_their_order(times: list[float]) -> None:
    part = steady_part(times)
    blocks = part.blocks(QUANTILE_BLOCK)
    assert len(blocks) == part.n == len(times) - part.cut
    assert part.cut <= len(times) / 2
    assert (np.diff(blocks) >= 0).all()
    if part.n >= 10:
        sizes = np.bincount(blocks)
        assert len(sizes) >= 10
        assert sizes.max() - sizes.min() <= 1


@pytest.mark.parametrize("memory", [0.0, 0.5, 0.9])
def test_the_correlation_time_of_an_autoregressive_series_is_known(memory: float) -> None:
    rng = np.random.default_rng(3)
    noise = rng.standard_normal(50_000)
    values = np.empty_like(noise)
    values[0] = noise[0]
    for i in range(1, len(noise)):
        values[i] = memory * values[i - 1] + noise[i]
    assert correlation_time(values) == pytest.approx((1 + memory) / (1 - memory), rel=0.1)


def test_more_correlation_takes_more_requests() -> None:
    assert Steady(500, 0, True, 1.0).needed == 100
    assert Steady(500, 20, True, 8.0).needed == 820
    assert Steady(500, 0, True, 4.9).enough
    assert not Steady(500, 0, True, 5.1).enough


def test_the_growth_of_a_backlog_is_what_was_planted() -> None:
    arrived = np.arange(0, 100, 0.1)
    done = np.arange(0, 100, 0.125) + 0.05  # ten a second come, eight are answered
    growth = backlog_growth(arrived, done, 0.0, 100.0)
    assert growth.value == pytest.approx(2.0, abs=0.02)
    assert growth.low is not None
    assert growth.low > 1.8


@pytest.mark.parametrize("service", ["D", "M"])
def test_growth_is_seldom_found_where_there_is_none_and_found_where_there_is(service: str) -> None:
    rng = np.random.default_rng(4)

    def grows(load: float) -> int:
        found = 0
        for _ in range(200):
            arrived, totals = queues.times(400, load, rng, service=service)
            growth = backlog_growth(
                arrived, arrived + totals, float(arrived[40]), float(arrived[-1])
            )
            found += growth.low is not None and growth.low > 0
        return found

    assert grows(0.8) <= 4
    assert grows(1.0) <= 20  # 5 % of 200, and what chance adds once in a thousand times
    assert grows(1.6) >= 190


def test_too_little_to_tell_growth_from_is_unknown() -> None:
    few = backlog_growth([0.0, 1.0, 2.0], [3.0], 0.0, 2.0)
    assert few.value is None
    assert "3 requests" in few.method


def test_events_are_counted_by_the_second() -> None:
    found = events_per_second(np.arange(0.05, 50, 0.1), 0.0, 50.0)
    assert found.value == pytest.approx(10.0)
    assert found.low is not None
    assert found.low > 9.9
    assert events_per_second([], 0.0, 50.0).value == 0
    assert events_per_second([], 0.0, 0.0).value is None
