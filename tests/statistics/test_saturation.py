from __future__ import annotations

import numpy as np
import pytest
import queues

from harness.running.load.sample import Step
from harness.scoring.limits import LatencyLimits
from harness.statistics.load import figures
from harness.statistics.saturation import Saturation, next_rate, saturation

NO_LIMITS = LatencyLimits()


def sweep(
    seed: int,
    *,
    service: str = "D",
    requests: int = 400,
    start: float = 0.3,
    arrivals: str = "poisson",
) -> tuple[Saturation, list[float]]:
    """A whole sweep of a server whose capacity is 1 a second: what is found, and the rates asked."""
    rng = np.random.default_rng(seed)
    steps: list[Step] = []
    while True:
        found = figures(steps, NO_LIMITS, seed=1)
        rate = next_rate(found, start)
        if rate is None:
            return saturation(found), [step.rate or 0.0 for step in steps]
        steps.append(
            queues.step(requests, rate, rng, service=service, arrivals=arrivals, number=len(steps))
        )


@pytest.mark.parametrize("service", ["D", "M"])
def test_sweeps_hold_the_true_capacity_between_their_ends(service: str) -> None:
    found = [sweep(seed, service=service)[0] for seed in range(25)]
    held = [s.low is not None and s.high is not None and s.low <= 1 <= s.high for s in found]
    assert sum(held) >= 23
    served = [s.served for s in found if s.served is not None and s.served.low is not None]
    covered = [s.low <= 1 <= s.high for s in served if s.low is not None and s.high is not None]
    assert sum(covered) >= 20


def test_an_even_pace_at_an_even_server_finds_the_capacity_to_a_tenth() -> None:
    found, rates = sweep(1, arrivals="constant")
    assert found.low is not None
    assert found.high is not None
    assert found.low <= 1 <= found.high <= 1.2 * found.low
    assert rates[:3] == [0.3, 0.6, 1.2]


def test_a_start_above_the_capacity_goes_down_first() -> None:
    found, rates = sweep(2, start=5.0)
    assert rates[:3] == [5.0, 2.5, 1.25]
    assert found.low is not None
    assert found.low <= 1


def test_rates_that_all_hold_have_no_saturation() -> None:
    rng = np.random.default_rng(3)
    steps = [queues.step(500, rate, rng) for rate in (0.4, 0.2)]
    found = saturation(figures(steps, LatencyLimits(total=20.0), seed=1))
    assert (found.low, found.high, found.served) == (0.4, None, None)
    assert found.held is not None
    assert found.held.rate == 0.4


def test_a_rate_is_held_only_where_the_whole_interval_is_good_enough() -> None:
    rng = np.random.default_rng(4)
    steps = [queues.step(1000, 0.3, rng), queues.step(1000, 0.6, rng, number=2)]
    held = saturation(figures(steps, LatencyLimits(total=2.6), seed=1)).held
    assert held is not None  # 99 % of 0.3 a second are within the limit, of 0.6 about 85 %
    assert held.rate == 0.3
    assert saturation(figures(steps, LatencyLimits(total=0.9), seed=1)).held is None
