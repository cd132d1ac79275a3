"""SMAA against what can be worked out by hand: areas of the simplex, and chances of normal draws."""

from __future__ import annotations

import math
from statistics import NormalDist

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.decision.smaa import Smaa, smaa
from harness.decision.weights import draw_weights
from harness.errors import ConfigError

CRITERIA = ("a", "b", "c")


def analysed(worth: list[list[float]], count: int = 4_000, **said: object) -> Smaa:
    values = np.array([worth], dtype=float)
    weights = draw_weights(CRITERIA[: values.shape[2]], count=count, seed=3, **said)  # type: ignore[arg-type]
    return smaa(values, weights, seed=3)


@pytest.mark.parametrize("c", [0.25, 0.5, 1.0, 3.0])
def test_of_two_on_two_criteria_the_acceptability_is_a_ratio_of_lengths(c: float) -> None:
    """(1, 0) is worth w and (0, c) is worth c (1 - w): the first leads where w > c / (1 + c)."""
    found = analysed([[1, 0], [0, c]])
    assert found.acceptability[0] == pytest.approx([1 / (1 + c), c / (1 + c)], abs=0.03)
    assert found.central[0] == pytest.approx(
        [(c / (1 + c) + 1) / 2, 1 - (c / (1 + c) + 1) / 2], abs=0.01
    )


def test_a_compromise_leads_in_the_middle() -> None:
    """(t, t) leads where t > max(w, 1 - w), a length of 2 t - 1."""
    found = analysed([[1, 0], [0, 1], [0.7, 0.7]])
    assert found.acceptability[:, 0] == pytest.approx([0.3, 0.3, 0.4], abs=0.03)
    assert found.central[0] == pytest.approx([0.85, 0.15], abs=0.02)
    assert found.central[2] == pytest.approx([0.5, 0.5], abs=0.02)


def test_three_specialists_share_the_simplex() -> None:
    """Each leads where its weight is the largest of three, whose mean is (1 + 1/2 + 1/3) / 3."""
    found = analysed([[1, 0, 0], [0, 1, 0], [0, 0, 1]])
    assert found.acceptability == pytest.approx(np.full((3, 3), 1 / 3), abs=0.03)
    assert np.diag(found.central) == pytest.approx(np.full(3, 11 / 18), abs=0.02)
    assert found.confidence == pytest.approx(np.ones(3))


def test_what_is_beaten_on_everything_never_leads() -> None:
    found = analysed([[1, 1], [0.9, 0.8], [0.5, 0.9]])
    assert found.acceptability[:, 0] == pytest.approx([1, 0, 0])
    assert np.isnan(found.central[1]).all()
    assert found.confidence[1] == 0


@pytest.mark.parametrize("apart", [0.0, 0.5, 2.0])
def test_with_one_criterion_it_is_the_chance_that_one_draw_is_above_the_other(apart: float) -> None:
    rng = np.random.default_rng(5)
    values = rng.normal([[0.0], [apart]], 1.0, size=(40_000, 2, 1))
    found = smaa(values, np.ones((1, 1)), seed=5)
    chance = NormalDist().cdf(apart / math.sqrt(2))
    assert found.acceptability[1, 0] == pytest.approx(chance, abs=0.02)
    assert found.wins[1, 0, 0] == pytest.approx(chance, abs=0.02)
    assert found.confidence[1] == pytest.approx(chance, abs=0.02)


def test_equals_share_their_ranks() -> None:
    values = np.zeros((20_000, 2, 1))
    found = smaa(values, np.ones((1, 1)), seed=5)
    assert found.acceptability == pytest.approx(np.full((2, 2), 0.5), abs=0.03)
    assert found.wins == pytest.approx(np.full((2, 2, 1), 0.5))


@given(st.integers(2, 5), st.integers(1, 4), st.integers(0, 1000))
def test_shares_of_ranks_sum_to_one_both_ways(alternatives: int, criteria: int, seed: int) -> None:
    values = np.random.default_rng(seed).random((7, alternatives, criteria))
    weights = draw_weights("abcde"[:criteria], count=9, seed=seed)
    found = smaa(values, weights, seed=seed)
    assert found.acceptability.sum(axis=0) == pytest.approx(np.ones(alternatives))
    assert found.acceptability.sum(axis=1) == pytest.approx(np.ones(alternatives))
    assert (found.wins + found.wins.transpose(1, 0, 2)) == pytest.approx(np.ones_like(found.wins))


def test_an_order_of_three_has_the_rank_order_centroid() -> None:
    """Barron and Barrett (1996): (11/18, 5/18, 2/18)."""
    weights = draw_weights(CRITERIA, count=20_000, seed=1, order=("c", "a", "b"))
    assert weights.mean(axis=0) == pytest.approx([5 / 18, 2 / 18, 11 / 18], abs=0.005)
    assert (weights[:, 2] >= weights[:, 0]).all()
    assert (weights[:, 0] >= weights[:, 1]).all()


