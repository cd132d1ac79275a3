"""The systems of a run where they answer, in workers and in this loop: made, and brought to a day."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import date

from harness.errors import RunError
from harness.running.arms import Arm, ask, build
from harness.running.fingerprints import differences
from harness.running.folder import RunFolder
from harness.running.workers import Seat
from harness.systems.base import Answer, Preparation, System
from harness.world.questions import Question

__all__ = ["Roster"]

_MOST_THREADS = 256
_SPARE_THREADS = 4


class Roster:
    """Systems that must be what the manifest in `folder` says; what it does not say yet is kept there.

    Each of the `seats` is a worker with every arm of place `worker`; the others are in this loop.
    """

    def __init__(self, folder: RunFolder, arms: Sequence[Arm], seats: Sequence[Seat]) -> None:
        self._folder = folder
        self.arms = arms
        self.seats = seats
        self._systems: dict[str, System] = {}

    async def make(self) -> None:
        """Make every system; raises `RunError` where that fails, or one is not what it was."""
        self._size_threads()
        fingerprints: dict[str, Mapping[str, str]] = {}
        if self.seats:
            fingerprints.update(await self.seats[0].fill())
        for arm in self._in_loop:
            self._systems[arm.name] = build(arm)
            fingerprints[arm.name] = self._systems[arm.name].fingerprint()
        systems = []
        for system in self._folder.manifest.systems:
            now = fingerprints.get(system.name, system.fingerprints)
            if system.fingerprints and (changed := differences(system.fingerprints, now)):
                raise RunError(f"system {system.name!r} is not what it was: {', '.join(changed)}")
            systems.append(replace(system, fingerprints=dict(now)))
        self._folder.update(systems=tuple(systems))
        await asyncio.gather(*(seat.fill() for seat in self.seats[1:]))

    async def prepare(self, arm: Arm, day: date) -> None:
        """Bring a system up to date, alone, and keep what that took, unless it was done before.

        Raises:
            RunError: it cannot be, or is not what it was.
        """
        if arm.place == "worker":
            preparation = await self.seats[0].prepare(arm.name, day)
        else:
            preparation = await self._prepare_in_loop(arm.name, day)
        known = {before.day for before in self._folder.manifest.preparations.get(arm.name, ())}
        if day in known:
            self._check(arm.name, preparation)
        else:
            self._folder.add_preparation(arm.name, preparation)

    async def follow(self, day: date) -> None:
        """Have the other workers take what the first has prepared; raises `RunError` as `prepare`."""
        await asyncio.gather(*(self._follow(seat, day) for seat in self.seats[1:]))

    async def ask(self, system: str, question: Question, day: date) -> Answer:
        """The answer of a system in this loop; raises `TargetError`."""
        return await ask(self._systems[system], question, day)

    async def retire(self) -> None:
        """Let the workers end; nothing is asked any more."""
        await asyncio.gather(*(seat.close() for seat in self.seats))

    async def close(self) -> None:
        """End workers that have not, and close the systems of this loop."""
        for seat in self.seats:
            await seat.kill()
        for system in self._systems.values():
            await system.close()

    @property
    def _in_loop(self) -> list[Arm]:
        return [arm for arm in self.arms if arm.place == "loop"]

    def _size_threads(self) -> None:
        """As many threads as calls that may be in flight: functions and searches wait in them."""
        places = sum(arm.target.limits.concurrency for arm in self._in_loop if arm.target)
        pool = ThreadPoolExecutor(min(_MOST_THREADS, places + _SPARE_THREADS), "harness")
        asyncio.get_running_loop().set_default_executor(pool)

    async def _prepare_in_loop(self, name: str, day: date) -> Preparation:
        try:
            return await self._systems[name].prepare(day)
        except Exception as error:
            raise RunError(f"system {name!r} cannot be prepared for {day}: {error}") from error

    async def _follow(self, seat: Seat, day: date) -> None:
        for arm in self.arms:
            if arm.place == "worker":
                self._check(arm.name, await seat.prepare(arm.name, day))

    def _check(self, name: str, preparation: Preparation) -> None:
        for before in self._folder.manifest.preparations[name]:
            changed = differences(before.fingerprints, preparation.fingerprints)
            if before.day == preparation.day and changed:
                raise RunError(
                    f"system {name!r} on {preparation.day} is not what it was: {', '.join(changed)}"
                )
