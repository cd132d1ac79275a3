"""Where requests are served: in worker processes behind one queue, or in the event loop, at once."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from datetime import date
from functools import partial
from typing import IO, Protocol

from harness.errors import RunError
from harness.running.arms import Arm, ask, build, failed
from harness.running.workers import Seat
from harness.systems.base import Answer, Preparation, System
from harness.transport.deadline import deadline
from harness.world.questions import Question

__all__ = ["LoopServers", "Serve", "Servers", "WorkerServers", "make_servers"]

Serve = Callable[[Question], Awaitable[Answer]]


class Servers(Protocol):
    """One system, prepared for one day, as whoever asks it meets it."""

    async def make(self) -> Mapping[str, str]:
        """Make the system; its fingerprints are returned."""
        ...

    async def prepare(self, day: date) -> Preparation:
        """Bring it up to date; once, before the first turn."""
        ...

    def turn(self) -> AbstractAsyncContextManager[Serve]:
        """Wait for a free server, first come, first served, and hold it; it answers one question."""
        ...

    async def close(self) -> None:
        """Release what the system holds."""
        ...

    async def kill(self) -> None:
        """End it at once."""
        ...


def make_servers(
    arm: Arm,
    *,
    workers: int,
    in_flight: int,
    deadline: float | None,
    log: IO[bytes],
    note: Callable[[str], None],
) -> Servers:
    """The servers of an arm, in its place; `note` is told when a worker died and was replaced."""
    if arm.place == "worker":
        return WorkerServers(arm, [Seat([arm], log, note) for _ in range(workers)], deadline)
    return LoopServers(arm, in_flight, deadline)


class LoopServers:
    """A system that waits for something else: every request is its at once, nothing queues here.

    What it does in threads gets one for each of the `in_flight` requests: a smaller pool would be a
    queue that nobody sees.
    """

    def __init__(self, arm: Arm, in_flight: int, seconds: float | None) -> None:
        self._arm = arm
        self._in_flight = in_flight
        self._deadline = seconds
        self._system: System | None = None
        self._day = date.min

    async def make(self) -> Mapping[str, str]:
        """Make the system in this process."""
        threads = ThreadPoolExecutor(self._in_flight, thread_name_prefix="harness-load")
        asyncio.get_running_loop().set_default_executor(threads)
        self._system = build(self._arm)
        return self._system.fingerprint()

    async def prepare(self, day: date) -> Preparation:
        """Raises `RunError` where that does not succeed."""
        self._day = day
        try:
            return await self._made.prepare(day)
        except Exception as error:
            raise RunError(
                f"system {self._arm.name!r} cannot be prepared for {day}: {error}"
            ) from error

    @asynccontextmanager
    async def turn(self) -> AsyncIterator[Serve]:
        """Never waits."""
        yield self._answer

    async def close(self) -> None:
        """Close the system."""
        system, self._system = self._made, None
        await system.close()

    async def kill(self) -> None:
        """Close it, unless it is closed; what was in flight has been cancelled."""
        if self._system is not None:
            await self.close()

    @property
    def _made(self) -> System:
        assert self._system is not None, "make comes first"  # noqa: S101
        return self._system

    async def _answer(self, question: Question) -> Answer:
        try:
            with deadline(self._deadline):
                return await ask(self._made, question, self._day)
        except TimeoutError:
            return failed("timeout", f"no answer in {self._deadline:g} s", self._deadline or 0.0)


class WorkerServers:
    """Worker processes that serve one queue, each one question at a time."""

    def __init__(self, arm: Arm, seats: Sequence[Seat], deadline: float | None) -> None:
        self._name = arm.name
        self._deadline = deadline
        self._seats = tuple(seats)
        self._idle = deque(seats)
        self._free = asyncio.Semaphore(len(seats))  # whoever comes late never overtakes
        self._day = date.min

    async def make(self) -> Mapping[str, str]:
        """Start the processes."""
        fingerprints, *_ = await asyncio.gather(*(seat.fill() for seat in self._seats))
        return fingerprints[self._name]

    async def prepare(self, day: date) -> Preparation:
        """In the first process, whose times are kept; the others find what it has made."""
        self._day = day
        first, *others = self._seats
        preparation = await first.prepare(self._name, day)
        await asyncio.gather(*(seat.prepare(self._name, day) for seat in others))
        return preparation

    @asynccontextmanager
    async def turn(self) -> AsyncIterator[Serve]:
        """Wait until a process is free."""
        async with self._free:
            seat = self._idle.popleft()
            try:
                yield partial(self._answer, seat)
            finally:
                self._idle.append(seat)

    async def close(self) -> None:
        """End the processes in good order."""
        await asyncio.gather(*(seat.close() for seat in self._seats))

    async def kill(self) -> None:
        """End the processes at once."""
        await asyncio.gather(*(seat.kill() for seat in self._seats))

    async def _answer(self, seat: Seat, question: Question) -> Answer:
        return await seat.answer(self._name, question, self._day, self._deadline)
