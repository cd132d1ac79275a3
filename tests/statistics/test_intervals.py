from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats
from statsmodels.stats.proportion import proportion_confint

from harness.statistics.estimate import Estimate
from harness.statistics.intervals import effective_n, least_n, mean, quantile, rate, ratio


def bounds(estimate: Estimate) -> tuple[float, float]:
    assert estimate.low is not None
    assert estimate.high is not None
    return estimate.low, estimate.high


@pytest.mark.parametrize(("k", "n"), [(0, 1), (0, 30), (3, 30), (15, 30), (296, 300), (300, 300)])
def test_a_rate_of_independent_units_is_statsmodels_wilson(k: int, n: int) -> None:
    found = rate(np.arange(n) < k, np.arange(n))
    assert found.value == k / n
    assert bounds(found) == pytest.approx(proportion_confint(k, n, method="wilson"), abs=1e-12)
    assert (found.n, found.groups) == (n, n)


@pytest.mark.parametrize(("n", "few"), [(30, 2), (51, 3), (300, 3)])
def test_beside_a_few_successes_or_failures_the_nearer_bound_is_the_exact_poisson_one(
    n: int, few: int
) -> None:
    for k in range(1, few + 1):
        low, high = bounds(rate(np.arange(n) < k, np.arange(n)))
        # At a mean of low * n, k or more events have a chance of 5 %.
        assert stats.poisson.sf(k - 1, low * n) == pytest.approx(0.05)
        assert high == pytest.approx(proportion_confint(k, n, method="wilson")[1])
        mirrored = bounds(rate(np.arange(n) < n - k, np.arange(n)))
        assert mirrored == pytest.approx((1 - high, 1 - low))


@pytest.mark.parametrize(("n", "least"), [(30, 0.919), (100, 0.927), (300, 0.934)])
def test_a_rate_is_covered_whatever_it_is(n: int, least: float) -> None:
    intervals = [bounds(rate(np.arange(n) < k, np.arange(n))) for k in range(n + 1)]
    low, high = np.array(intervals).T
    for p in np.linspace(0.002, 0.998, 250):
        chance = stats.binom.pmf(np.arange(n + 1), n, p)
        assert chance[(low <= p) & (p <= high)].sum() >= least


def test_wilson_keeps_its_published_coverage_where_a_t_interval_does_not() -> None:
    # DESIGN.md, rule 3: p = 0.99, n = 30. Wilson covers 96 %, exactly by the binomial law.
    covers = [bounds(rate(np.arange(30) < k, np.arange(30))) for k in range(31)]
    chance = stats.binom.pmf(np.arange(31), 30, 0.99)
    assert (
        sum(p for p, (low, high) in zip(chance, covers, strict=True) if low <= 0.99 <= high) > 0.95
    )


def test_the_effective_n_is_the_clusters_when_clusters_are_all_alike() -> None:
    clusters = np.repeat(np.arange(200), 5)
    alike = np.repeat(np.arange(200) % 2, 5)
    assert effective_n(alike, clusters) == pytest.approx(200, rel=0.02)
    rng = np.random.default_rng(0)
    assert effective_n(rng.random(1000) < 0.5, clusters) > 700


def test_a_clustered_rate_is_as_wide_as_its_clusters_are_alike() -> None:
    clusters = np.repeat(np.arange(100), 4)
    alike = np.repeat(np.arange(100) % 4 == 0, 4)
    low, high = bounds(rate(alike, clusters))
    plain = bounds(rate(np.arange(100) % 4 == 0, np.arange(100)))
    assert (low, high) == pytest.approx(plain, abs=0.01)


def test_a_rate_without_a_failure_is_no_surer_than_its_clusters() -> None:
    perfect = rate(np.ones(300), np.repeat(np.arange(100), 3))
    assert perfect.value == perfect.high == 1.0
    assert perfect.low == pytest.approx(bounds(rate(np.ones(100), np.arange(100)))[0], abs=0.002)


@given(
    st.lists(st.tuples(st.booleans(), st.integers(0, 5)), min_size=1, max_size=60),
)
def test_a_rate_lies_in_its_interval_and_the_interval_in_0_to_1(
    units: list[tuple[bool, int]],
) -> None:
    found = rate([right for right, _ in units], [cluster for _, cluster in units])
    if found.value is None:
        assert len({cluster for _, cluster in units}) == 1
    else:
        low, high = bounds(found)
        assert 0 <= low <= found.value <= high <= 1
        assert low < high


def test_nothing_counted_or_one_cluster_is_unknown_not_zero() -> None:
    for found in (
        rate([], []),
        mean([], [], seed=0),
        ratio([], [], [], seed=0),
        rate([1, 0], [7, 7]),
        mean([1, 2], [7, 7], seed=0),
        quantile([], 0.5, []),
    ):
        assert (found.value, found.low, found.high) == (None, None, None)
        assert found.method


