from __future__ import annotations

import numpy as np
import pytest

from harness.decision.draws import Draws
from harness.decision.pareto import pareto

METRICS = ("right_rate", "latency_p95")


def planted(points: list[list[float]], spread: float = 0.0, draws: int = 4000) -> Draws:
    centre = np.array(points)
    noise = np.random.default_rng(1).normal(0, 1, (draws, *centre.shape)) * centre * spread
    names = tuple("abcd"[: len(points)])
    return Draws(names, METRICS, centre, centre + noise)


def test_what_is_slower_and_less_right_is_off_the_front_and_its_better_is_named() -> None:
    found = pareto(planted([[0.9, 0.1], [0.7, 0.2], [0.95, 0.4]]))
    assert found.front == ("a", "c")
    assert found.dominated == (("b", "a"),)
    assert found.probability[0][1] == 1.0
    assert found.probability[0][2] == found.probability[2][0] == 0.0


def test_a_difference_that_does_not_matter_does_not_save_what_is_worse_otherwise() -> None:
    found = pareto(planted([[0.9, 0.1], [0.905, 0.2]]))
    assert found.dominated == (("b", "a"),)


def test_twins_dominate_neither_way() -> None:
    found = pareto(planted([[0.9, 0.1], [0.9, 0.1]]))
    assert found.front == ("a", "b")
    assert found.dominated == ()


def test_dominance_in_doubt_has_a_probability_and_excludes_nobody() -> None:
    # With no noise in the rest, b dominates where its rate is above by more than a point.
    centre = np.array([[0.8, 0.1], [0.81, 0.1]])
    values = np.repeat(centre[None], 20_000, axis=0)
    values[:, 1, 0] += np.random.default_rng(1).normal(0, 0.02, len(values))
    found = pareto(Draws(("a", "b"), METRICS, centre, values))
    assert found.dominated == ()
    assert found.probability[1][0] == pytest.approx(0.5, abs=0.02)
    assert found.probability[0][1] == pytest.approx(0.1587, abs=0.02)  # two points below: one sigma
