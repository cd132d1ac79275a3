"""How late the client's own event loop is, while it asks."""

from __future__ import annotations

import asyncio
import contextlib
import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Self

__all__ = ["Lag", "LagMeter"]

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


class LagMeter:
    """Notes how late a ticker wakes while the context lasts.

    Ticks are due every 10 ms from the start, whatever became of earlier ones: a loop that is blocked
    for a second is late for each of the hundred ticks in it, so the meter itself omits nothing.
    """

    def __init__(self) -> None:
        self._late: list[float] = []
        self._ticker: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Self:
        self._ticker = asyncio.create_task(self._tick())
        return self

    async def __aexit__(self, *_: object) -> None:
        assert self._ticker is not None  # noqa: S101  (set on entering)
        self._ticker.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await self._ticker

    @property
    def lag(self) -> Lag:
        """What was noted so far."""
        if not self._late:
            return Lag()
        late = sorted(self._late)
        return Lag(len(late), _ranked(late, 0.5), _ranked(late, 0.99), late[-1])

    async def _tick(self) -> None:
        loop = asyncio.get_running_loop()
        due = loop.time()
        while True:
            due += _PERIOD
            await asyncio.sleep(due - loop.time())
            self._late.append(max(0.0, loop.time() - due))


def _ranked(ordered: Sequence[float], q: float) -> float:
    return ordered[math.ceil(q * len(ordered)) - 1]
