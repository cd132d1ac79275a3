from __future__ import annotations

import numpy as np
import pytest
from statsmodels.stats.inter_rater import cohens_kappa as oracle

from harness.statistics.agreement import cohens_kappa


def rated(
    rng: np.random.Generator, groups: int, size: int, *, agree: float, alike: float
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Two raters of three categories who agree with that chance; in some groups on all units."""
    first = rng.integers(0, 3, size=(groups, size))
    other = rng.integers(0, 3, size=(groups, size))
    each = rng.random((groups, size)) < agree
    whole = np.repeat(rng.random((groups, 1)) < agree, size, axis=1)
    same = np.where(rng.random((groups, 1)) < alike, whole, each)
    second = np.where(same, first, other)
    return first.ravel(), second.ravel(), np.repeat(np.arange(groups), size)


def test_the_value_and_the_interval_of_independent_units_are_those_of_statsmodels() -> None:
    first, second, _ = rated(np.random.default_rng(1), 1500, 1, agree=0.8, alike=0)
    table = np.zeros((3, 3))
    np.add.at(table, (first, second), 1)
    expected = oracle(table)
    found = cohens_kappa(first, second, np.arange(1500))
    assert found.value == pytest.approx(expected.kappa)
    assert found.low == pytest.approx(expected.kappa_low, abs=0.002)
    assert found.high == pytest.approx(expected.kappa_upp, abs=0.002)
    assert (found.n, found.groups) == (1500, 1500)


@pytest.mark.parametrize("alike", [0.0, 0.6])
def test_the_interval_holds_the_planted_kappa(alike: float) -> None:
    held = 0
    for seed in range(300):
        first, second, groups = rated(np.random.default_rng(seed), 60, 8, agree=0.9, alike=alike)
        found = cohens_kappa(first, second, groups)
        assert found.low is not None
        assert found.high is not None
        held += found.low <= 0.9 <= found.high  # raters by chance: kappa is the share of agreeing
    assert held >= 0.915 * 300


def test_what_cannot_be_stated_is_unknown_with_its_reason() -> None:
    assert cohens_kappa([], [], []).method == "nothing was rated"
    assert cohens_kappa([1, 1], [1, 1], [0, 1]).method == "both raters used one category only"
    assert cohens_kappa([0, 1], [0, 1], [0, 0]).method == "one group only: no interval"
    assert cohens_kappa([0, 1], [0, 1], [0, 1]).method == "a category is in one group only"
