"""Looking after every group costs nothing: the confidence sequence holds at all times at once."""

from __future__ import annotations

import numpy as np
import pytest

from harness.statistics.sequential import sequence_against

RUNS = 200
GROUPS = 300


def groups(rng: np.random.Generator, rate: float, other: float | None) -> tuple[np.ndarray, ...]:
    """Sums and sizes of groups of one to three that are alike; a difference where there is another."""
    sizes = rng.integers(1, 4, GROUPS)

    def right(p: float) -> np.ndarray:
        return rng.binomial(sizes, rng.beta(2 * p, 2 * (1 - p), GROUPS)).astype(float)

    sums = right(rate) if other is None else right(rate) - right(other)
    return sums, sizes.astype(float)


@pytest.mark.parametrize(("rate", "other"), [(0.8, None), (0.05, None), (0.8, 0.8), (0.9, 0.8)])
def test_the_truth_is_hardly_ever_left_out_at_any_time(rate: float, other: float | None) -> None:
    """p-values are of the most extreme time, so that one look at the end is a look after each group."""
    rng = np.random.default_rng(4)
    truth, low = (rate, 0.0) if other is None else (rate - other, -1.0)
    wrong = 0
    for _ in range(RUNS):
        found = sequence_against(*groups(rng, rate, other), truth, low=low, largest=3)
        assert found.p_above is not None
        assert found.p_below is not None
        wrong += min(found.p_above, found.p_below) <= 0.025
    assert wrong / RUNS <= 0.05


def test_fixed_intervals_would_be_left_more_often() -> None:
    """Why it takes a sequence: the usual interval, looked at after every ten groups."""
    rng = np.random.default_rng(4)
    left = 0
    for _ in range(RUNS):
        sums, _ = groups(rng, 0.5, None)
        sizes = np.ones(GROUPS)
        sums = (rng.random(GROUPS) < 0.5).astype(float)
        n = np.cumsum(sizes)[20::10]
        means = np.cumsum(sums)[20::10] / n
        left += bool((np.abs(means - 0.5) > 1.96 * np.sqrt(0.25 / n)).any())
    assert left / RUNS > 0.1


def test_more_groups_narrow_it_and_the_ends_agree_with_the_p_values() -> None:
    sums, sizes = groups(np.random.default_rng(1), 0.8, 0.7)
    widths = []
    for count in (20, 100, 300):
        found = sequence_against(sums[:count], sizes[:count], 0.0, low=-1, largest=3).estimate
        assert found.low is not None
        assert found.high is not None
        widths.append(found.high - found.low)
        for end, side in ((found.low, "p_above"), (found.high, "p_below")):
            at_end = sequence_against(sums[:count], sizes[:count], end, low=-1, largest=3)
            assert getattr(at_end, side) == pytest.approx(0.025, rel=0.01)
    assert widths == sorted(widths, reverse=True)


def test_nothing_asked_is_unknown() -> None:
    empty = np.array([])
    assert sequence_against(empty, empty, 0.5, low=0, largest=3).estimate.value is None
