"""How late the runner's own event loop is, while it asks."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Self

__all__ = ["LagMeter", "LoopLag"]

_PERIOD: Final = 0.05


@dataclass(frozen=True, slots=True)
class LoopLag:
    """By how many seconds wake-ups of the loop came late in one session: median, p99, the worst.

    `systems` are those that were asked from the loop, whose times have its lag in them; workers
    measure their own.
    """

    systems: tuple[str, ...]
    ticks: int
    p50: float
    p99: float
    worst: float


class LagMeter:
    """Notes every `period` seconds, while the context lasts, how late it is woken; may be entered again.

    Wake-ups are due at fixed moments, whatever became of earlier ones: a loop that is blocked for a
    second is late for each of those in it, so that the meter itself omits nothing.
    """

    def __init__(self, period: float = _PERIOD) -> None:
        self._period = period
        self._late: list[float] = []
        self._due = 0.0
        self._next: asyncio.TimerHandle | None = None

    def __enter__(self) -> Self:
        self._wake_at(asyncio.get_running_loop().time() + self._period)
        return self

    def __exit__(self, *_: object) -> None:
        if self._next is not None:
            self._next.cancel()

    def lag(self, systems: Sequence[str]) -> LoopLag | None:
        """What was noted so far; None where the time was too short for that."""
        if not self._late:
            return None
        late = sorted(self._late)
        return LoopLag(tuple(systems), len(late), _ranked(late, 0.5), _ranked(late, 0.99), late[-1])

    def _wake_at(self, due: float) -> None:
        self._due = due
        self._next = asyncio.get_running_loop().call_at(due, self._wake)

    def _wake(self) -> None:
        self._late.append(max(0.0, asyncio.get_running_loop().time() - self._due))
        self._wake_at(self._due + self._period)


def _ranked(ordered: Sequence[float], q: float) -> float:
    return ordered[math.ceil(q * len(ordered)) - 1]
