"""Evidence against a bound agrees with the interval that is shown, and with scipy where it has the test."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from harness.statistics.estimate import Estimate
from harness.statistics.intervals import rate
from harness.statistics.one_sided import (
    Weighed,
    estimate_against,
    mean_against,
    quantile_against,
    quantile_difference_against,
    rate_against,
    rate_difference_against,
    ratio_against,
)

ALONE = np.arange(200)
IN_GROUPS = np.repeat(np.arange(50), 4)
RNG = np.random.default_rng(1)
TIMES = RNG.lognormal(0, 0.8, 200)
RIGHT = RNG.random(200) < 0.8
WORSE = RIGHT & (RNG.random(200) < 0.9)


def agrees(tested: Weighed, bound: float) -> bool:
    """Whether each p-value is below 2.5 % exactly where the interval leaves the bound behind."""
    low, high = tested.estimate.low, tested.estimate.high
    assert low is not None
    assert high is not None
    assert tested.p_above is not None
    assert tested.p_below is not None
    return (low > bound) == (tested.p_above < 0.025) and (high < bound) == (tested.p_below < 0.025)


@pytest.mark.parametrize("clusters", [ALONE, IN_GROUPS])
def test_p_values_invert_the_intervals(clusters: np.ndarray) -> None:
    for bound in np.linspace(-0.3, 0.2, 40):
        assert agrees(rate_difference_against(RIGHT, WORSE, clusters, bound), bound), bound
    for bound in np.linspace(0.8, 2.2, 40):
        assert agrees(mean_against(TIMES, clusters, bound, seed=3), bound), bound
        assert agrees(ratio_against(TIMES, RIGHT, clusters, bound, seed=3), bound), bound
        assert agrees(
            quantile_difference_against(0 * TIMES, TIMES, 0.5, clusters, bound, seed=3), bound
        )


def test_a_rate_in_groups_inverts_its_interval() -> None:
    for bound in np.linspace(0.6, 0.95, 40):
        assert agrees(rate_against(RIGHT, IN_GROUPS, bound), bound), bound


@given(st.integers(0, 60), st.floats(0.01, 0.99))
def test_independent_answers_get_the_exact_binomial_test(right: int, bound: float) -> None:
    tested = rate_against(np.arange(60) < right, np.arange(60), bound)
    oracle = stats.binomtest(right, 60, bound, alternative="greater").pvalue
    assert tested.p_above == pytest.approx(oracle, abs=1e-12)
    oracle = stats.binomtest(right, 60, bound, alternative="less").pvalue
    assert tested.p_below == pytest.approx(oracle, abs=1e-12)


def test_a_quantile_is_tested_as_scipy_does() -> None:
    for bound in (2.0, 3.0, 4.0, 6.0):
        tested = quantile_against(TIMES, 0.95, ALONE, bound)
        greater = stats.quantile_test(TIMES, q=bound, p=0.95, alternative="greater").pvalue
        less = stats.quantile_test(TIMES, q=bound, p=0.95, alternative="less").pvalue
        assert tested.p_above == pytest.approx(greater)
        assert tested.p_below == pytest.approx(less)


def test_thirty_answers_have_no_p95_but_are_evidence_that_all_are_slow() -> None:
    tested = quantile_against(np.full(30, 2.0), 0.95, np.arange(30), 1.0)
    assert tested.estimate.value is None
    assert tested.p_above is not None
    assert tested.p_above < 1e-6


def test_a_quantile_of_weighted_groups_is_that_of_the_values_so_often() -> None:
    found = quantile_difference_against(TIMES, 1.5 * TIMES, 0.5, IN_GROUPS, 0.0, seed=0)
    median = float(np.quantile(TIMES, 0.5, method="inverted_cdf"))
    assert found.estimate.value == pytest.approx(0.5 * median)
    same = quantile_difference_against(TIMES, TIMES, 0.95, IN_GROUPS, 0.0, seed=0)
    assert (same.estimate.low, same.estimate.value, same.estimate.high) == (0.0, 0.0, 0.0)
    assert (same.p_above, same.p_below) == (1.0, 1.0)


def test_values_that_do_not_vary_lie_on_one_side_or_on_the_bound() -> None:
    costs = np.full(200, 0.001)
    assert mean_against(costs, ALONE, 0.001, seed=0).p_above == 1.0
    assert mean_against(costs, ALONE, 0.0009, seed=0).p_above == 0.0
    assert mean_against(costs, ALONE, 0.0011, seed=0).p_above == 1.0


@settings(max_examples=50)
@given(st.integers(5, 55), st.floats(0.02, 0.98))
def test_an_estimate_alone_of_a_rate_leaves_the_bound_where_its_interval_does(
    right: int, bound: float
) -> None:
    estimate = rate(np.arange(60) < right, np.arange(60))
    assert agrees(estimate_against(estimate, bound), bound)


def test_an_unknown_figure_has_no_evidence() -> None:
    assert estimate_against(Estimate.unknown("nothing"), 1.0).p_above is None
    assert rate_against([], [], 0.5).p_above is None
    assert mean_against([], [], 0.5, seed=0).p_above is None
    few = quantile_difference_against(TIMES[:40], TIMES[:40], 0.95, ALONE[:40], 0.0, seed=0)
    assert few.p_above is None
    assert "59" in few.estimate.method


def test_more_resamples_give_smaller_p_values() -> None:
    far = [mean_against(TIMES, ALONE, 0.1, seed=0, resamples=n).p_above for n in (2000, 8000)]
    assert far == [pytest.approx(1 / 2001), pytest.approx(1 / 8001)]
