"""The most memory that a long run takes."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Final

from bench_suite import write_suite
from runner.fresh import run_suite
from runner.rows import Row
from stub_plan import Behaviour
from stub_server import StubServer

_QUESTIONS: Final = 100_000
_QUICK_QUESTIONS: Final = 10_000
_BOUND: Final = 150.0


def measure(home: Path, *, quick: bool) -> Iterator[Row]:
    """Peak of the resident memory: while it asks, and once `compare` has returned; no report."""
    count = _QUICK_QUESTIONS if quick else _QUESTIONS
    with StubServer(Behaviour(seconds=0.005)) as stub:
        suite = write_suite(home / "suite", stub.url, questions=count)
        took = run_suite(suite, home / "runs")
    note = f"{took.records:,} records, {took.failed:,} failed"
    yield Row("memory: peak until all is journalled", took.asked.peak / 1e6, "MB", _BOUND, note)
    yield Row("memory: peak until compare returns", took.returned.peak / 1e6, "MB", _BOUND)
