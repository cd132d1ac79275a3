"""What is measured of each tool: the harness's own measurements, from outside the tool's processes."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import NormalDist, median
from typing import Final, NamedTuple, Protocol

import numpy as np
from bench_suite import WRONG
from peers.adapters.job import Told
from peers.installing import Installed
from peers.trial import Trial, TrialError
from runner.matched import Matched, first_token_seconds, service_seconds
from stub_plan import Behaviour
from stub_server import StubServer
from stub_truth import Served

_SPREAD: Final = 0.5
_SECONDS: Final = 0.2
_SLOW: Final = Behaviour(mode="lognormal", seconds=_SECONDS, sigma=_SPREAD)
_STREAMED: Final = Behaviour(mode="lognormal", seconds=0.1, sigma=_SPREAD, tokens=8, gap=0.01)
_RETRY_AFTER: Final = 1.0
_FAULTY: Final = Behaviour(
    seconds=0.02, failing=0.05, limited=0.05, dropped=0.02, retry_after=_RETRY_AFTER
)
_QUANTILES: Final = (0.5, 0.95, 0.99)
_CONCURRENCY: Final = 64


@dataclass(frozen=True, slots=True)
class Sizes:
    """How many questions, starts and rounds a measurement takes."""

    few: int = 500
    many: int = 5_500
    rounds: int = 3
    starts: int = 7
    memory: int = 10_000
    latency: int = 8_000
    faults: int = 2_000
    kill: int = 3_300


FULL: Final = Sizes()
QUICK: Final = Sizes(
    many=1_500, rounds=1, starts=3, memory=2_000, latency=1_000, faults=400, kill=1_000
)


class Figure(NamedTuple):
    """What a row of the table shows, and what the harness may take at most."""

    what: str
    unit: str = ""
    bound: float | None = None


class Found(NamedTuple):
    """A figure's value; None is said to be not measured, for the reason in `note`."""

    value: float | None
    note: str = ""


class Take(Protocol):
    """Finds the values of a measure's figures, in their order; `home` is its own."""

    def __call__(self, tool: Installed, home: Path, sizes: Sizes) -> Iterator[Found]:
        """Measure; raises `TrialError`."""


class Measure(NamedTuple):
    """A measurement, and the figures that it finds."""

    take: Take
    figures: tuple[Figure, ...]


def _cpu(tool: Installed, home: Path, sizes: Sizes) -> Iterator[Found]:
    """Slopes between two sizes, each run in a fresh process; and whether the scores are right."""
    slopes, unlike = [], 0
    with StubServer(Behaviour(seconds=0.02)) as stub:
        for number in range(sizes.rounds):
            spent = []
            for count in (sizes.few, sizes.many):
                trial = Trial(tool, home / f"{number}-{count}", stub, count)
                spent.append(trial.run().cpu)
                right = sum(row.right is True for row in trial.told())
                unlike += abs(right - (count - round(WRONG * count)))
            slopes.append((spent[1] - spent[0]) / (sizes.many - sizes.few) * 1e6)
    yield Found(median(slopes), f"{sizes.few:,} and {sizes.many:,} questions, {_rounds(slopes)}")
    yield Found(unlike)


def _startup(tool: Installed, home: Path, sizes: Sizes) -> Iterator[Found]:
    """The median of some starts, after one that nobody counts."""
    spent = [_start(tool, home / str(number)) for number in range(sizes.starts + 1)][1:]
    yield Found(median(spent), f"{min(spent):.2f} to {max(spent):.2f} s in {len(spent)} starts")


def _start(tool: Installed, home: Path) -> float:
    with StubServer(Behaviour(hold=True)) as stub:
        trial = Trial(tool, home, stub, 1)
        trial.start("run")
        trial.until_arrived(1)
        spent = trial.cpu_so_far()
        stub.release()
        trial.finish()
    return spent


def _memory(tool: Installed, home: Path, sizes: Sizes) -> Iterator[Found]:
    with StubServer(Behaviour(seconds=0.005)) as stub:
        spent = Trial(tool, home / "trial", stub, sizes.memory).run()
    yield Found(spent.peak / 1e6, f"{sizes.memory:,} questions")


def _latency(tool: Installed, home: Path, sizes: Sizes) -> Iterator[Found]:
    """How far p50, p95 and p99 are off the server's, of the requests of the same prompts."""
    told, truth = _ask(tool, home, _SLOW, sizes.latency)
    said = [(row.prompt, row.seconds) for row in told if row.seconds is not None]
    yield from _off(Matched.of(said, service_seconds(truth)))


def _first_token(tool: Installed, home: Path, sizes: Sizes) -> Iterator[Found]:
    """As `_latency`, with eight tokens that come 10 ms apart."""
    told, truth = _ask(tool, home, _STREAMED, sizes.latency)
    said = [(row.prompt, row.first_token) for row in told if row.first_token is not None]
    yield from _off(Matched.of(said, first_token_seconds(truth)))


