from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from harness.statistics.change_points import best_split, change_points

NUMBERS = st.lists(st.floats(-100, 100).map(lambda x: round(x, 2)), min_size=4, max_size=14)


def energy(x: np.ndarray, y: np.ndarray) -> float:
    """Q as the paper writes it, pair by pair."""

    def within(z: np.ndarray) -> float:
        pairs = [abs(z[i] - z[k]) for i in range(len(z)) for k in range(i)]
        return sum(pairs) / len(pairs)

    n, m = len(x), len(y)
    across = sum(abs(a - b) for a in x for b in y)
    return n * m / (n + m) * (2 * across / (n * m) - within(x) - within(y))


@settings(max_examples=60)
@given(NUMBERS)
def test_the_best_split_is_that_of_the_papers_formula(numbers: list[float]) -> None:
    values = np.array(numbers)
    every = {
        (tau, kappa): energy(values[:tau], values[tau:kappa])
        for tau in range(2, len(values) - 1)
        for kappa in range(tau + 2, len(values) + 1)
    }
    found = best_split(values)
    assert found is not None
    assert found.q == pytest.approx(max(every.values()), abs=1e-6)
    near = {tau for (tau, _), q in every.items() if q >= max(every.values()) - 1e-6}
    assert found.index in near


@given(st.lists(st.floats(-9, 9), max_size=3))
def test_few_values_cannot_be_split(numbers: list[float]) -> None:
    assert best_split(np.array(numbers)) is None
    assert change_points(numbers, seed=0) == ()


@given(value=st.floats(-1e6, 1e6), n=st.integers(4, 30))
def test_a_constant_never_changes(value: float, n: int) -> None:
    assert change_points([value] * n, seed=0) == ()


def test_planted_changes_are_found_where_they_are() -> None:
    levels = np.repeat([0.80, 0.72, 0.85], [20, 25, 15])
    noise = np.random.default_rng(2).normal(0, 0.01, (30, 60))
    found = [change_points(levels + noise[i], seed=i) for i in range(30)]
    alone = [points for points in found if [point.index for point in points] == [20, 45]]
    # Beyond what was planted there is one more in 5 % of series, the level of the test.
    assert len(alone) >= 26
    assert all({20, 45} <= {point.index for point in points} for points in found)
    assert [point.before for point in alone[0]] == pytest.approx([0.80, 0.72], abs=0.01)
    assert [point.after for point in alone[0]] == pytest.approx([0.72, 0.85], abs=0.01)


def test_a_blip_that_returns_is_two_changes() -> None:
    """A later change must not hide an earlier one, as it would if only whole stretches were split."""
    rng = np.random.default_rng(4)
    values = np.repeat([1.0, 2.0, 1.0], [20, 8, 20]) + rng.normal(0, 0.1, 48)
    assert [point.index for point in change_points(values, seed=0)] == [20, 28]


@pytest.mark.parametrize("law", ["normal", "exponential", "ties"])
def test_where_nothing_changes_the_false_alarms_are_as_many_as_stated(law: str) -> None:
    rng = np.random.default_rng(11)
    draw = {
        "normal": lambda: rng.normal(size=24),
        "exponential": lambda: rng.exponential(size=24),
        "ties": lambda: rng.binomial(20, 0.8, size=24) / 20,
    }[law]
    series = 250
    false = sum(
        bool(change_points(draw(), seed=i, alpha=0.1, permutations=99)) for i in range(series)
    )
    # Binomial(250, 0.1) is between 10 and 41 with 99.9 %.
    assert 10 <= false <= 41


def test_the_same_series_and_seed_give_the_same_changes() -> None:
    values = np.random.default_rng(0).normal(size=40).cumsum()
    assert change_points(values, seed=3) == change_points(values, seed=3)


def test_moving_and_scaling_a_series_moves_nothing() -> None:
    values = np.repeat([0.0, 1.0], 15) + np.random.default_rng(1).normal(0, 0.2, 30)
    plain, moved = change_points(values, seed=1), change_points(1000 * values - 5, seed=1)
    assert [(p.index, p.p_value) for p in plain] == [(p.index, p.p_value) for p in moved]
