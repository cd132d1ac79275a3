"""Starts what is measured in a process of its own: the harness by its public faces, or a bare client."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from pathlib import Path
from typing import Any, Final, NamedTuple

from stub_server import StubServer

__all__ = [
    "Bare",
    "FreshError",
    "Run",
    "Spent",
    "finish",
    "harness",
    "run_bare",
    "run_suite",
    "until_arrived",
]

_HERE: Final = Path(__file__).parent
_GLANCE_SECONDS: Final = 0.005


class FreshError(Exception):
    """A process that was to be measured has failed; the message ends with what it said."""


class Spent(NamedTuple):
    """What a process had taken at some moment: seconds of processor, and the most memory (bytes)."""

    cpu: float
    peak: int


class Run(NamedTuple):
    """A run, and what it had taken once all was asked, when `compare` returned, and once scored."""

    path: Path
    records: int
    failed: int
    right: int
    asked: Spent
    returned: Spent
    scored: Spent


class Bare(NamedTuple):
    """What a bare client took: seconds of processor, on which loop, and seconds of each prompt."""

    cpu: float
    loop: str
    first_token: dict[str, float]
    total: dict[str, float]


def run_suite(suite: Path, out: Path) -> Run:
    """Run and score a suite."""
    told = _python("child_run.py", str(suite), str(out))
    return Run(
        Path(told["path"]),
        told["records"],
        told["failed"],
        told["right"],
        Spent(*told["asked"]),
        Spent(*told["returned"]),
        Spent(*told["scored"]),
    )


def run_bare(suite: Path, url: str, *, concurrency: int = 64, streamed: bool) -> Bare:
    """Ask a suite's questions and do nothing with the answers."""
    how = "streamed" if streamed else "whole"
    told = _python("child_bare.py", str(suite), url, str(concurrency), how)
    return Bare(
        told["cpu"],
        told["loop"],
        {prompt: first for prompt, first, _ in told["clocked"]},
        {prompt: total for prompt, _, total in told["clocked"]},
    )


def harness(*arguments: str) -> subprocess.Popen[str]:
    """Start the harness's command line."""
    return subprocess.Popen(  # noqa: S603  (our own)
        [sys.executable, "-m", "harness", *arguments],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )


def until_arrived(stub: StubServer, count: int, process: subprocess.Popen[str]) -> None:
    """Wait until so many requests have come; raises `FreshError` when whoever asks has ended before."""
    while stub.state().arrived < count:
        if process.poll() is not None:
            finish(process)
            raise FreshError(f"harness: it ended before request {count}")
        time.sleep(_GLANCE_SECONDS)


def finish(process: subprocess.Popen[str]) -> None:
    """Wait for the end; raises `FreshError` unless it is a good one."""
    _, said = process.communicate()
    if process.returncode != 0:
        raise FreshError(f"harness: {_last_line(said)}")


def _python(script: str, *arguments: str) -> Any:  # noqa: ANN401  (any JSON)
    """What a script beside this file prints, which is JSON."""
    done = subprocess.run(  # noqa: S603  (our own)
        [sys.executable, str(_HERE / script), *arguments],
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        raise FreshError(f"{script}: {_last_line(done.stderr)}")
    return json.loads(done.stdout)


def _last_line(text: str) -> str:
    lines = text.strip().splitlines()
    return lines[-1] if lines else "it said nothing"
