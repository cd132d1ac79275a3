from __future__ import annotations

import random
from itertools import islice, pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from queueing import ASKED
from scipy import stats

from harness.errors import ConfigError
from harness.running.load.arrivals import arrival_times, checked_arrivals, endless


def first(n: int, arrivals: str, rate: float, seed: int = 1) -> list[float]:
    kind = checked_arrivals(arrivals)
    return list(islice(arrival_times(kind, rate, random.Random(seed)), n))


def test_poisson_arrivals_have_independent_exponential_gaps() -> None:
    times = first(5000, "poisson", 4.0)
    gaps = np.diff([0.0, *times])
    assert stats.kstest(gaps, "expon", args=(0, 1 / 4.0)).pvalue > 0.01
    assert abs(np.corrcoef(gaps[:-1], gaps[1:])[0, 1]) < 0.05


@given(st.floats(0.01, 1000))
def test_constant_arrivals_do_not_drift(rate: float) -> None:
    times = first(1000, "constant", rate)
    assert times[0] == 0
    assert times[999] == pytest.approx(999 / rate, rel=1e-12)
    assert all(a < b for a, b in pairwise(times))


def test_the_seed_alone_decides() -> None:
    assert first(50, "poisson", 4.0, seed=7) == first(50, "poisson", 4.0, seed=7)
    assert first(50, "poisson", 4.0, seed=7) != first(50, "poisson", 4.0, seed=8)


def test_every_question_comes_once_before_any_comes_again() -> None:
    asked = [question.id for question in islice(endless(tuple(ASKED), random.Random(1)), 21)]
    every = {question.id for question in ASKED}
    assert [set(asked[i : i + 7]) for i in (0, 7, 14)] == [every] * 3
    assert asked[:7] != asked[7:14]


def test_an_unknown_kind_names_the_nearest() -> None:
    with pytest.raises(ConfigError, match="unknown arrivals 'poison': did you mean 'poisson'"):
        checked_arrivals("poison")
