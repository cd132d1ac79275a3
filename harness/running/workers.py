"""Worker processes for local systems, as the runner sees them.

A worker is a fresh interpreter that runs `worker_process.main`, never a fork: threads and
locks of the runner do not travel, and the user's script is not imported again. It has its own
session, so that Ctrl-C reaches the runner alone, and one thread for linear algebra, so that a
latency is that of one core.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import pickle
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from datetime import date
from typing import IO, Any, Final

from harness.errors import RunError
from harness.running.arms import Arm, failed
from harness.running.environment import usable_cores
from harness.running.worker_process import HEADER, Reply
from harness.systems.base import Answer, Preparation
from harness.world.questions import Question

_ENVIRONMENT: Final = {
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "MKL_NUM_THREADS": "1",
    "VECLIB_MAXIMUM_THREADS": "1",
    "TOKENIZERS_PARALLELISM": "false",
}
_TRIES: Final = 2  # a question is asked again once when its worker died: often it was not to blame
_DEATHS: Final = 6  # workers lost in a row, with no answer between them, before a run gives up


def default_workers() -> int:
    """A core each, at most two: the runner takes a few percent of one, more distort latency."""
    return min(2, usable_cores())


class WorkerDiedError(Exception):
    """The process ended before it replied; an outcome of its question, seldom of the run."""


class _Child:
    """A process with its pipes as streams.

    `subprocess` starts it without running anything of ours between fork and exec. `uvloop` does run
    Python there, and waits for ever when another thread held a lock at that moment.
    """

    def __init__(
        self,
        process: subprocess.Popen[bytes],
        stdin: asyncio.StreamWriter,
        stdout: asyncio.StreamReader,
        reading: asyncio.BaseTransport,
    ) -> None:
        self._process = process
        self.stdin, self.stdout = stdin, stdout
        self._reading = reading

    @classmethod
    async def start(cls, command: Sequence[str], log: IO[bytes], env: Mapping[str, str]) -> _Child:
        """Start `command`; its standard error goes to `log`."""
        process = subprocess.Popen(  # noqa: ASYNC220, S603  (takes a millisecond; our own command)
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=log,
            env=env,
            bufsize=0,
            start_new_session=True,
        )
        loop, stdout = asyncio.get_running_loop(), asyncio.StreamReader()
        protocol = asyncio.StreamReaderProtocol(stdout)
        reading, _ = await loop.connect_read_pipe(lambda: protocol, process.stdout)
        writing, flow = await loop.connect_write_pipe(
            lambda: asyncio.StreamReaderProtocol(asyncio.StreamReader()), process.stdin
        )
        stdin = asyncio.StreamWriter(writing, flow, None, loop)
        return cls(process, stdin, stdout, reading)

    async def wait(self) -> int:
        """Its exit status; the pipes are closed."""
        status = await asyncio.to_thread(self._process.wait)
        self.stdin.close()
        self._reading.close()
        return status

    def kill(self) -> None:
        """End it at once."""
        self._process.kill()


class Worker:
    """One process."""

    def __init__(self, process: _Child) -> None:
        self._process = process

    @classmethod
    async def start(cls, log: IO[bytes]) -> Worker:
        """Start a process that knows no system yet; what it prints goes to `log`."""
        path = os.pathsep.join(entry or os.getcwd() for entry in sys.path)  # noqa: PTH109
        command = (
            sys.executable,
            "-P",  # a file in the working folder is no module: that may be a suite's
            "-u",  # what a system prints is in the log even when its worker is killed
            "-c",
            "from harness.running.worker_process import main; main()",
        )
        env = {**os.environ, **_ENVIRONMENT, "PYTHONPATH": path}
        return cls(await _Child.start(command, log, env))

    async def call(self, method: str, *arguments: object) -> Any:  # noqa: ANN401  (by method)
        """One request and its reply.

        Raises `WorkerDiedError`, or `RunError` with the message of what the request raised.
        """
        stdin, stdout = self._process.stdin, self._process.stdout
        data = pickle.dumps((method, arguments), pickle.HIGHEST_PROTOCOL)
        try:
            stdin.write(HEADER.pack(len(data)) + data)
            await stdin.drain()
            (size,) = HEADER.unpack(await stdout.readexactly(HEADER.size))
            reply: Reply = pickle.loads(await stdout.readexactly(size))  # noqa: S301  (our pipe)
        except (asyncio.IncompleteReadError, ConnectionError) as error:
            raise WorkerDiedError(_cause(await self._process.wait())) from error
        if reply.error:
            raise RunError(reply.error)
        return reply.value

    async def close(self) -> None:
        """Let it release what its systems hold; it is killed if that takes over five seconds."""
        with contextlib.suppress(TimeoutError, WorkerDiedError, RunError):
            async with asyncio.timeout(5):
                await self.call("close")
                await self._process.wait()
        await self.kill()

    async def kill(self) -> None:
        """End it at once."""
        with contextlib.suppress(ProcessLookupError):
            self._process.kill()
        await self._process.wait()


class Seat:
    """A place for one worker at a time; who dies is replaced, and made to know the same days.

    `note` is told when that happens.
    """

    def __init__(self, arms: Sequence[Arm], log: IO[bytes], note: Callable[[str], None]) -> None:
        self._arms = tuple(arms)
        self._log = log
        self._note = note
        self._worker: Worker | None = None
        self._prepared: list[tuple[str, date]] = []
        self._deaths = 0

    async def fill(self) -> Mapping[str, Mapping[str, str]]:
        """Start a worker and make the systems; their fingerprints are returned.

        A worker that follows another prepares the same days in the same order, since a system's
        state on one day may depend on the days before (an adapter that is never retrained).
        """
        try:
            self._worker = await Worker.start(self._log)
            fingerprints: Mapping[str, Mapping[str, str]] = await self._worker.call(
                "make", self._arms
            )
            for name, day in self._prepared:
                await self._worker.call("prepare", name, day)
        except WorkerDiedError as error:
            raise RunError(f"a worker died while its systems were made: {error}") from error
        return fingerprints

    async def prepare(self, name: str, day: date) -> Preparation:
        """Bring a system up to date."""
        try:
            preparation: Preparation = await self._call("prepare", name, day)
        except WorkerDiedError as error:
            raise RunError(
                f"the worker died while system {name!r} was prepared for {day}: {error}"
            ) from error
        except RunError as error:
            raise RunError(f"system {name!r} cannot be prepared for {day}: {error}") from error
        self._prepared.append((name, day))
        return preparation

    async def answers(
        self, name: str, questions: Sequence[Question], day: date, deadline: float | None
    ) -> list[Answer]:
        """Ask a system several questions at once, or each alone where the worker dies of that.

        They have `deadline` seconds together. Raises as `answer`.
        """
        if len(questions) > 1:
            try:
                async with asyncio.timeout(deadline):
                    answers: list[Answer] = await self._call("answer", name, questions, day)
            except TimeoutError:
                await self._replace()
                return [_late(deadline) for _ in questions]
            except WorkerDiedError as error:
                self._note(f"a worker died ({error}) at {name} / {day}: each is asked alone")
                await self.fill()
            else:
                return answers
        return [await self.answer(name, question, day, deadline) for question in questions]

    async def answer(
        self, name: str, question: Question, day: date, deadline: float | None
    ) -> Answer:
        """Ask a system; a worker that dies or does not answer in `deadline` seconds is replaced.

        Raises `RunError` when workers die again and again.
        """
        started = time.perf_counter()
        for attempt in range(1, _TRIES + 1):
            try:
                async with asyncio.timeout(deadline):
                    (answer,) = await self._call("answer", name, [question], day)
            except TimeoutError:
                await self._replace()
                return _late(deadline)
            except WorkerDiedError as error:
                cause = str(error)
                again = "asked again" if attempt < _TRIES else "recorded as failed"
                self._note(f"a worker died ({cause}) at {name} / {question.id} / {day}: {again}")
                self._deaths += 1
                if self._deaths >= _DEATHS:
                    raise RunError(f"{self._deaths} workers in a row died: {cause}") from error
                await self.fill()
            else:
                self._deaths = 0
                found: Answer = answer
                return found
        return failed("worker_died", cause, time.perf_counter() - started)

    async def _replace(self) -> None:
        """A local model computes without pause: only the end of its process stops it."""
        await self.kill()
        await self.fill()

    async def close(self) -> None:
        """End the worker in good order."""
        if self._worker is not None:
            await self._worker.close()

    async def kill(self) -> None:
        """End the worker at once."""
        if self._worker is not None:
            await self._worker.kill()

    async def _call(self, method: str, *arguments: object) -> Any:  # noqa: ANN401  (by method)
        assert self._worker is not None, "fill comes first"  # noqa: S101
        return await self._worker.call(method, *arguments)


def _late(deadline: float | None) -> Answer:
    return failed("timeout", f"no answer in {deadline:g} s", deadline or 0.0)


def _cause(code: int) -> str:
    if code >= 0:
        return f"exit code {code}"
    with contextlib.suppress(ValueError):
        return signal.Signals(-code).name
    return f"signal {-code}"
