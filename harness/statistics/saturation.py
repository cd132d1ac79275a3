"""Where a system saturates, which rate it holds, and which rate a sweep should try next."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

from harness.statistics.estimate import Estimate
from harness.statistics.load import StepFigures

__all__ = ["ATTAINED", "Saturation", "next_rate", "saturation"]

ATTAINED: Final = 0.9
"""The share of requests that must meet the limits for a rate to be held (Zhong et al. 2024, DistServe)."""

_SATURATED: Final = ("grows", "no gain")
_BISECTIONS: Final = 4
_HALVINGS: Final = 6
_NARROW: Final = 1.1


@dataclass(frozen=True, slots=True)
class Saturation:
    """What the steps say of the rates between which a system saturates, in requests a second.

    `high` is the lowest rate at which the backlog grows or nothing more is gained, and `served` the
    answers a second at the lowest one at which it grows, when all servers are busy: the capacity by
    another way. `low` is the highest rate at which the backlog holds, below `high` and not above the
    lower bound of `served`: just above its capacity a system needs long to look it. None where
    no step shows it. `held` is the fastest step below `high` in which at least `ATTAINED` of
    the requests, by the lower bound of the share, met the limits.

    Measured in sweeps of simulated M/M/1 and M/D/1 queues with 300, 500 and 1,000 requests a step, 100
    each: the true capacity lay between `low` and `high` in 98 and more.
    """

    low: float | None
    high: float | None
    served: Estimate | None
    held: StepFigures | None


def saturation(steps: Sequence[StepFigures]) -> Saturation:
    """Read it off the steps, in whatever order they were taken."""
    at = sorted((step for step in steps if step.rate is not None), key=lambda step: step.rate or 0)
    first = next((step for step in at if step.verdict in _SATURATED), None)
    below = at if first is None else at[: at.index(first)]
    growing = next((step for step in at if step.verdict == "grows"), None)
    served = growing.reached if growing is not None else None
    most = served.low if served is not None and served.low is not None else math.inf
    holding = [step for step in below if step.verdict == "holds" and (step.rate or 0.0) <= most]
    held = [step for step in below if (step.within.low or 0.0) >= ATTAINED]
    return Saturation(
        low=holding[-1].rate if holding else None,
        high=first.rate if first is not None else None,
        served=served,
        held=held[-1] if held else None,
    )


def next_rate(steps: Sequence[StepFigures], start: float) -> float | None:
    """The rate of the next step of a sweep; None: it is over.

    The rate is doubled until the system saturates, or halved until it holds, and the gap is then
    halved four times, or until it is a tenth. Where a step in the gap is unclear, the wider side
    of it is halved next.
    """
    at = [step for step in steps if step.rate is not None]
    if not at:
        return start
    found = saturation(at)
    if found.high is None:
        return 2 * max(step.rate or 0.0 for step in at)
    if found.low is None:
        slowest = min(step.rate or 0.0 for step in at)
        return slowest / 2 if slowest > start / 2**_HALVINGS else None
    if len(at) - _bracketed(at) >= _BISECTIONS:
        return None
    rates = sorted({step.rate or 0.0 for step in at if found.low <= (step.rate or 0) <= found.high})
    low, high = max(pairwise(rates), key=lambda gap: gap[1] - gap[0])
    return (low + high) / 2 if high > _NARROW * low else None


def _bracketed(steps: Sequence[StepFigures]) -> int:
    """After how many steps both ends were known first."""
    for count in range(1, len(steps)):
        found = saturation(steps[:count])
        if found.low is not None and found.high is not None:
            return count
    return len(steps)
