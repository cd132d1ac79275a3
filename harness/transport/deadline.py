"""A deadline that does not run while a call waits for its turn.

Whoever asks sets it around the whole answer; whoever makes a call wait on purpose, for a limit of
requests a minute or for a server that is down, pauses it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from math import inf
from types import TracebackType
from typing import Self

from harness.transport.timebound import TimeBound

__all__ = ["deadline", "paused"]

_RUNNING: ContextVar[TimeBound | None] = ContextVar("deadline", default=None)


class deadline(TimeBound):  # noqa: N801  (used as a function; a generator would cost three times as much)
    """Raise `TimeoutError` when what is inside took so many seconds, its pauses apart; None: never."""

    __slots__ = ("_token",)

    def __enter__(self) -> Self:
        super().__enter__()
        self._token = _RUNNING.set(self)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        _RUNNING.reset(self._token)
        super().__exit__(kind, error, trace)


@contextmanager
def paused() -> Iterator[None]:
    """The time in here does not count."""
    bound = _RUNNING.get()
    if bound is None or bound.expired:
        yield
        return
    due = bound.due
    loop = asyncio.get_running_loop()
    begin = loop.time()
    bound.move(inf)
    try:
        yield
    finally:
        bound.move(due + loop.time() - begin)
