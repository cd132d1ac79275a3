"""How late the client's own event loop is, while it asks."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from harness.running.lag import LagMeter

__all__ = ["Lag", "lag_meter", "noted"]

_PERIOD: Final = 0.01


@dataclass(frozen=True, slots=True)
class Lag:
    """By how many seconds wake-ups of the event loop came late: median, p99 and the worst.

    None where there was no wake-up to look at.
    """

    ticks: int = 0
    p50: float | None = None
    p99: float | None = None
    worst: float | None = None


def lag_meter() -> LagMeter:
    """One that looks five times as often as a run's: a step is short."""
    return LagMeter(_PERIOD)


def noted(meter: LagMeter) -> Lag:
    """What was noted so far."""
    found = meter.lag(())
    return Lag() if found is None else Lag(found.ticks, found.p50, found.p99, found.worst)
