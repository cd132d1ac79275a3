"""One tool on one suite: started in a fresh process, watched, killed or awaited, and asked what it has."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Final, NamedTuple

from bench_suite import write_suite
from peers.adapters.job import Job, Told, told_of
from peers.installing import Installed
from stub_server import StubServer

_LAUNCHER: Final = Path(__file__).with_name("spent.py")
_GLANCE_SECONDS: Final = 0.005
_PATIENCE_SECONDS: Final = 1_200
_CONCURRENCY: Final = 64


class TrialError(Exception):
    """A tool has not done what it was to do; the message ends with the last line it said."""


class Spent(NamedTuple):
    """Seconds of processor of all processes, and the peak memory of the largest one (bytes)."""

    cpu: float
    peak: int


class Trial:
    """A tool, a suite of so many questions at a server, and a folder for what the tool keeps."""

    def __init__(
        self,
        installed: Installed,
        home: Path,
        stub: StubServer,
        questions: int,
        *,
        resumable: bool = False,
    ) -> None:
        suite = write_suite(home / "suite", stub.url, questions=questions, concurrency=_CONCURRENCY)
        out = home / "out"
        out.mkdir()
        self._installed = installed
        self._home = home
        self._stub = stub
        self._job = Job(str(suite), stub.url, str(out), _CONCURRENCY, resumable)
        (home / "job.json").write_text(json.dumps(asdict(self._job)), encoding="utf-8")
        self._process: subprocess.Popen[bytes] | None = None

    def run(self) -> Spent:
        """From start to end."""
        self.start("run")
        return self.finish()

    def start(self, verb: str) -> None:
        """Begin, in a session of its own."""
        command = [
            sys.executable,
            "-I",
            "-S",
            str(_LAUNCHER),
            str(self._usage),
            *self._adapter(verb),
        ]
        with self._said.open("wb") as said:
            self._process = subprocess.Popen(  # noqa: S603  (our own adapters)
                command,
                cwd=self._home,
                env=self._installed.environment,
                stdin=subprocess.DEVNULL,
                stdout=said,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    def finish(self) -> Spent:
        """Wait for the end, and say what it took; raises `TrialError` unless it is a good one."""
        with self._killed_on_error():
            try:
                code = self._started().wait(_PATIENCE_SECONDS)
            except subprocess.TimeoutExpired:
                raise TrialError(f"it had not ended after {_PATIENCE_SECONDS} s") from None
            if code != 0:
                raise TrialError(f"it ended with {code}: {_last_line(self._said)}")
        return Spent(**json.loads(self._usage.read_text(encoding="utf-8")))

    def until_arrived(self, count: int) -> None:
        """Wait for so many requests; raises `TrialError` when the tool ends, or stalls, before."""
        process, begin = self._started(), time.monotonic()
        with self._killed_on_error():
            while self._stub.state().arrived < count:
                if process.poll() is not None:
                    raise TrialError(f"it ended before request {count}: {_last_line(self._said)}")
                if time.monotonic() - begin > _PATIENCE_SECONDS:
                    raise TrialError(f"request {count} had not come after {_PATIENCE_SECONDS} s")
                time.sleep(_GLANCE_SECONDS)

    def kill(self) -> None:
        """`kill -9` of the tool and its children; returns once the server has noticed."""
        self._end()
        while self._stub.state().in_flight:
            time.sleep(_GLANCE_SECONDS)

    def cpu_so_far(self) -> float:
        """Seconds of processor until now, of all processes of the session but the launcher (proc(5))."""
        session, ticks = self._started().pid, 0
        for stat in Path("/proc").glob("[0-9]*/stat"):
            try:
                fields = stat.read_text(encoding="utf-8").rpartition(")")[2].split()
            except (FileNotFoundError, ProcessLookupError):
                continue
            if int(fields[3]) == session and stat.parent.name != str(session):
                ticks += sum(map(int, fields[11:15]))
        return ticks / os.sysconf("SC_CLK_TCK")

    def told(self) -> list[Told]:
        """What the tool has kept; raises `TrialError` where it has kept nothing that can be read."""
        done = subprocess.run(  # noqa: S603  (our own adapters)
            self._adapter("tell"),
            cwd=self._home,
            env=self._installed.environment,
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode != 0:
            lines = done.stderr.strip().splitlines() or ["it said nothing"]
            raise TrialError(f"its results cannot be read: {lines[-1]}")
        return told_of(self._job)

    def _end(self) -> None:
        process = self._started()
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()

    @contextlib.contextmanager
    def _killed_on_error(self) -> Iterator[None]:
        """Nothing is left running, whether the tool fails or whoever measures is interrupted."""
        try:
            yield
        except BaseException:
            self._end()
            raise

    def _adapter(self, verb: str) -> list[str]:
        script = str(self._installed.tool.adapter)
        return [str(self._installed.python), script, verb, str(self._home / "job.json")]

    def _started(self) -> subprocess.Popen[bytes]:
        assert self._process is not None
        return self._process

    @property
    def _usage(self) -> Path:
        return self._home / "spent.json"

    @property
    def _said(self) -> Path:
        return self._home / "said.txt"


def _last_line(said: Path) -> str:
    lines = said.read_text(encoding="utf-8", errors="replace").strip().splitlines()
    return lines[-1].strip() if lines else "it said nothing"
