"""Fine-tuning at a provider by processes that are killed, and by two at once: one job all the same."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))
sys.path.insert(0, str(Path(__file__).parent.parent))

from tune_once import order
from tuning_server import TuningServer, When

from harness.training.hosted.ledger import Ledger

SCRIPT = Path(__file__).parent / "tune_once.py"
REQUESTS = (
    "GET /files",
    "POST /files",
    "GET /fine_tuning/jobs",
    "POST /fine_tuning/jobs",
    "GET /fine_tuning/jobs/{id}",
)


@contextmanager
def tuning(url: str, ledger: Path) -> Iterator[subprocess.Popen[str]]:
    with subprocess.Popen(  # noqa: S603  (our own script)
        [sys.executable, str(SCRIPT), url, str(ledger)], stdout=subprocess.PIPE, text=True
    ) as process:
        try:
            yield process
        finally:
            process.kill()


def lines(process: subprocess.Popen[str]) -> list[str]:
    assert process.stdout is not None
    return process.stdout.read().splitlines()


@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize("request_", REQUESTS)
def test_killed_at_any_step_the_next_process_goes_on_with_the_same_job(
    tmp_path: Path, request_: str, when: When
) -> None:
    """Killed before a request, the step before is done and known; after it, done and not known."""
    pid: Future[int] = Future()
    killed = False

    async def kill(step: str, now: When) -> None:
        nonlocal killed
        if (step, now) != (request_, when) or killed:
            return
        killed = True
        os.kill(await asyncio.wrap_future(pid), signal.SIGKILL)
        await asyncio.Event().wait()  # until the server sees that nobody is there any more

    with TuningServer(states=("running", "succeeded"), at=kill) as server:
        with tuning(server.url, tmp_path) as process:
            pid.set_result(process.pid)
            assert process.wait() == -signal.SIGKILL
        with tuning(server.url, tmp_path) as process:
            *_, last = lines(process)
        wanted = order(server.url)
        assert last == f"made: ft:small-1:us:{wanted.name}"
        assert (server.created, len(server.files)) == (1, 1)
        assert Ledger(tmp_path).read(wanted.name).job == "ftjob-1"


def test_of_two_processes_at_once_one_waits_for_the_other(tmp_path: Path) -> None:
    looked: Future[None] = Future()
    other: Future[None] = Future()

    async def hold(step: str, when: When) -> None:
        if (step, when) == ("GET /fine_tuning/jobs", "after"):
            looked.set_result(None)
            await asyncio.wrap_future(other)

    with (
        TuningServer(at=hold) as server,
        tuning(server.url, tmp_path) as first,
    ):
        looked.result()  # it has seen that there is no job, and creates one when it may go on
        with tuning(server.url, tmp_path) as second:
            assert second.stdout is not None
            said = second.stdout.readline()
            other.set_result(None)
            name = order(server.url).name
            assert said == f"note: waiting for another process, which has {name} fine-tuned\n"
            assert lines(first)[-1] == f"made: ft:small-1:us:{name}"
            assert lines(second)[-1] == f"found: ft:small-1:us:{name}"
        assert server.created == 1
