"""Quantiles of the service time as the records have them, beside the server's."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Final

from bench_suite import write_suite
from runner.fresh import run_bare, run_suite
from runner.matched import Matched, service_seconds, timings
from runner.rows import Row
from stub_plan import Behaviour
from stub_server import StubServer

_QUESTIONS: Final = {1: 150, 16: 2_000, 64: 8_000, 256: 20_000}
_QUICK_QUESTIONS: Final = {1: 40, 16: 600, 64: 2_000, 256: 6_000}
_BEHAVIOUR: Final = Behaviour(mode="lognormal", seconds=0.2, sigma=0.5)
_SHARE: Final = 0.02


def measure(home: Path, *, quick: bool) -> Iterator[Row]:
    """With 1, 16, 64 and 256 requests in flight, lognormal service times of 200 ms in the median."""
    for concurrency, count in (_QUICK_QUESTIONS if quick else _QUESTIONS).items():
        place = home / str(concurrency)
        bare = _bare(place / "bare", concurrency, count)
        ours = _harness(place / "harness", concurrency, count)
        yield from ours.rows(f"accuracy: {concurrency} in flight", bare, share=_SHARE)


def _harness(home: Path, concurrency: int, count: int) -> Matched:
    with StubServer(_BEHAVIOUR) as stub:
        suite = write_suite(home, stub.url, questions=count, concurrency=concurrency)
        told = timings(run_suite(suite, home / "runs").path)
        true = service_seconds(stub.truth())
    return Matched.of([(prompt, timing.service) for prompt, timing in told], true)


def _bare(home: Path, concurrency: int, count: int) -> Matched:
    with StubServer(_BEHAVIOUR) as stub:
        suite = write_suite(home, stub.url, questions=count)
        told = run_bare(suite, stub.url, concurrency=concurrency, streamed=True)
        return Matched.of(told.total.items(), service_seconds(stub.truth()))
