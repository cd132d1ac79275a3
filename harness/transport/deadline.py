"""A deadline that does not run while a call waits for its turn.

Whoever asks sets it around the whole answer; whoever makes a call wait on purpose, for a limit of
requests a minute or for a server that is down, pauses it.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from contextvars import ContextVar

__all__ = ["deadline", "paused"]

_RUNNING: ContextVar[asyncio.Timeout | None] = ContextVar("deadline", default=None)


@asynccontextmanager
async def deadline(seconds: float | None) -> AsyncIterator[None]:
    """Raise `TimeoutError` when what is inside took so long, its pauses apart; None: never."""
    async with asyncio.timeout(seconds) as timeout:
        token = _RUNNING.set(timeout)
        try:
            yield
        finally:
            _RUNNING.reset(token)


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
