"""One run that is killed ten times and taken up again each time, beside one that is left alone."""

from __future__ import annotations

import json
import random
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final, NamedTuple

from bench_suite import write_suite
from runner.fresh import finish, harness, until_arrived
from runner.rows import Row
from stub_plan import Behaviour
from stub_server import StubServer
from stub_truth import Served

from harness import api

_KILLS: Final = 10
_QUESTIONS: Final = 11_000
_QUICK_QUESTIONS: Final = 3_300
_CONCURRENCY: Final = 64
_BEHAVIOUR: Final = Behaviour(mode="lognormal", seconds=0.03, sigma=0.5)
_SEED: Final = 20260101
_TIMED: Final = (
    "latency", "connect", "first_token", "decode", "retrieve", "other_mean", "tokens_per_second",
    "upkeep",
)  # fmt: skip
"""Figures that begin so depend on how fast things went, and differ from run to run."""


class _Kill(NamedTuple):
    """How things stood after a kill: requests that had come, different ones, answers that are kept."""

    arrived: int
    distinct: int
    kept: int


def measure(home: Path, *, quick: bool) -> Iterator[Row]:
    """`kill -9` at moments that a seed draws, then `harness resume`."""
    count = _QUICK_QUESTIONS if quick else _QUESTIONS
    with StubServer(_BEHAVIOUR) as stub:
        suite = write_suite(home / "whole", stub.url, questions=count, concurrency=_CONCURRENCY)
        unbroken = _figures(home, "compare", str(suite), "--out", str(home / "unbroken"))
    with StubServer(_BEHAVIOUR) as stub:
        suite = write_suite(home / "killed", stub.url, questions=count, concurrency=_CONCURRENCY)
        kills = _kill_and_resume(home, stub, suite, count)
        broken = _figures(home, "resume", str(_run(home)))
        truth = sorted(stub.truth(), key=lambda row: row.arrival)
    again = _asked_again(truth, kills)
    flight = [kill.distinct - kill.kept for kill in kills]
    each = ", ".join(f"{a}/{f}" for a, f in zip(again, flight, strict=True))
    beyond = max(a - f for a, f in zip(again, flight, strict=True))
    yield Row("kill: in flight at a kill, at most", max(flight), bound=_CONCURRENCY)
    note = f"asked again/in flight: {each}"
    yield Row("kill: asked again beyond what was in flight", max(0, beyond), bound=0, note=note)
    keys = [record.key for record in api.load(_run(home)).loaded.records]
    yield Row("kill: questions lost", count - len(set(keys)), bound=0)
    differing = [name for name in unbroken | broken if unbroken.get(name) != broken.get(name)]
    note = f"of {len(unbroken)} that no clock decides; {', '.join(differing[:3])}".rstrip("; ")
    yield Row("kill: figures unlike the unbroken run's", len(differing), bound=0, note=note)


def _kill_and_resume(home: Path, stub: StubServer, suite: Path, count: int) -> list[_Kill]:
    """Start, and kill at ten moments: each after so many requests more, and a little later."""
    draw = random.Random(_SEED)
    each = count // (_KILLS + 1)
    kills: list[_Kill] = []
    for number in range(_KILLS):
        arguments = ("resume", str(_run(home))) if number else ("compare", str(suite))
        out = () if number else ("--out", str(home / "runs"))
        before = stub.state().arrived
        process = harness(*arguments, *out)
        until_arrived(stub, before + draw.randint(_CONCURRENCY, each), process)
        time.sleep(draw.uniform(0.0, _BEHAVIOUR.seconds))
        process.kill()
        process.communicate()
        while stub.state().in_flight:
            time.sleep(0.01)
        truth = stub.truth()
        kept = len(api.load(_run(home)).loaded.records)
        kills.append(_Kill(len(truth), len({row.prompt for row in truth}), kept))
    return kills


def _asked_again(truth: list[Served], kills: list[_Kill]) -> list[int]:
    """For each kill, how many requests until the next one asked what had been asked before."""
    ends = [*(kill.arrived for kill in kills[1:]), len(truth)]
    return [
        sum(row.attempt > 1 for row in truth[kill.arrived : end])
        for kill, end in zip(kills, ends, strict=True)
    ]


def _run(home: Path) -> Path:
    (run,) = (home / "runs").iterdir()
    return run


def _figures(home: Path, *arguments: str) -> dict[str, Any]:
    """What the command's `--json` says, but for what the clock decides; one entry a figure."""
    told = home / "figures.json"
    finish(harness(*arguments, "--json", str(told)))
    systems = json.loads(told.read_text(encoding="utf-8"))["systems"]
    return dict(_leaves(systems))


def _leaves(data: Any, path: str = "") -> Iterator[tuple[str, Any]]:  # noqa: ANN401  (any JSON)
    if isinstance(data, Mapping):
        for name, value in data.items():
            if not name.startswith(_TIMED):
                yield from _leaves(value, f"{path}/{name}")
    elif isinstance(data, list):
        for number, value in enumerate(data):
            yield from _leaves(value, f"{path}/{number}")
    else:
        yield path, data
