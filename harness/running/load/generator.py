"""The load generator: asks at intended times, whatever became of earlier questions.

A client that waits for an answer before it asks again stops asking just when the system is slow, and
so leaves the worst out of its figures (Schroeder, Wierman and Harchol-Balter 2006, "Open versus
closed: a cautionary tale"; Tene calls it coordinated omission). Here the arrival times of a step are
drawn before anything is known about the answers, and every time counts from the intended one.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from itertools import count

from harness.errors import RunError, RunInterruptedError
from harness.running.load.arrivals import Arrivals, arrival_times, endless
from harness.running.load.asking import Asking
from harness.running.load.folder import LoadFolder
from harness.running.load.lag import lag_meter, noted
from harness.running.load.sample import Sample, Step
from harness.running.load.servers import Servers
from harness.running.progress import Phase, Progress, ProgressCallback
from harness.world.questions import Question

__all__ = ["LoadOptions", "LoadTest", "NextRate"]

NextRate = Callable[[Sequence[Step]], float | None]
"""From the steps that are finished to the rate of the next, in requests a second; None: enough."""


@dataclass(frozen=True, slots=True)
class LoadOptions:
    """How a system is asked.

    A step sends requests until there were `requests` of them and `seconds` have passed, and ends when
    the last is over. Before the first one `alone` questions are asked one at a time. When `in_flight`
    requests are under way, the next one is shed: that is its outcome.
    """

    arrivals: Arrivals = "poisson"
    requests: int = 500
    seconds: float = 20.0
    alone: int = 20
    in_flight: int = 1000
    seed: int = 0


class LoadTest:
    """One system under load on one day: call `run` once."""

    def __init__(
        self,
        folder: LoadFolder,
        servers: Servers,
        questions: Sequence[Question],
        next_rate: NextRate,
        *,
        options: LoadOptions | None = None,
        progress: ProgressCallback | None = None,
    ) -> None:
        self._folder = folder
        self._servers = servers
        self._questions = tuple(questions)
        self._next_rate = next_rate
        self._options = options or LoadOptions()
        self._callback = progress
        self._steps: list[Step] = []
        self._stop = asyncio.Event()
        self._main: asyncio.Task[None] | None = None

    def interrupt(self) -> None:
        """Stop: the first time when what is in flight is over, the second time at once.

        Not thread-safe; from another thread go through `loop.call_soon_threadsafe`.
        """
        if self._stop.is_set() and self._main is not None:
            self._main.cancel()
            return
        self._stop.set()
        message = "finishing what is in flight; interrupt again to stop at once"
        self._tell("note", message=message)

    async def run(self) -> None:
        """Ask at one rate after another until there is no next one.

        Raises:
            RunInterruptedError: after `interrupt`; the steps that were finished are kept.
            RunError: the system cannot be made or prepared, its workers keep dying, the disk is full.
        """
        self._main = asyncio.current_task()
        self._tell("start")
        try:
            await self._run()
        except asyncio.CancelledError:
            if not self._stop.is_set():
                raise
        finally:
            await self._servers.kill()
            self._tell("end")
        if self._stop.is_set():
            raise RunInterruptedError(self._interrupted())
        self._folder.update(finished=_now())

    async def _run(self) -> None:
        (system,), (day,) = self._folder.manifest.systems, self._folder.manifest.days
        fingerprints = await self._servers.make()
        self._folder.update(systems=(replace(system, fingerprints=dict(fingerprints)),))
        self._tell("prepare", message=f"preparing {system.name} {day}")
        preparation = await self._servers.prepare(day)
        self._folder.update(preparations={system.name: (preparation,)})
        await self._step(None)
        while not self._stop.is_set():
            rate = self._next_rate(self._steps)
            if rate is None:
                break
            await self._step(rate)
        await self._servers.close()

    async def _step(self, rate: float | None) -> None:
        """Ask at a rate, or one question at a time without one; kept unless it was interrupted."""
        options, number = self._options, len(self._steps)
        rng = random.Random(f"load/{options.seed}/{number}")  # noqa: S311  (no secret)
        samples: list[Sample] = []
        tell = self._teller(rate)

        def keep(sample: Sample) -> None:
            self._folder.append(sample)
            samples.append(sample)
            tell(sample)

        asking = Asking(number, self._servers, endless(self._questions, rng), self._stop, keep)
        started = _now()
        with lag_meter() as meter:
            if rate is None:
                seconds = await asking.one_at_a_time(options.alone)
            else:
                seconds = await asking.at_times(
                    arrival_times(options.arrivals, rate, rng),
                    requests=options.requests,
                    seconds=options.seconds,
                    in_flight=options.in_flight,
                )
        if self._stop.is_set():
            return
        if rate is None and all(sample.failure for sample in samples):
            raise RunError(f"none of {len(samples)} questions was answered: {samples[-1].message}")
        step = Step(
            number=number,
            loop="closed" if rate is None else "open",
            rate=rate,
            arrivals=None if rate is None else options.arrivals,
            seconds=seconds,
            started=started,
            lag=noted(meter),
            samples=tuple(sorted(samples, key=lambda sample: sample.position)),
        )
        self._folder.finish(step)
        self._steps.append(step)

    def _teller(self, rate: float | None) -> Callable[[Sample], None]:
        """What tells how far a step is, after each of its requests."""
        options, done, failed = self._options, count(1), 0
        planned, how = options.alone, "one at a time"
        if rate is not None:
            planned = max(options.requests, round(rate * options.seconds))
            how = f"{rate:.4g} a second"

        def tell(sample: Sample) -> None:
            nonlocal failed
            number = next(done)
            failed += sample.failure != ""
            total = max(planned, number)
            self._tell("answer", number, total, failed=failed, message=f"asking {how}")

        return tell

    def _tell(
        self, phase: Phase, done: int = 0, total: int = 0, *, failed: int = 0, message: str = ""
    ) -> None:
        if self._callback is not None:
            self._callback(Progress(phase, done, total, failed=failed, message=message))

    def _interrupted(self) -> str:
        if not self._steps:
            return "interrupted before any step was finished; nothing is kept"
        count = len(self._steps)
        done = (
            "1 step was finished and is" if count == 1 else f"{count} steps were finished and are"
        )
        return (
            f"interrupted: {done} kept; see the test with: harness load --from {self._folder.path}"
        )


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds")
