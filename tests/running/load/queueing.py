"""Simulated servers with a planted truth, in virtual time.

They test the instrument and nothing else: no figure of a simulated system says anything about a real one.
"""

from __future__ import annotations

import asyncio
import io
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path

import scripted
import virtual_time

from harness.running.arms import Arm
from harness.running.load.folder import LoadedTest, LoadFolder, read_load_test
from harness.running.load.generator import LoadOptions, LoadTest, NextRate
from harness.running.load.sample import Step
from harness.running.load.servers import make_servers
from harness.running.progress import ProgressCallback
from harness.systems.base import Answer, Preparation, Timing, Usage
from harness.world.questions import Question

ASKED = scripted.questions(7)


class OneServer:
    """Serves one request at a time in order of arrival, each in `seconds()`.

    From each multiple of `every` on it stands still for `stall` seconds.
    """

    strategy = "external"

    def __init__(
        self, seconds: Callable[[], float], *, every: float = 0.0, stall: float = 0.0
    ) -> None:
        self.name = "simulated"
        self._seconds = seconds
        self._every = every
        self._stall = stall
        self._busy = asyncio.Lock()  # wakes who waited longest

    def fingerprint(self) -> Mapping[str, str]:
        return {"script": "1"}

    async def prepare(self, day: date) -> Preparation:
        return Preparation(day)

    async def answer(self, question: Question, day: date) -> Answer:
        del day
        async with self._busy:
            if self._every:
                into = asyncio.get_running_loop().time() % self._every
                await asyncio.sleep(max(0.0, self._stall - into))
            seconds = self._seconds()
            await asyncio.sleep(seconds)
        timing = Timing(first_token=seconds / 2, decode=seconds / 2, total=seconds)
        return Answer(question.id, usage=Usage(1, 11), timing=timing)

    async def close(self) -> None:
        pass


def arm(system: object) -> Arm:
    return Arm("simulated", lambda: system, place="loop")  # type: ignore[return-value,arg-type]


def one_after_another(*rates: float) -> NextRate:
    return lambda steps: rates[len(steps) - 1] if len(steps) <= len(rates) else None


def load_folder(path: Path) -> LoadFolder:
    manifest = scripted.manifest(ASKED, ["simulated"], 0)
    settings = {
        "suite": "scripted",
        "arrivals": "poisson",
        "limits": {},
        "place": "loop",
        "workers": None,
    }
    return LoadFolder(path, replace(manifest, days=scripted.DAYS[:1], settings=settings))


def carry_out(
    path: Path,
    system: object,
    rates: Sequence[float] | NextRate,
    *,
    progress: ProgressCallback | None = None,
    deadline: float | None = None,
    started: list[LoadTest] | None = None,
    **options: object,
) -> LoadedTest:
    """A whole load test in virtual time, read back from its folder."""
    chosen = LoadOptions(**{"seconds": 0.0, "alone": 5, **options})  # type: ignore[arg-type]
    following = rates if callable(rates) else one_after_another(*rates)

    async def work() -> None:
        with load_folder(path) as folder:
            servers = make_servers(
                arm(system),
                workers=1,
                in_flight=chosen.in_flight,
                deadline=deadline,
                log=io.BytesIO(),
                note=folder.note,
            )
            test = LoadTest(
                folder, servers, tuple(ASKED), following, options=chosen, progress=progress
            )
            if started is not None:
                started.append(test)
            await test.run()

    virtual_time.run(work())
    return read_load_test(path)


def only_step(loaded: LoadedTest) -> Step:
    """The one open step."""
    _, step = loaded.steps
    return step
