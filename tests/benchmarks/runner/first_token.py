"""The time to the first token as the records have it, beside the server's."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Final

import numpy as np
from bench_suite import write_suite
from runner.fresh import run_bare, run_suite
from runner.matched import Matched, first_token_seconds, timings
from runner.rows import Row
from stub_plan import Behaviour
from stub_server import StubServer

_QUESTIONS: Final = 8_000
_QUICK_QUESTIONS: Final = 2_000
_BEHAVIOUR: Final = Behaviour(mode="lognormal", seconds=0.1, sigma=0.5, tokens=8, gap=0.01)


def measure(home: Path, *, quick: bool) -> Iterator[Row]:
    """With 64 in flight; eight tokens, 10 ms apart."""
    count = _QUICK_QUESTIONS if quick else _QUESTIONS
    bare = _bare(home / "bare", count)
    ours = _harness(home / "harness", count)
    yield from ours.rows("first token: 64 in flight", bare, share=0.0)
    off = np.abs(np.subtract(ours.told, ours.true)) * 1e3
    for quantile in (0.5, 0.99):
        what = f"first token: single answers off by, p{quantile * 100:.0f}"
        yield Row(what, float(np.quantile(off, quantile)), "ms")


def _harness(home: Path, count: int) -> Matched:
    with StubServer(_BEHAVIOUR) as stub:
        suite = write_suite(home, stub.url, questions=count)
        told = timings(run_suite(suite, home / "runs").path)
        true = first_token_seconds(stub.truth())
    return Matched.of(
        [(prompt, t.first_token) for prompt, t in told if t.first_token is not None], true
    )


def _bare(home: Path, count: int) -> Matched:
    with StubServer(_BEHAVIOUR) as stub:
        suite = write_suite(home, stub.url, questions=count)
        told = run_bare(suite, stub.url, streamed=True)
        return Matched.of(told.first_token.items(), first_token_seconds(stub.truth()))