def _off(matched: Matched) -> Iterator[Found]:
    if not matched.told:
        raise TrialError("it has reported no time")
    for quantile in _QUANTILES:
        told, true = (float(np.quantile(side, quantile)) * 1e3 for side in matched)
        note = f"{told:,.1f} told, {true:,.1f} true, n = {len(matched.told):,}"
        yield Found(abs(told - true), note)


def _faults(tool: Installed, home: Path, sizes: Sizes) -> Iterator[Found]:
    """Faults that pass when the request is tried again."""
    with StubServer(_FAULTY) as stub:
        trial = Trial(tool, home / "trial", stub, sizes.faults)
        try:
            trial.run()
            told, why = trial.told(), ""
        except TrialError as error:
            told, why = [], str(error)
        truth = stub.truth()
    faults = Counter(row.status for row in truth if row.status != 200)
    met = f"500: {faults[500]}, 429: {faults[429]}, dropped: {faults[0]}"
    yield Found(float(not told), why)
    yield Found(sizes.faults - _answered(told), f"of {sizes.faults:,}; met {met}")
    answers = Counter(row.prompt for row in truth if row.status == 200)
    yield Found(sum(count - 1 for count in answers.values()))
    yield Found(_hasty(truth), f"of {faults[429]} that were told to wait {_RETRY_AFTER:g} s")


def _kill(tool: Installed, home: Path, sizes: Sizes) -> Iterator[Found]:
    """One `kill -9` when half of the questions have been asked, then the tool's own resume."""
    with StubServer(Behaviour(mode="lognormal", seconds=0.03, sigma=_SPREAD)) as stub:
        trial = Trial(tool, home / "trial", stub, sizes.kill, resumable=True)
        trial.start("run")
        trial.until_arrived(sizes.kill // 2)
        trial.kill()
        arrived = stub.state().arrived
        trial.start("resume")
        trial.finish()
        told, truth = trial.told(), stub.truth()
    again = sum(row.attempt > 1 for row in truth)
    yield Found(again, f"killed after {arrived:,} requests of {sizes.kill:,}")
    yield Found(sizes.kill - _answered(told))


def _ask(
    tool: Installed, home: Path, behaviour: Behaviour, count: int
) -> tuple[list[Told], list[Served]]:
    with StubServer(behaviour) as stub:
        trial = Trial(tool, home / "trial", stub, count)
        trial.run()
        return trial.told(), stub.truth()


def _answered(told: Sequence[Told]) -> int:
    return len({row.prompt for row in told if not row.failed})


def _hasty(truth: Sequence[Served]) -> int:
    """Requests that came sooner after a 429 than the server had asked for."""
    limited = {(row.prompt, row.attempt): row.last_byte for row in truth if row.status == 429}
    return sum(
        row.arrival - limited[before] < _RETRY_AFTER
        for row in truth
        if (before := (row.prompt, row.attempt - 1)) in limited
    )


def _rounds(figures: Sequence[float]) -> str:
    spread = f", {min(figures):,.0f} to {max(figures):,.0f} µs" if len(figures) > 1 else ""
    return f"{len(figures)} round{'s'[: len(figures) > 1]}{spread}"


def _planned(quantile: float) -> float:
    """The bound in ms of a quantile of the planned service times: 2 ms, or 2 % of it."""
    planned = _SECONDS * math.exp(_SPREAD * NormalDist().inv_cdf(quantile))
    return max(2.0, 0.02 * planned * 1e3)


MEASURES: Final = {
    "cpu": Measure(
        _cpu,
        (
            Figure("cpu: a question beyond the first 500", "µs", 200.0),
            Figure("cpu: scores that are not as planted", "", 0.0),
        ),
    ),
    "startup": Measure(_startup, (Figure("startup: CPU until the first request", "s", 0.6),)),
    "memory": Measure(_memory, (Figure("memory: peak of the largest process", "MB", 150.0),)),
    "latency": Measure(
        _latency,
        tuple(Figure(f"latency: p{q * 100:.0f} off by", "ms", _planned(q)) for q in _QUANTILES),
    ),
    "faults": Measure(
        _faults,
        (
            Figure("faults: run lost", "", 0.0),
            Figure("faults: questions without an answer", "", 0.0),
            Figure("faults: answered more than once", "", 0.0),
            Figure("faults: tried again before Retry-After", "", 0.0),
        ),
    ),
    "kill": Measure(
        _kill,
        (
            Figure("kill: questions asked again", "", _CONCURRENCY),
            Figure("kill: questions without an answer", "", 0.0),
        ),
    ),
    "first_token": Measure(
        _first_token,
        tuple(Figure(f"first token: p{q * 100:.0f} off by", "ms", 2.0) for q in _QUANTILES),
    ),
}
