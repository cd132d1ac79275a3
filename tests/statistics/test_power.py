"""Promised power is measured on planted truth; formulas agree with statsmodels and published examples."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats
from statsmodels.stats.power import NormalIndPower, TTestPower
from statsmodels.stats.proportion import proportion_confint

from harness.statistics.estimate import Estimate
from harness.statistics.gates import at_least, at_most
from harness.statistics.intervals import ClusterSums, rate
from harness.statistics.paired import paired_means, paired_rates
from harness.statistics.power import (
    Decision,
    decision,
    mean_detectable,
    paired_rates_detectable,
    paired_rates_n,
    rate_half_width,
    rate_n,
)


def bounds(estimate: Estimate) -> tuple[float, float, float]:
    assert estimate.value is not None
    assert estimate.low is not None
    assert estimate.high is not None
    return estimate.low, estimate.value, estimate.high


@given(st.integers(1, 2000), st.floats(0, 1))
def test_the_half_width_of_a_rate_is_half_of_statsmodels_interval(n: int, share: float) -> None:
    low, high = proportion_confint(round(share * n), n, method="wilson")
    assert rate_half_width(round(share * n) / n, n) == pytest.approx((high - low) / 2)


@given(st.floats(0.001, 0.999), st.floats(2, 5000))
def test_the_n_of_a_half_width_has_that_half_width(p: float, n: float) -> None:
    assert rate_n(p, rate_half_width(p, n)) == pytest.approx(n, rel=1e-3)


def test_pairs_needed_are_those_of_connors_formula() -> None:
    # Discordant shares of 45 % and 5 % take 23 pairs at 80 % power: the worked example of Connor's
    # formula (1987, page 209) at powerandsamplesize.com, where the discreteness is not counted.
    assert math.ceil(paired_rates_n(0.4, 0.5) - 1 / 0.4) == 23
    assert paired_rates_n(-0.4, 0.5) == paired_rates_n(0.4, 0.5)


@given(st.floats(0.01, 0.6), st.floats(30, 5000))
def test_the_detectable_difference_takes_the_n_it_is_detectable_at(
    discordant: float, n: float
) -> None:
    found = paired_rates_detectable(n, discordant)
    assert found is not None
    assert paired_rates_n(found, discordant) == pytest.approx(n, rel=1e-6)


def test_a_handful_of_pairs_detects_nothing() -> None:
    assert paired_rates_detectable(3, 0.2) is None


def exact_power(n: int, difference: float, discordant: float) -> float:
    """The power of the exact McNemar test by the law of both kinds of discordant pairs."""
    counts = np.arange(n + 1)
    chance = stats.binom.pmf(counts, n, discordant)
    critical = stats.binom.ppf(0.025, counts, 0.5) - 1
    critical += stats.binom.cdf(critical + 1, counts, 0.5) <= 0.025
    share = (1 + difference / discordant) / 2
    rejected = stats.binom.cdf(critical, counts, share) + stats.binom.sf(
        counts - critical - 1, counts, share
    )
    return float((chance * rejected).sum())


@pytest.mark.parametrize("discordant", [0.08, 0.15, 0.4])
@pytest.mark.parametrize("difference", [0.02, 0.05])
@pytest.mark.parametrize("power", [0.8, 0.9])
def test_the_exact_mcnemar_test_has_the_promised_power(
    difference: float, discordant: float, power: float
) -> None:
    n = math.ceil(paired_rates_n(difference, discordant, power=power))
    assert exact_power(n, difference, discordant) == pytest.approx(power, abs=0.02)


def test_clustered_pairs_have_the_promised_power() -> None:
    rng = np.random.default_rng(21)
    difference, discordant, size, together = 0.08, 0.25, 4, 0.5
    # A group's pairs share one outcome with chance `together`, so any two of them do.
    effect = 1 + (size - 1) * together
    groups = math.ceil(paired_rates_n(difference, discordant) * effect / size)
    shares = [(discordant - difference) / 2, 1 - discordant, (discordant + difference) / 2]
    clusters = np.repeat(np.arange(groups), size)
    detected = 0
    for _ in range(300):
        alone = rng.choice([-1, 0, 1], (groups, size), p=shares)
        shared = rng.choice([-1, 0, 1], (groups, 1), p=shares)
        d = np.where(rng.random((groups, 1)) < together, shared, alone).ravel()
        p_value = paired_rates(d == -1, d == 1, clusters, seed=0).p_value
        assert p_value is not None
        detected += p_value <= 0.05
    # 300 simulations of 80 % lie within 6 points 99 times in a hundred.
    assert detected / 300 == pytest.approx(0.8, abs=0.06)


@given(st.floats(0.01, 2), st.integers(30, 3000))
def test_a_detectable_mean_is_statsmodels(deviation: float, n: int) -> None:
    found = mean_detectable(deviation / math.sqrt(n))
    normal = NormalIndPower().solve_power(nobs1=n, alpha=0.05, power=0.8, ratio=0)
    student = TTestPower().solve_power(nobs=n, alpha=0.05, power=0.8)
    assert found / deviation == pytest.approx(normal, rel=1e-4)
    # Its solver may find the root below 0, which detects as much.
    assert found / deviation == pytest.approx(abs(student), rel=0.05)


def test_clustered_means_have_the_promised_power() -> None:
    rng = np.random.default_rng(22)
    groups, size, within, between = 60, 3, 1.0, 0.7
    clusters = np.repeat(np.arange(groups), size)
    difference = mean_detectable(math.sqrt((between**2 + within**2 / size) / groups))
    detected, errors = 0, []
    for _ in range(300):
        shared = rng.normal(0, between, groups)[clusters]
        d = difference + shared + rng.normal(0, within, groups * size)
        p_value = paired_means(np.zeros(len(d)), d, clusters, seed=0).p_value
        assert p_value is not None
        detected += p_value <= 0.05
        errors.append(math.sqrt(ClusterSums.of(d, clusters).variance()))
    assert detected / 300 == pytest.approx(0.8, abs=0.06)
    assert mean_detectable(float(np.mean(errors))) == pytest.approx(difference, rel=0.05)


@pytest.mark.parametrize(("right", "bound"), [(0.9, 0.85), (0.97, 0.95), (0.45, 0.5)])
def test_as_many_questions_as_a_gate_asks_for_decide_with_the_promised_power(
    right: float, bound: float
) -> None:
    n = 100
    found = decision(rate(np.arange(n) < right * n, np.arange(n)), bound)
    assert found is not None
    assert found.times is not None
    more = math.ceil(found.times * n)
    counts = np.arange(more + 1)
    decided = [
        (at_least if right > bound else at_most)(
            "x", rate(np.arange(more) < count, np.arange(more)), bound
        ).verdict
        == "pass"
        for count in counts
    ]
    power = float(stats.binom.pmf(counts, more, right)[np.array(decided)].sum())
    # Counts are whole: one more or less is worth as much as 4 points here.
    assert power == pytest.approx(0.8, abs=0.04)


def test_a_rate_that_was_never_seen_asks_for_as_many_as_wilson_takes_to_exclude_it() -> None:
    never = rate(np.zeros(100), np.arange(100))
    found = decision(never, 0.01)
    assert found is not None
    assert found.times is not None
    assert found.detectable is None  # not even 0 of 100 keeps 1 %
    n = math.ceil(100 * found.times)
    assert (rate(np.zeros(n), np.arange(n)).high or 1) <= 0.01
    assert (rate(np.zeros(n - 1), np.arange(n - 1)).high or 0) > 0.01


def test_the_detectable_distance_of_a_rate_is_where_the_same_n_decides() -> None:
    seen = rate(np.arange(200) < 176, np.arange(200))
    found = decision(seen, 0.86)
    assert found is not None
    assert found.detectable is not None
    there = found.detectable + 0.86
    arm = 1.959963985 * math.sqrt(0.86 * 0.14 / 200)
    assert found.detectable == pytest.approx(
        arm + 0.8416212336 * math.sqrt(there * (1 - there) / 200)
    )


def test_clusters_need_as_many_times_more_as_they_are_alike() -> None:
    right = np.arange(100) < 90
    alone = decision(rate(right, np.arange(100)), 0.85)
    fourfold = decision(rate(np.repeat(right, 4), np.repeat(np.arange(100), 4)), 0.85)
    assert alone is not None
    assert fourfold is not None
    assert fourfold.times == pytest.approx(alone.times, rel=0.05)


def test_other_figures_shrink_as_the_root_of_n() -> None:
    found = decision(Estimate(0.3, 0.1, 0.5, 50, 50, "bootstrap-t"), 0.4)
    further = 1 + stats.norm.ppf(0.8) / stats.norm.ppf(0.975)
    assert found == Decision(pytest.approx(0.2 * further), pytest.approx((2 * further) ** 2))


@given(
    st.lists(st.floats(0, 1), min_size=3, max_size=3).map(sorted),
    st.floats(0, 1),
    st.sampled_from(["Wilson", "bootstrap-t"]),
)
def test_whatever_the_interval_there_is_an_answer_or_none(
    ends: list[float], bound: float, method: str
) -> None:
    low, value, high = ends
    found = decision(Estimate(value, low, high, 10, 10, method), bound)
    if found is not None:
        assert found.detectable is None or found.detectable >= 0
        assert found.times is None or found.times >= 0


def test_a_figure_without_interval_cannot_be_planned_with() -> None:
    for estimate in (
        Estimate.unknown("nothing was counted"),
        Estimate(0.5, 0.5, 0.5, 3, 3, "no sampling"),
        Estimate(0.5, 0.1, math.inf, 3, 3, "order statistics"),
    ):
        assert decision(estimate, 0.5) is None
