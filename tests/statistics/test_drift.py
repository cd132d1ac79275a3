from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from harness.statistics.drift import line, trend

# At a true 95 %, 200 runs show less than 180 once in 400 times; seeds are fixed.
RUNS, LEAST = 200, 180


def test_the_line_has_the_slope_of_scipy_and_begins_at_0() -> None:
    values = np.random.default_rng(1).standard_cauchy(100)
    found = line(values)
    assert np.diff(found) == pytest.approx(stats.theilslopes(values).slope)
    assert found[0] == 0


@pytest.mark.parametrize("values", [[], [1.0]])
def test_nothing_has_no_drift(values: list[float]) -> None:
    assert line(np.array(values)).tolist() == [0.0] * len(values)


def test_a_few_wild_values_do_not_bend_the_line() -> None:
    straight = np.linspace(0, 2, 100)
    wild = straight.copy()
    wild[:10] += 50
    assert line(wild)[-1] == pytest.approx(2, rel=0.15)


def test_the_test_is_kendalls_and_the_interval_sens_for_one_series() -> None:
    values = np.random.default_rng(2).normal(0, 1, 80) + np.linspace(0, 0.8, 80)
    found = trend([values])
    kendall = stats.kendalltau(np.arange(80), values, method="asymptotic")
    oracle = stats.theilslopes(values, method="separate")
    assert found.p_value == pytest.approx(kendall.pvalue, rel=0.1)  # ours corrects for continuity
    assert found.rise.value == pytest.approx(79 * oracle.slope)
    assert found.rise.low == pytest.approx(79 * oracle.low_slope, abs=0.02)
    assert found.rise.high == pytest.approx(79 * oracle.high_slope, abs=0.02)


@pytest.mark.parametrize("n", [30, 700])
@pytest.mark.parametrize("rise", [0.0, 0.5])
def test_a_planted_rise_is_covered_and_no_rise_is_seldom_seen(n: int, rise: float) -> None:
    rng = np.random.default_rng(3)
    levels = (0.0, 4.0, -2.0)  # what differs between days is no drift
    found = [
        trend([level + rng.gumbel(0, 0.4, n) + rise * np.linspace(0, 1, n) for level in levels])
        for _ in range(RUNS)
    ]
    covered = sum((f.rise.low or 0.0) <= rise <= (f.rise.high or 0.0) for f in found)
    assert covered >= LEAST
    seen = sum(f.p_value is not None and f.p_value <= 0.05 for f in found)
    assert seen <= RUNS - LEAST if rise == 0 else seen >= RUNS / 2


def test_too_short_a_series_tells_nothing() -> None:
    found = trend([np.arange(9.0)])
    assert found.rise.value is None
    assert found.p_value is None
