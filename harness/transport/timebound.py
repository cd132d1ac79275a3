"""Bounds on the time of what a task does, which share one timer of their loop.

`asyncio.timeout` has a timer made and closed for each, which takes the processor longer than anything
else about a bound. Hardly any bound is ever reached: here the loop is asked for the first of them
alone, and for none anew while that one is ahead.
"""

from __future__ import annotations

import asyncio
import threading
from math import inf
from types import TracebackType
from typing import Self

__all__ = ["TimeBound"]


class TimeBound:
    """Raise `TimeoutError` when what is inside took so many seconds; None: never.

    As `asyncio.timeout`: the task is cancelled, and whoever else cancels it is obeyed. Times are the
    loop's.
    """

    __slots__ = ("_alarm", "_before", "_expired", "_seconds", "_task", "due")

    def __init__(self, seconds: float | None) -> None:
        self._seconds = inf if seconds is None else seconds
        self._expired = False
        self.due = inf

    def __enter__(self) -> Self:
        self._alarm = _alarm()
        task = asyncio.current_task(self._alarm.loop)
        if task is None:
            raise RuntimeError("a time is bound in a task only")
        self._task = task
        self._before = task.cancelling()
        self.restart()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._alarm.forget(self)
        if self._expired:
            alone = self._task.uncancel() <= self._before
            if alone and kind is asyncio.CancelledError:
                raise TimeoutError from error

    @property
    def expired(self) -> bool:
        """Whether the time is over."""
        return self._expired

    def restart(self) -> None:
        """Count the seconds from now."""
        self.move(self._alarm.loop.time() + self._seconds)

    def move(self, due: float) -> None:
        """Let the time be over at `due`, unless it is already; infinity: never."""
        self.due = due
        if not self._expired:
            self._alarm.watch(self)

    def expire(self) -> None:
        """The time is over."""
        self._expired = True
        self._task.cancel()


class _Alarm:
    """Goes off for each bound of one loop."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self.loop = loop
        self._bounds: set[TimeBound] = set()
        self._next = inf
        self._timer: asyncio.TimerHandle | None = None

    def watch(self, bound: TimeBound) -> None:
        self._bounds.add(bound)
        if bound.due < self._next:
            self._set(bound.due)

    def forget(self, bound: TimeBound) -> None:
        self._bounds.discard(bound)

    def _set(self, due: float) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self._next = due
        self._timer = self.loop.call_at(due, self._ring)

    def _ring(self) -> None:
        """The one that it was set for may have ended, or have been moved, long ago."""
        now = max(self.loop.time(), self._next)  # a loop may wake a little early
        self._next, self._timer = inf, None
        for bound in [bound for bound in self._bounds if bound.due <= now]:
            self._bounds.discard(bound)
            bound.expire()
        due = min((bound.due for bound in self._bounds), default=inf)
        if due < inf:
            self._set(due)


_here = threading.local()


def _alarm() -> _Alarm:
    """That of the running loop."""
    loop = asyncio.get_running_loop()
    found: _Alarm | None = getattr(_here, "alarm", None)
    if found is None or found.loop is not loop:
        found = _here.alarm = _Alarm(loop)
    return found
