"""Prediction-powered intervals hold a planted truth, and are no wider than labels alone need."""

from __future__ import annotations

import math

import numpy as np
import pytest

from harness.statistics.estimate import Estimate
from harness.statistics.prediction_powered import prediction_powered_mean


def planted(
    rng: np.random.Generator,
    *,
    groups: int,
    size: int,
    labelled: int,
    right: float,
    agrees: float,
    weight: float | None = None,
) -> Estimate:
    """A judge that says what people say with chance `agrees`; answers of a group are alike."""
    level = rng.beta(8 * right, 8 * (1 - right), groups).repeat(size)
    codes = np.arange(groups).repeat(size)
    people = rng.random(groups * size) < level
    judge = np.where(rng.random(groups * size) < agrees, people, rng.random(groups * size) < 0.9)
    chosen = np.zeros(groups * size, dtype=bool)
    chosen[rng.choice(groups * size, labelled, replace=False)] = True
    return prediction_powered_mean(
        people[chosen], judge[chosen], codes[chosen], judge[~chosen], codes[~chosen], weight=weight
    )


@pytest.mark.parametrize("agrees", [0.2, 0.6, 0.95])
@pytest.mark.parametrize(
    ("groups", "size", "labelled"), [(400, 1, 60), (80, 5, 100), (400, 2, 300)]
)
def test_the_interval_holds_the_truth_as_often_as_it_says(
    agrees: float, groups: int, size: int, labelled: int
) -> None:
    rng = np.random.default_rng(11)
    times = 400
    held = 0
    for _ in range(times):
        found = planted(rng, groups=groups, size=size, labelled=labelled, right=0.7, agrees=agrees)
        assert found.low is not None
        assert found.high is not None
        held += found.low <= 0.7 <= found.high
    assert held / times >= 0.95 - 3 * math.sqrt(0.95 * 0.05 / times)


def test_a_biased_judge_is_corrected_and_its_own_rate_is_not_the_truth() -> None:
    rng = np.random.default_rng(5)
    found = [
        planted(rng, groups=500, size=1, labelled=150, right=0.5, agrees=0.7).value
        for _ in range(100)
    ]
    assert np.mean([value for value in found if value is not None]) == pytest.approx(0.5, abs=0.012)
    assert pytest.approx(0.62) == 0.7 * 0.5 + 0.3 * 0.9  # what the judge alone would say


def test_a_good_judge_makes_the_interval_narrower_and_a_useless_one_no_wider() -> None:
    def width(agrees: float, weight: float | None) -> float:
        rng = np.random.default_rng(3)
        found = [
            planted(rng, groups=1000, size=1, labelled=100, right=0.6, agrees=agrees, weight=weight)
            for _ in range(50)
        ]
        return float(np.mean([(f.high or 0) - (f.low or 0) for f in found]))

    assert width(0.95, None) < 0.7 * width(0.95, 0.0)
    assert width(0.0, None) < 1.01 * width(0.0, 0.0)
    assert width(0.0, 1.0) > width(0.0, 0.0)  # as published first, a useless judge does harm


def test_independent_units_have_the_published_variance() -> None:
    rng = np.random.default_rng(1)
    y, f, rest = (rng.random(n) < 0.6 for n in (50, 50, 500))
    found = prediction_powered_mean(y, f, range(50), rest, range(50, 550), weight=1.0)
    errors = y.astype(float) - f
    assert found.value == pytest.approx(errors.mean() + rest.mean())
    variance = errors.var(ddof=1) / 50 + rest.var() / 500 * 50 / 49
    assert found.low is not None
    assert found.high is not None
    assert (found.high - found.low) / 2 == pytest.approx(2.009575 * math.sqrt(variance), rel=1e-4)


def test_labels_that_all_agree_do_not_say_that_the_judge_never_errs() -> None:
    found = prediction_powered_mean([1] * 30, [1] * 30, range(30), [1] * 300, range(30, 330))
    assert (found.value, found.high) == (1.0, 1.0)
    assert found.low is not None
    assert 0.85 < found.low < 0.9  # 1 - 0.025 ** (1 / 30) below 1: Clopper and Pearson's bound


def test_few_labelled_groups_give_no_interval() -> None:
    found = prediction_powered_mean([1] * 9, [1] * 9, range(9), [1], [10])
    assert found.value is None
    assert found.method == "9 labelled groups are too few for an interval, 10 are needed"
