"""Deterministic systems with planted faults, and a run of them as a program to be killed."""

from __future__ import annotations

import asyncio
import os
import signal
import time
from dataclasses import replace
from datetime import date
from functools import partial
from pathlib import Path

from harness.running.arms import Arm
from harness.running.folder import RunFolder
from harness.running.manifest import Manifest, SystemManifest
from harness.running.plan import Plan, make_plan
from harness.running.progress import ProgressCallback
from harness.running.runner import Options, Runner
from harness.systems.base import Answer, Preparation, Usage
from harness.world.questions import Question, QuestionSet

DAYS = (date(2025, 8, 22), date(2026, 2, 22), date(2026, 8, 22))
VICTIM = "q3"


class Scripted:
    """Answers with its name, the question and every day it was prepared for; `fault` befalls q3."""

    strategy = "external"

    def __init__(
        self, name: str, fault: str = "", marker: Path | None = None, pause: float = 0.0
    ) -> None:
        self.name = name
        self._fault = fault
        self._marker = marker
        self._pause = pause
        self._days: list[date] = []
        if fault == "make":
            raise ValueError("no such model")

    def fingerprint(self) -> dict[str, str]:
        return {"script": f"{self.name}-1"}

    async def prepare(self, day: date) -> Preparation:
        if self._fault == "prepare":
            raise ValueError("no such index")
        self._days.append(day)
        reused = self._marker is not None and not self._first(f"prepared-{day}")
        index = os.environ.get("SCRIPTED_INDEX", "1")
        return Preparation(day, index_seconds=1.5, reused=reused, fingerprints={"index": index})

    async def answer(self, question: Question, day: date) -> Answer:
        time.sleep(self._pause)  # noqa: ASYNC251  (a local model computes in the thread)
        if question.id == VICTIM:
            fault = getattr(self, f"_{self._fault}", None)
            if fault is not None:
                return fault()
        known = ",".join(map(str, self._days))
        return Answer(f"{self.name} {question.id} {day} {known}", usage=Usage(3, 4))

    async def close(self) -> None:
        pass

    def _dies(self) -> Answer:
        os.kill(os.getpid(), signal.SIGKILL)
        raise AssertionError

    def _dies_once(self) -> Answer:
        return self._dies() if self._first("died") else Answer("survived")

    def _hangs(self) -> Answer:
        time.sleep(3600)
        raise AssertionError

    def _raises(self) -> Answer:
        raise LookupError("planted")

    def _returns_text(self) -> Answer:
        return "just a text"  # type: ignore[return-value]

    def _returns_nan(self) -> Answer:
        return Answer("x", usage=Usage(float("nan"), 0))  # type: ignore[arg-type]

    def _prints(self) -> Answer:
        print("a library says hello")  # noqa: T201
        os.write(1, b"and so does its C part\n")
        return Answer("printed")

    def _first(self, what: str) -> bool:
        assert self._marker is not None
        try:
            (self._marker / f"{self.name}-{what}").touch(exist_ok=False)
        except FileExistsError:
            return False
        return True


class Waiting(Scripted):
    """As `Scripted`, but it waits in the loop instead of computing in the thread."""

    async def answer(self, question: Question, day: date) -> Answer:
        if self._fault == "waits" and question.id == VICTIM:
            await asyncio.sleep(3600)
        await asyncio.sleep(0)
        return await super().answer(question, day)


class Together(Scripted):
    """As `Scripted`; it says of each answer how many were asked for at once."""

    _asked = 0

    async def answer(self, question: Question, day: date) -> Answer:
        self._asked += 1
        await asyncio.sleep(0)
        together = self._asked
        await asyncio.sleep(0)
        self._asked = 0
        return replace(await super().answer(question, day), batch=together)


def questions(n: int) -> QuestionSet:
    return QuestionSet(
        Question(f"q{i}", f"question {i}?", None, kind=f"k{i % 2}") for i in range(n)
    )


def manifest(asked: QuestionSet, systems: list[str], planned: int) -> Manifest:
    return Manifest(
        run_id="run",
        suite="scripted",
        title="Scripted",
        created="2026-08-22T00:00:00+00:00",
        seed=1,
        days=DAYS,
        repeats=1,
        planned=planned,
        systems=tuple(SystemManifest(name, "external", {}, {}) for name in systems),
        fingerprints={"questions": asked.fingerprint()},
        versions={},
        machine={},
    )


def arm(name: str, **settings: object) -> Arm:
    return Arm(name, partial(Scripted, name, **settings))


def together(name: str, batch: int, **settings: object) -> Arm:
    return Arm(name, partial(Together, name, **settings), batch=batch)


def waiting(name: str, **settings: object) -> Arm:
    return Arm(name, partial(Waiting, name, **settings), place="loop")


def plan(asked: QuestionSet, arms: list[Arm]) -> Plan:
    return make_plan(asked, DAYS, [each.name for each in arms], 1, 1)


def create(path: Path, asked: QuestionSet, arms: list[Arm]) -> RunFolder:
    tasks = plan(asked, arms)
    return RunFolder.create(path, manifest(asked, [a.name for a in arms], len(tasks)), asked)


def carry_out(
    folder: RunFolder,
    asked: QuestionSet,
    arms: list[Arm],
    options: Options | None = None,
    progress: ProgressCallback | None = None,
) -> None:
    tasks = plan(asked, arms)
    with folder:
        runner = Runner(folder, tasks, asked, arms, options=options, progress=progress)
        asyncio.run(runner.run())
