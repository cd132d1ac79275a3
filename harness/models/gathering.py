"""Work that is asked for one by one and done together."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from typing import Generic, TypeVar

__all__ = ["Gatherer"]

_A = TypeVar("_A")
_B = TypeVar("_B")


class Gatherer(Generic[_A, _B]):
    """Hands `work` up to `most` items at once: those that tasks of one loop have asked for meanwhile.

    `work` computes in the calling thread and gives one result an item; what it raises, each of them
    is told. Who asks alone waits for nobody.
    """

    def __init__(self, work: Callable[[Sequence[_A]], Sequence[_B]], most: int) -> None:
        self._work = work
        self._most = most
        self._waiting: list[tuple[_A, asyncio.Future[_B]]] = []

    async def result(self, item: _A) -> _B:
        """What `work` makes of the item."""
        if self._most == 1:
            return self._work([item])[0]
        loop = asyncio.get_running_loop()
        future: asyncio.Future[_B] = loop.create_future()
        self._waiting.append((item, future))
        if len(self._waiting) == 1:
            loop.call_soon(self._do)  # behind all tasks that are ready to ask now
        return await future

    def _do(self) -> None:
        self._waiting = [(item, future) for item, future in self._waiting if not future.done()]
        now, self._waiting = self._waiting[: self._most], self._waiting[self._most :]
        if not now:
            return
        if self._waiting:
            asyncio.get_running_loop().call_soon(self._do)
        try:
            results = self._work([item for item, _ in now])
        except Exception as error:  # noqa: BLE001  (whoever asked is told)
            for _, future in now:
                future.set_exception(error)
        else:
            for (_, future), result in zip(now, results, strict=True):
                future.set_result(result)
