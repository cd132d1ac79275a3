"""The requests of one step: at intended times, or one after another."""

from __future__ import annotations

import asyncio
import contextlib
import math
from collections.abc import Callable, Iterable, Iterator

from harness.running.arms import failed
from harness.running.load.sample import SHED, Sample
from harness.running.load.servers import Servers
from harness.systems.base import Answer
from harness.world.questions import Question

__all__ = ["Asking"]


class Asking:
    """Sends the requests of step `number`; `keep` gets a sample of each when it is over.

    `stop` ends the sending; what is in flight then is still waited for.
    """

    def __init__(
        self,
        number: int,
        servers: Servers,
        questions: Iterator[Question],
        stop: asyncio.Event,
        keep: Callable[[Sample], None],
    ) -> None:
        self._number = number
        self._servers = servers
        self._questions = questions
        self._stop = stop
        self._keep = keep
        self._in_flight = 0
        self._loop = asyncio.get_running_loop()
        self._start = self._loop.time()

    async def one_at_a_time(self, requests: int) -> float:
        """A closed loop: each is sent when the one before is over. Returns the seconds it took."""
        for position in range(requests):
            if self._stop.is_set():
                break
            self._in_flight += 1
            await self._request(position, next(self._questions), self._now)
        return self._now

    async def at_times(
        self, times: Iterable[float], *, requests: int, seconds: float, in_flight: int
    ) -> float:
        """An open loop: each is sent at its time, until so many were sent and so long has passed.

        One that finds `in_flight` others under way is shed. Returns the seconds during which
        requests came; all of them are over by then.
        """
        intended = 0.0
        try:
            async with asyncio.TaskGroup() as group:
                for position, intended in enumerate(times):
                    if position >= requests and intended >= seconds:
                        break
                    await self._sleep_until(intended)
                    if self._stop.is_set():
                        break
                    question = next(self._questions)
                    if self._in_flight >= in_flight:
                        self._shed(position, question, intended)
                        continue
                    self._in_flight += 1
                    group.create_task(self._request(position, question, intended))
        except ExceptionGroup as errors:
            raise errors.exceptions[0] from None
        return intended

    @property
    def _now(self) -> float:
        """Seconds since the start of the step."""
        return self._loop.time() - self._start

    async def _sleep_until(self, moment: float) -> None:
        """Let others run, and come back at that moment or when told to stop."""
        if self._now >= moment:
            await asyncio.sleep(0)
            return
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout_at(self._start + moment):
                await self._stop.wait()

    async def _request(self, position: int, question: Question, intended: float) -> None:
        others, sent = self._in_flight - 1, self._now
        try:
            async with self._servers.turn() as answer:
                begun = self._now
                given = await answer(question)
            over = self._now
        finally:
            self._in_flight -= 1
        if not _is_sound(given):
            given = failed("invalid_answer", "its times or token counts are no numbers")
        timing, failure = given.timing, given.failure
        self._keep(
            Sample(
                step=self._number,
                position=position,
                question_id=question.id,
                intended=intended,
                late=max(0.0, sent - intended),
                total=over - intended,
                queue=begun - sent + timing.queue,
                retrieve=timing.retrieve,
                first_token=timing.first_token,
                decode=timing.decode,
                completion_tokens=given.usage.completion_tokens,
                counted=given.usage.counted,
                in_flight=others,
                failure=failure.kind if failure is not None else "",
                message=failure.message if failure is not None else "",
            )
        )

    def _shed(self, position: int, question: Question, intended: float) -> None:
        late = max(0.0, self._now - intended)
        self._keep(
            Sample(
                step=self._number,
                position=position,
                question_id=question.id,
                intended=intended,
                late=late,
                total=late,
                in_flight=self._in_flight,
                failure=SHED,
                message=f"{self._in_flight} requests were in flight, the safety limit",
            )
        )


def _is_sound(answer: Answer) -> bool:
    """Whether all that a sample takes from it are numbers: a system is foreign code."""
    timing = answer.timing
    stages = (timing.queue, timing.retrieve, timing.first_token, timing.decode)
    numbers = [stage for stage in stages if stage is not None]
    numbers.append(answer.usage.completion_tokens)
    return all(isinstance(number, int | float) and math.isfinite(number) for number in numbers)