def test_a_mean_of_many_independent_units_is_a_t_interval() -> None:
    values = np.random.default_rng(1).normal(10, 2, 2000)
    found = mean(values, np.arange(2000), seed=0)
    expected = stats.ttest_1samp(values, 0).confidence_interval()
    assert bounds(found) == pytest.approx((expected.low, expected.high), abs=0.02)
    assert found.value == pytest.approx(values.mean())


def test_a_clustered_mean_is_that_of_its_cluster_means() -> None:
    rng = np.random.default_rng(2)
    of_cluster = rng.normal(0, 1, 300)
    found = mean(np.repeat(of_cluster, 4), np.repeat(np.arange(300), 4), seed=0)
    alone = mean(of_cluster, np.arange(300), seed=0)
    assert bounds(found) == pytest.approx(bounds(alone), abs=0.02)


def test_the_same_seed_gives_the_same_interval_and_another_a_close_one() -> None:
    values, clusters = np.random.default_rng(3).exponential(1, 500), np.arange(500) // 2
    assert mean(values, clusters, seed=5) == mean(values, clusters, seed=5)
    assert bounds(mean(values, clusters, seed=6)) == pytest.approx(
        bounds(mean(values, clusters, seed=5)), abs=0.03
    )


def test_equal_values_have_an_interval_without_width_that_says_so() -> None:
    found = mean(np.full(20, 0.1), np.arange(20) // 2, seed=0)
    assert bounds(found) == (found.value, found.value)
    assert found.method == "all groups alike"


def test_a_mean_of_fewer_than_five_groups_has_no_interval_and_is_not_shown() -> None:
    few = mean(np.arange(40.0), np.arange(40) // 10, seed=0)
    assert few.value is None
    assert few.method == "4 groups are too few for an interval, 5 are needed"
    assert mean(np.arange(50.0), np.arange(50) // 10, seed=0).value == 24.5


def test_a_ratio_with_a_rare_denominator_is_unknown() -> None:
    cost, right = np.full(100, 0.01), np.arange(100) < 9
    assert "only 9 groups" in ratio(cost, right, np.arange(100), seed=0).method
    assert ratio(cost, np.arange(100) < 50, np.arange(100), seed=0).value == pytest.approx(0.02)


def test_as_many_units_as_a_quantile_takes() -> None:
    assert least_n(0.99) == 299  # DESIGN.md, rule 4
    assert least_n(0.95) == 59
    assert least_n(0.01) == 299
    # The chance that all of least_n units lie below the quantile is just under 5 %.
    assert 0.99**299 <= 0.05 < 0.99**298


def test_a_p99_is_not_shown_below_299_units() -> None:
    values = np.arange(298.0)
    few = quantile(values, 0.99, values)
    assert few.value is None
    assert "n = 298 is below the 299" in few.method
    enough = quantile(np.arange(299.0), 0.99, np.arange(299))
    assert enough.value == math.ceil(0.99 * 299) - 1
    # 299 units in few clusters tell less than 299 alone would.
    together = quantile(np.repeat(np.arange(30.0), 10), 0.99, np.repeat(np.arange(30), 10))
    assert together.value is None


@pytest.mark.parametrize("q", [0.5, 0.95])
def test_a_quantile_of_independent_units_is_scipys(q: float) -> None:
    values = np.random.default_rng(4).lognormal(size=400)
    found = quantile(values, q, np.arange(400))
    expected = stats.quantile_test(values, q=found.value, p=q).confidence_interval(0.95)
    assert bounds(found) == (expected.low, expected.high)


@pytest.mark.parametrize("q", [0.5, 0.95, 0.99])
def test_a_clustered_quantile_agrees_with_the_exact_one_when_clusters_mean_nothing(
    q: float,
) -> None:
    values = np.sort(np.random.default_rng(5).random(3000))
    exact = quantile(values, q, np.arange(3000))
    shuffled = np.random.default_rng(6).permutation(3000) // 2
    clustered = quantile(values, q, shuffled)
    assert clustered.value == exact.value
    assert bounds(clustered) == pytest.approx(bounds(exact), abs=0.006)


@given(st.lists(st.tuples(st.sampled_from([0.0, 0.5, 1.0]), st.integers(0, 3)), max_size=40))
def test_any_sample_has_an_estimate_or_a_reason(units: list[tuple[float, int]]) -> None:
    values, clusters = [value for value, _ in units], [cluster for _, cluster in units]
    whole = [float(value == 1.0) for value in values]
    for estimate in (
        rate(whole, clusters),
        mean(values, clusters, seed=1),
        quantile(values, 0.5, clusters),
        ratio(values, whole, clusters, seed=1),
    ):
        bounds = (estimate.value, estimate.low, estimate.high)
        assert all(x is None for x in bounds) or all(x is not None for x in bounds)
        assert estimate.method


def test_one_group_has_no_interval_of_a_quantile() -> None:
    found = quantile([1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0], 0.5, [0] * 7)
    assert found.value is None
    assert found.method == "one group only: no interval"
