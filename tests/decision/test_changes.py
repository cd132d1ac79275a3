"""How many questions would tell: held against runs with so many, made of the figures that were seen."""

from __future__ import annotations

import numpy as np
import pytest

from harness.decision import Check, Constraint, Needs
from harness.decision.changes import to_measure, to_tell_apart
from harness.decision.choice import choose, weightings
from harness.decision.draws import Draws
from harness.decision.judged import kept
from harness.statistics import Estimate
from harness.statistics.intervals import mean, rate

METRICS = ("latency_mean", "latency_p50")


def undecided(estimate: Estimate, metric: str, bound: float) -> Check:
    constraint = Constraint(metric, "at most", bound, f"{metric} at most {bound}")
    assert kept(estimate, constraint) == "undecided"
    return Check("one", constraint, "undecided", estimate)


@pytest.mark.parametrize(("right", "n", "bound"), [(6, 300, 0.04), (45, 300, 0.18), (0, 60, 0.02)])
def test_so_many_questions_decide_a_rate_four_times_in_five(
    right: int, n: int, bound: float
) -> None:
    """Of 400 runs 80 % are 320, and fewer than 280 or more than 380 no chance of one in a thousand."""
    values = np.arange(n) < right
    check = undecided(rate(values.astype(float), np.arange(n)), "stale_rate", bound)
    (found,) = to_measure([check], (), n)
    assert found.questions is not None
    assert found.questions > n
    rng = np.random.default_rng(right)
    told = 0
    for _ in range(400):
        again = (rng.random(found.questions) < right / n).astype(float)
        told += kept(rate(again, np.arange(found.questions)), check.constraint) == "met"
    assert told > 280
    assert right == 0 or told <= 380


def test_so_many_questions_decide_a_mean_four_times_in_five() -> None:
    rng = np.random.default_rng(1)
    seen = rng.normal(1.0, 0.5, 100)
    check = undecided(mean(seen, np.arange(100), seed=1), "latency_mean", float(seen.mean()) + 0.06)
    (found,) = to_measure([check], (), 100)
    assert found.questions is not None
    told = 0
    for seed in range(60):
        again = rng.normal(seen.mean(), seen.std(), found.questions)
        estimate = mean(again, np.arange(found.questions), seed=seed)
        told += kept(estimate, check.constraint) == "met"
    assert 36 <= told <= 58


def drawn(truth: np.ndarray, error: float, rng: np.random.Generator) -> Draws:
    points = truth + rng.normal(0.0, error, truth.shape)
    values = points + rng.normal(0.0, error, (400, *truth.shape))
    return Draws(("a", "b"), METRICS[: truth.shape[1]], points, values)


@pytest.mark.parametrize("metrics", [1, 2])
def test_so_many_questions_tell_two_systems_apart_four_times_in_five(metrics: int) -> None:
    """The lead is one and a half of its errors: that takes (2.8 / 1.5)^2 times as many."""
    rng = np.random.default_rng(metrics)
    needs = Needs(prefer=METRICS[:metrics])
    truth = np.array([[50.0] * metrics, [51.5 * 1.0] * metrics])
    error = 1 / np.sqrt(2) * np.sqrt(metrics)  # of two equal weights the errors average
    exact = Draws(
        ("a", "b"),
        METRICS[:metrics],
        truth,
        truth + rng.normal(0.0, error, (20_000, *truth.shape)),
    )
    weights = weightings(needs, exact.metrics, 1)
    found = to_tell_apart(exact, "a", "b", weights, 1_000)
    assert found.questions is not None
    times = found.questions / 1_000
    if metrics == 1:
        assert times == pytest.approx((2.80 / 1.5) ** 2, rel=0.05)
    told = 0
    for seed in range(100):
        more = drawn(truth, error / np.sqrt(times), rng)
        told += choose([more], needs, ("a", "b"), seed=seed).system == "a"
    assert 60 <= told <= 95


def test_equals_and_bounds_that_no_number_shows_say_so() -> None:
    none = rate(np.zeros(50), np.arange(50))
    (found,) = to_measure([undecided(none, "stale_rate", 0.0)], (), 50)
    assert (found.questions, "rate of exactly 0%" in found.words) == (None, True)
    level = np.full((2, 1), 50.0)
    values = np.random.default_rng(1).normal(50.0, 1.0, (100, 2, 1))
    equals = Draws(("a", "b"), METRICS[:1], level, values)
    apart = to_tell_apart(equals, "a", "b", np.ones((1, 1)), 50)
    assert (apart.questions, apart.words.endswith("too near for any number to tell")) == (
        None,
        True,
    )
    few = to_tell_apart(
        Draws(("a", "b"), METRICS[:1], level, values[:0]), "a", "b", np.ones((1, 1)), 4
    )
    assert "at least 6 groups" in few.words
