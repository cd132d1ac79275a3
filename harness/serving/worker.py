"""One thread that computes, so that the event loop can go on answering."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

__all__ = ["Task", "Worker"]

T = TypeVar("T")
Task = Callable[[Callable[[str], None]], T]
"""Computes, tells each piece of text to what it is given, and returns what all amounts to."""


class Worker:
    """Runs one task at a time; the others wait in line."""

    def __init__(self) -> None:
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="lab")

    async def run(self, task: Task[T], deliver: Callable[[str], Awaitable[None]]) -> T:
        """What the task returns; each of its pieces is delivered while it goes on.

        Raises what the task raises. If this is cancelled, since nobody listens any more, or what
        `deliver` does fails, the task ends at its next piece, and does not begin if it has not yet.
        """
        loop = asyncio.get_running_loop()
        pieces: asyncio.Queue[str | None] = asyncio.Queue()
        abandoned = threading.Event()

        def tell(piece: str) -> None:
            if abandoned.is_set():
                raise _AbandonedError
            loop.call_soon_threadsafe(pieces.put_nowait, piece)

        def compute() -> T:
            try:
                return task(tell)
            finally:
                loop.call_soon_threadsafe(pieces.put_nowait, None)

        job = self._thread.submit(compute)
        try:
            while (piece := await pieces.get()) is not None:
                await deliver(piece)
            return await asyncio.wrap_future(job)
        finally:
            abandoned.set()
            job.cancel()

    def close(self) -> None:
        """Wait for the task that runs; it is to be abandoned first."""
        self._thread.shutdown(cancel_futures=True)


class _AbandonedError(Exception):
    """Ends a task whose result nobody waits for."""
