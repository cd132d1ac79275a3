"""A deadline that does not run while a call waits for its turn.

Whoever asks sets it around the whole answer; whoever makes a call wait on purpose, for a limit of
requests a minute or for a server that is down, pauses it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from types import TracebackType

__all__ = ["deadline", "paused"]

_RUNNING: ContextVar[asyncio.Timeout | None] = ContextVar("deadline", default=None)


class deadline:  # noqa: N801  (used as a function; a generator would cost three times as much)
    """Raise `TimeoutError` when what is inside took so many seconds, its pauses apart; None: never."""

    def __init__(self, seconds: float | None) -> None:
        self._timeout = asyncio.timeout(seconds)

    async def __aenter__(self) -> None:
        await self._timeout.__aenter__()
        self._token = _RUNNING.set(self._timeout)

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        _RUNNING.reset(self._token)
        await self._timeout.__aexit__(kind, error, trace)


@contextmanager
def paused() -> Iterator[None]:
    """The time in here does not count."""
    timeout = _RUNNING.get()
    when = timeout.when() if timeout is not None else None
    if timeout is None or when is None or timeout.expired():
        yield
        return
    loop = asyncio.get_running_loop()
    begin = loop.time()
    timeout.reschedule(None)
    try:
        yield
    finally:
        timeout.reschedule(when + loop.time() - begin)
