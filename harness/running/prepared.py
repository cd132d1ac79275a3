"""The systems of a suite outside a run: prepared for one day, and asked one question at a time.

    with harness.prepared("releases", systems=["rag"]) as systems:
        question = systems.sample(1)[0]
        print(systems["rag"].answer(question).timing)

Nothing is recorded or scored. It is for benchmarks, and for a look at a single answer.
"""

from __future__ import annotations

import random
import shutil
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from functools import cached_property
from pathlib import Path
from tempfile import mkdtemp
from typing import Final, Literal, Self, get_args

from harness.errors import ConfigError, HarnessError, RunError, nearest
from harness.running.arms import Arm, ask, build
from harness.running.background import BackgroundLoop
from harness.running.job import Job, SystemChoice, load_world, make_arms, make_job
from harness.running.suite import load_suite
from harness.systems.base import Answer, Stage, Strategy, System
from harness.systems.world import SystemWorld
from harness.world.questions import Question, QuestionSet

__all__ = ["PreparedSystem", "PreparedSystems", "StageClock", "prepared"]

Timed = Stage | Literal["answer"]
_TIMED: Final = (*get_args(Stage), "answer")


def prepared(
    suite: str | Path = "releases",
    *,
    day: date | str | None = None,
    systems: Sequence[SystemChoice] | None = None,
) -> PreparedSystems:
    """The suite's systems as a run of its default days has them on one of these days.

    A system is made and prepared when it is first asked for. Use the result as a context manager.

    Args:
        suite: As for `compare`.
        day: One of the suite's default days; the last one when None.
        systems: As for `compare`.

    Raises:
        HarnessError: as `compare`; what a system itself needs is found missing when it is asked for.
    """
    job = make_job(load_suite(suite), systems=systems)
    wanted = job.days[-1] if day is None else _day(day, job)
    return PreparedSystems(job, wanted)


class PreparedSystem:
    """One system, ready to be asked about its day."""

    def __init__(self, system: System, day: date, loop: BackgroundLoop) -> None:
        self._system = system
        self._day = day
        self._loop = loop

    @property
    def name(self) -> str:
        """As in the suite."""
        return self._system.name

    @property
    def strategy(self) -> Strategy:
        """Which of the article's architectures it is."""
        return self._system.strategy

    def answer(self, question: Question) -> Answer:
        """Its answer, with the seconds of each stage in `timing`; a failure is no exception.

        Raises `TargetError` where a server is down, refuses the key, or has no such model.
        """
        return self._loop.result(ask(self._system, question, self._day))

    def close(self) -> None:
        """Release what it holds."""
        self._loop.result(self._system.close())


class PreparedSystems(Mapping[str, PreparedSystem]):
    """The systems of a suite by name, each prepared when it is first taken. Close it after use."""

    def __init__(self, job: Job, day: date) -> None:
        self._job = job
        self.day = day
        self._ready: dict[str, PreparedSystem] = {}
        self._workdir: Path | None = None

    @property
    def questions(self) -> QuestionSet:
        """All of the suite's."""
        return self._world.questions

    def sample(self, count: int) -> tuple[Question, ...]:
        """So many of them in random order, the same for the suite's seed; all where there are fewer."""
        rng = random.Random(f"prepared/{self._job.seed}")  # noqa: S311  (a sample, no secret)
        asked = tuple(self.questions)
        return tuple(rng.sample(asked, min(count, len(asked))))

    def __getitem__(self, name: str) -> PreparedSystem:
        """Make and prepare it, the first time; raises KeyError for a name that there is not.

        Raises `HarnessError` where it cannot be made or prepared.
        """
        if name not in self._ready:
            system = build(self._arms[name])
            self._loop.result(_prepare(system, self.day))
            self._ready[name] = PreparedSystem(system, self.day, self._loop)
        return self._ready[name]

    def __iter__(self) -> Iterator[str]:
        return (spec.name for spec in self._job.systems)

    def __len__(self) -> int:
        return len(self._job.systems)

    def __contains__(self, name: object) -> bool:
        """Whether there is such a system; it is not prepared for that."""
        return any(spec.name == name for spec in self._job.systems)

    def close(self) -> None:
        """Release what the systems hold, and the indices that were made for them."""
        for system in self._ready.values():
            system.close()
        self._ready.clear()
        if "_loop" in self.__dict__:
            self._loop.close()
        if self._workdir is not None:
            shutil.rmtree(self._workdir, ignore_errors=True)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @cached_property
    def _loop(self) -> BackgroundLoop:
        return BackgroundLoop()

    @cached_property
    def _world(self) -> SystemWorld:
        return load_world(self._job)

    @cached_property
    def _arms(self) -> Mapping[str, Arm]:
        self._workdir = Path(mkdtemp(prefix="harness-"))
        return {arm.name: arm for arm in make_arms(self._job, self._world, self._workdir)}


class StageClock:
    """A clock that goes only while one stage of an answer does: a timer for pytest-benchmark.

    What it times is what a run records under that name, `answer` being the whole service time.

        CLOCK = harness.StageClock()

        @pytest.mark.benchmark(timer=CLOCK)
        def test_prefill(benchmark, harness_prepared):
            asked = iter(harness_prepared.sample(20))
            benchmark.pedantic(
                lambda: CLOCK.ask(harness_prepared["rag"], next(asked), "first_token"), rounds=20
            )
    """

    def __init__(self) -> None:
        self._seconds = 0.0

    def __call__(self) -> float:
        """The time on the clock, in seconds."""
        return self._seconds

    def ask(self, system: PreparedSystem, question: Question, stage: Timed) -> Answer:
        """Ask, and let the clock go on by the stage.

        Raises:
            RunError: the system failed, or does not tell that stage.
            ConfigError: there is no such stage.
        """
        if stage not in _TIMED:
            raise ConfigError(f"unknown stage {stage!r}: {nearest(stage, _TIMED)}")
        answer = system.answer(question)
        if answer.failure is not None:
            kind, message = answer.failure.kind, answer.failure.message
            raise RunError(f"{system.name} failed on {question.id}: {kind}: {message}")
        timing = answer.timing
        seconds = timing.service if stage == "answer" else getattr(timing, stage)
        if seconds is None:
            raise RunError(f"{system.name} does not tell the time of its stage {stage}")
        self._seconds += seconds
        return answer


async def _prepare(system: System, day: date) -> None:
    try:
        await system.prepare(day)
    except HarnessError as error:
        raise RunError(f"system {system.name!r} cannot be prepared for {day}: {error}") from error


def _day(day: date | str, job: Job) -> date:
    days = {str(known): known for known in job.days}
    if str(day) not in days:
        raise ConfigError(f"{day} is no default day of the suite; there are {', '.join(days)}")
    return days[str(day)]
