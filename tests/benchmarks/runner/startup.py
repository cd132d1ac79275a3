"""Processor time from the start of `harness compare` to its first request."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from statistics import median
from typing import Final

from bench_suite import write_suite
from runner.fresh import finish, harness, until_arrived
from runner.rows import Row
from stub_plan import Behaviour
from stub_server import StubServer

_ROUNDS: Final = 7
_QUICK_ROUNDS: Final = 3
_BOUND: Final = 0.6


def measure(home: Path, *, quick: bool) -> Iterator[Row]:
    """The median of some starts, after one that nobody counts."""
    rounds = _QUICK_ROUNDS if quick else _ROUNDS
    spent = [_start(home / str(number)) for number in range(rounds + 1)][1:]
    note = f"{min(spent):.2f} to {max(spent):.2f} s in {rounds} starts"
    yield Row("startup: CPU until the first request", median(spent), "s", _BOUND, note)


def _start(home: Path) -> float:
    with StubServer(Behaviour(hold=True)) as stub:
        suite = write_suite(home, stub.url, questions=1)
        process = harness("compare", str(suite), "--out", str(home / "runs"))
        until_arrived(stub, 1, process)
        spent = _cpu_seconds(process.pid)
        stub.release()
        finish(process)
    return spent


def _cpu_seconds(pid: int) -> float:
    """Of a process, all its threads, and its children that have ended, to a hundredth (proc(5))."""
    fields = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
    return sum(map(int, fields[11:15])) / os.sysconf("SC_CLK_TCK")
