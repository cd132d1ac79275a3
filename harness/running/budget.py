"""A bound on what a run may spend on answers: it stops before one that may not fit."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any, Final, Protocol

__all__ = ["Budget", "Paid"]

_ROUNDING: Final = 1e-9  # of sums of many small prices


class Paid(Protocol):
    """What is paid for: a record, or a judge's verdict."""

    @property
    def cached(self) -> bool:
        """Whether it cost nothing this time."""
        ...


class Budget:
    """US dollars, of which `spent` are gone already; `cost` prices a record, None where it cannot.

    Nobody knows what an answer will cost: each counts as the dearest so far until it has come, and
    until the first has come, it is asked alone. So the bound is exceeded only by an answer dearer
    than all before it, and by no more than that.
    """

    def __init__(self, usd: float, cost: Callable[[Any], float | None], spent: float = 0.0) -> None:
        self.usd = usd
        self.spent = spent
        self._cost = cost
        self._dearest: float | None = None
        self._in_flight = 0
        self._changed = asyncio.Event()

    @property
    def dearest(self) -> float:
        """What the dearest answer of this session has cost."""
        return self._dearest or 0.0

    async def admit(self) -> bool:
        """Wait until it is known whether one more answer fits; True: it may be asked."""
        while not self._fits():
            if not self._in_flight:
                return False
            self._changed.clear()
            await self._changed.wait()
        self._in_flight += 1
        return True

    def settle(self, record: Paid | None) -> None:
        """An answer that was admitted has come, and been paid for unless it was cached; or it has not."""
        self._in_flight -= 1
        if record is not None and not record.cached:
            usd = self._cost(record)
            # One whose cost is not known, as a failure's, may have cost as much as any.
            paid = self.dearest if usd is None else usd
            self.spent += paid
            self._dearest = max(self.dearest, paid)
        self._changed.set()

    def _fits(self) -> bool:
        if self._dearest is None:
            return not self._in_flight and self.spent < self.usd
        expected = self.spent + (self._in_flight + 1) * self._dearest
        return expected <= self.usd * (1 + _ROUNDING)
