from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats
from statsmodels.stats.contingency_tables import mcnemar as statsmodels_mcnemar
from statsmodels.stats.multitest import multipletests

from harness.statistics.multiplicity import holm
from harness.statistics.paired import (
    bonett_price,
    mcnemar,
    paired_means,
    paired_rates,
    sign_flip_test,
)


@given(st.integers(0, 40), st.integers(0, 40))
def test_mcnemar_is_statsmodels_exact_test(only_a: int, only_b: int) -> None:
    table = [[7, only_a], [only_b, 3]]
    assert mcnemar(only_a, only_b) == pytest.approx(statsmodels_mcnemar(table, exact=True).pvalue)


@settings(max_examples=15)  # statsmodels collects garbage on every call
@given(st.lists(st.none() | st.floats(0, 1), max_size=20))
def test_holm_is_statsmodels_and_leaves_out_what_has_no_p(p_values: list[float | None]) -> None:
    found = holm(p_values)
    known = [p for p in p_values if p is not None]
    if known:
        expected = multipletests(known, method="holm")[1]
        assert [p for p in found if p is not None] == pytest.approx(list(expected))
    assert [p is None for p in found] == [p is None for p in p_values]


def test_holm_of_nothing_is_nothing() -> None:
    assert holm([]) == []


def test_independent_pairs_get_mcnemar_and_the_signs_say_b_minus_a() -> None:
    a = np.array([1] * 10 + [0] * 30 + [1] * 60)
    b = np.array([0] * 10 + [1] * 30 + [1] * 60)
    found = paired_rates(a, b, np.arange(100), seed=0)
    assert found.difference.value == pytest.approx(0.2)
    assert (found.only_a, found.only_b) == (10, 30)
    assert found.p_value == pytest.approx(stats.binomtest(10, 40).pvalue)
    assert "McNemar" in found.difference.method
    swapped = paired_rates(b, a, np.arange(100), seed=0).difference
    assert swapped.low == pytest.approx(-(found.difference.high or 0))


def test_bonett_and_price_by_hand() -> None:
    # p12 = (5 + 1) / 102, p21 = (15 + 1) / 102, as in their equation (4) with one added to each.
    p12, p21 = 6 / 102, 16 / 102
    half = 1.959963985 * np.sqrt((p12 + p21 - (p21 - p12) ** 2) / 102)
    assert bonett_price(5, 15, 100, 1.959963985) == pytest.approx(
        (p21 - p12 - half, p21 - p12 + half)
    )


def test_systems_that_never_differ_still_leave_room_for_a_difference() -> None:
    same = np.ones(60)
    found = paired_rates(same, same, np.repeat(np.arange(20), 3), seed=0)
    assert found.difference.value == 0
    assert found.p_value == 1.0
    assert found.difference.low is not None
    assert found.difference.low < -0.1
    assert found.difference.high == pytest.approx(-found.difference.low)


def test_clusters_that_answer_alike_count_once() -> None:
    a, b = np.zeros(40), np.array([1.0] * 8 + [0.0] * 32)
    alone = paired_rates(a, b, np.arange(40), seed=0)
    fourfold = paired_rates(np.repeat(a, 4), np.repeat(b, 4), np.repeat(np.arange(40), 4), seed=0)
    assert fourfold.difference.value == alone.difference.value
    assert fourfold.difference.low == pytest.approx(alone.difference.low, abs=0.02)
    assert fourfold.p_value == pytest.approx(alone.p_value, abs=0.005)
    assert "permutation of 40 groups" in fourfold.difference.method


def test_the_sign_flip_test_agrees_with_scipys() -> None:
    sums = np.random.default_rng(0).normal(0.35, 1, 40)
    expected = stats.permutation_test(
        (sums,),
        np.mean,
        permutation_type="samples",
        vectorized=False,
        n_resamples=4999,
        rng=np.random.default_rng(1),
    )
    assert sign_flip_test(sums, seed=0) == pytest.approx(expected.pvalue, abs=0.02)


def test_the_sign_flip_test_enumerates_to_the_exact_law_of_few_clusters() -> None:
    # Of 2^8 signs of eight equal sums, two are as extreme as all positive.
    assert sign_flip_test(np.ones(8), seed=0) == pytest.approx(2 / 256, abs=0.004)
    assert sign_flip_test(np.zeros(8), seed=0) == 1.0
    assert sign_flip_test(np.ones(5), seed=0) is None


def test_a_mean_difference_is_paired() -> None:
    rng = np.random.default_rng(3)
    a = rng.lognormal(0, 1, 300)
    found = paired_means(a, a + 0.05 + rng.normal(0, 0.01, 300), np.arange(300) // 3, seed=0)
    assert found.difference.value == pytest.approx(0.05, abs=0.002)
    assert found.difference.low is not None
    assert found.difference.low > 0.045
    assert found.p_value is not None
    assert found.p_value < 0.001


def test_without_pairs_nothing_is_said() -> None:
    for found in (paired_rates([], [], [], seed=0), paired_means([], [], [], seed=0)):
        assert found.difference.value is None
        assert found.p_value is None