def test_without_anything_said_weights_are_uniform_on_the_simplex() -> None:
    weights = draw_weights(CRITERIA, count=20_000, seed=1)
    assert weights.sum(axis=1) == pytest.approx(np.ones(len(weights)))
    assert weights.mean(axis=0) == pytest.approx(np.full(3, 1 / 3), abs=0.02)
    # The chance that one weight is above t is (1 - t)^2.
    assert (weights[:, 0] > 0.5).mean() == pytest.approx(0.25, abs=0.03)


def test_bounds_and_an_order_hold_at_once() -> None:
    weights = draw_weights(
        CRITERIA, count=500, seed=1, order=("a", "b"), bounds={"b": (0.2, 0.4), "c": (0.1, 1.0)}
    )
    assert weights.shape == (500, 3)
    assert (weights[:, 0] >= weights[:, 1]).all()
    assert (weights[:, 1] >= 0.2).all()
    assert (weights[:, 1] <= 0.4).all()
    assert (weights[:, 2] >= 0.1).all()


def test_weights_that_cannot_sum_to_one_are_refused() -> None:
    with pytest.raises(ConfigError, match="no weighting that sums to 1"):
        draw_weights(("a", "b"), count=10, seed=1, bounds={"a": (0, 0.3), "b": (0, 0.3)})


def test_a_single_criterion_has_all_the_weight() -> None:
    weights = draw_weights(("a",), count=3, seed=1, bounds={"a": (0.2, 0.4)})
    assert weights.tolist() == [[1.0]] * 3


# The parameters of a beta distribution of each outcome's rate with heparin and with enoxaparin, and the range
# over which its worth falls linearly from 1 to 0. They are the events, and the patients without one and one more,
# of the trial of Geerts et al. (1996), N. Engl. J. Med. 335, 701: 20 of 136 and 8 of 129 had a proximal thrombosis.
TRIAL = (
    ((20, 117), (8, 122), (0.0, 0.25)),  # proximal thrombosis
    ((40, 97), (32, 98), (0.15, 0.4)),  # distal thrombosis
    ((1, 136), (5, 125), (0.0, 0.1)),  # bleeding
)
FIXED = (0.5, 0.2, 0.3)


def test_a_published_benefit_risk_analysis_comes_out_as_published() -> None:
    """Heparin or enoxaparin: the example of the R package `smaa` (van Valkenhoef), on CRAN.

    Expected is what that package prints for it, as its own tests keep it (`smaa-Ex.Rout.save` in
    github.com/gertvv/rsmaa). Its 10,000 draws of the measurements are its own; that ours are like them
    is read off their agreement, to two hundredths, in all eleven figures.
    """
    rng = np.random.default_rng(11)
    values = np.empty((4_000, 2, 3))
    for place, (*drugs, (low, high)) in enumerate(TRIAL):
        for drug, (events, others) in enumerate(drugs):
            values[:, drug, place] = (high - rng.beta(events, others, 4_000)) / (high - low)
    found = smaa(values, draw_weights(CRITERIA, count=2_000, seed=11), seed=11)
    assert found.acceptability == pytest.approx(
        np.array([[0.3504, 0.6496], [0.6496, 0.3504]]), abs=0.02
    )
    assert found.central[0] == pytest.approx([0.1865, 0.2772, 0.5363], abs=0.02)
    assert found.central[1] == pytest.approx([0.4073, 0.3641, 0.2285], abs=0.02)
    assert found.confidence == pytest.approx([0.6682, 0.8956], abs=0.025)
    fixed = smaa(values, np.array([FIXED]), seed=11)
    assert fixed.acceptability[0] == pytest.approx([0.1279, 0.8721], abs=0.02)


@given(st.integers(2, 4), st.integers(1, 3), st.integers(0, 1000))
def test_every_index_is_what_its_definition_counts(
    alternatives: int, criteria: int, seed: int
) -> None:
    """Lahdelma and Salminen (2001), equations 7 to 9, counted one draw and one weighting at a time."""
    rng = np.random.default_rng(seed)
    values, weights = rng.random((5, alternatives, criteria)), rng.dirichlet(np.ones(criteria), 6)
    found = smaa(values, weights, seed=seed)
    counted = np.zeros((alternatives, alternatives))
    centre = [[] for _ in range(alternatives)]  # type: list[list[np.ndarray]]
    for draw in values:
        for weighting in weights:
            worth = [float(row @ weighting) for row in draw]
            for one in range(alternatives):
                rank = sum(other > worth[one] for other in worth)
                counted[one, rank] += 1
                if rank == 0:
                    centre[one].append(weighting)
    assert found.acceptability == pytest.approx(counted / 30)
    for one, firsts in enumerate(centre):
        if not firsts:
            assert np.isnan(found.central[one]).all()
            continue
        central = np.mean(firsts, axis=0)
        assert found.central[one] == pytest.approx(central)
        with_it = [
            max(range(alternatives), key=lambda a, d=draw: d[a] @ central) for draw in values
        ]
        assert found.confidence[one] == pytest.approx(with_it.count(one) / 5)
