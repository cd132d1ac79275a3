"""A server of a test, in a thread with a loop of its own, for the length of a block."""

from __future__ import annotations

import asyncio
import threading
from abc import ABC, abstractmethod
from concurrent.futures import Future
from typing import Self


class Threaded(ABC):
    """`serve` sets `url`, then the result of `started`, and ends once `stop` is set."""

    def __init__(self) -> None:
        self.url = ""
        self.started: Future[None] = Future()
        self.stop = asyncio.Event()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_until_complete, args=[self.serve()])

    def __enter__(self) -> Self:
        self._thread.start()
        self.started.result()
        return self

    def __exit__(self, *_: object) -> None:
        self._loop.call_soon_threadsafe(self.stop.set)
        self._thread.join()
        self._loop.close()

    @abstractmethod
    async def serve(self) -> None:
        """Serve until told to stop."""
