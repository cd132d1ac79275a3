"""Simulated queues as stored steps of a load test, computed at once (Lindley 1952), no loop needed.

They test the instrument and nothing else: no figure of a simulated queue says anything about a system.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from harness.running.load.lag import Lag
from harness.running.load.sample import Sample, Step


def times(
    n: int, rate: float, rng: np.random.Generator, *, service: str = "D", arrivals: str = "poisson"
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Arrivals, and the total times of n requests at one server that serves one a second on average.

    `service` is D (always the same) or M (exponential).
    """
    gaps = rng.exponential(1 / rate, n) if arrivals == "poisson" else np.full(n, 1 / rate)
    served = np.ones(n) if service == "D" else rng.exponential(1.0, n)
    waiting = np.zeros(n)
    for i in range(1, n):
        waiting[i] = max(0.0, waiting[i - 1] + served[i - 1] - gaps[i])
    return np.cumsum(gaps), waiting + served


def step(
    n: int,
    rate: float,
    rng: np.random.Generator,
    *,
    service: str = "D",
    arrivals: str = "poisson",
    number: int = 1,
) -> Step:
    """A step with a queue of capacity 1 a second."""
    arrived, totals = times(n + 1, rate, rng, service=service, arrivals=arrivals)
    return made_of(arrived[:n], totals[:n], rate, seconds=float(arrived[n]), number=number)


def made_of(
    arrived: NDArray[np.float64] | list[float],
    totals: NDArray[np.float64] | list[float],
    rate: float,
    *,
    seconds: float,
    number: int = 1,
    failures: dict[int, str] | None = None,
    lag: Lag | None = None,
) -> Step:
    """A step with these arrivals and total times; `failures` has the kind by position."""
    samples = tuple(
        Sample(
            number,
            i,
            f"q{i % 7}",
            float(at),
            0.0,
            float(total),
            failure=(failures or {}).get(i, ""),
        )
        for i, (at, total) in enumerate(zip(arrived, totals, strict=True))
    )
    return Step(number, "open", rate, "poisson", seconds, "", lag or Lag(), samples)
