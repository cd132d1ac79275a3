"""Processor time a question: of the harness, journalled and scored, and of a bare client."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from statistics import median
from typing import Final

from bench_suite import WRONG, write_suite
from runner.fresh import run_bare, run_suite
from runner.rows import Row
from stub_plan import Behaviour
from stub_server import StubServer

from harness.errors import ConfigError
from harness.systems.config import load_systems

_FEW: Final = 500
_MANY: Final = 5_500
_ROUNDS: Final = 3
_BEHAVIOUR: Final = Behaviour(seconds=0.02)
_BOUND: Final = 200.0
_RATIO: Final = 1.5
_STUB_BOUND: Final = 60.0


def measure(home: Path, *, quick: bool) -> Iterator[Row]:
    """What a question beyond the first 500 takes at 64 in flight, every run in a fresh process."""
    with StubServer(_BEHAVIOUR) as stub:
        bench = _Bench(home, stub, 1 if quick else _ROUNDS)
        whole, loop = bench.bare(streamed=False)
        yield Row("cpu: bare client", whole, "µs", note=loop)
        streamed, _ = bench.bare(streamed=True)
        yield Row("cpu: bare client, streamed", streamed, "µs", note=loop)
        yield from bench.harness("harness", whole, streamed=None)
        if _has_choice(write_suite(home / "probe", stub.url, questions=1, streamed=False)):
            yield from bench.harness("harness, not streamed", whole, streamed=False)
        else:
            yield Row("cpu: harness, not streamed", None, note="there is no such choice")
    yield _stub_itself(home / "stub")


class _Bench:
    """Suites of two sizes at one server, asked in some rounds."""

    def __init__(self, home: Path, stub: StubServer, rounds: int) -> None:
        self._home = home
        self._stub = stub
        self._rounds = rounds

    def bare(self, *, streamed: bool) -> tuple[float, str]:
        """Microseconds a question of a bare client, and what it is."""
        loops = set()

        def spent(questions: int) -> list[float]:
            took = run_bare(self._suite(questions, None), self._stub.url, streamed=streamed)
            loops.add(took.loop)
            return [took.cpu]

        (each,) = self._slopes(spent)
        return each, f"aiohttp on {' and '.join(loops)}"

    def harness(self, which: str, bare: float, *, streamed: bool | None) -> Iterator[Row]:
        """The rows of the harness beside `bare` microseconds of a client that does nothing else."""
        unlike = 0

        def spent(questions: int) -> list[float]:
            nonlocal unlike
            took = run_suite(self._suite(questions, streamed), self._home / "runs")
            unlike += abs(took.right - (questions - round(WRONG * questions)))
            return [took.asked.cpu, took.returned.cpu, took.scored.cpu]

        asked, returned, scored = self._slopes(spent)
        yield Row(f"cpu: {which}, all asked and journalled", asked, "µs")
        yield Row(f"cpu: {which}, compare has returned", returned, "µs")
        yield Row(f"cpu: {which}, scored", scored, "µs", _BOUND)
        yield Row(f"cpu: {which}, scored / bare client", scored / bare, "x", _RATIO)
        yield Row(f"cpu: {which}, scores that are not as planted", unlike, bound=0)

    def _suite(self, questions: int, streamed: bool | None) -> Path:
        folder = self._home / f"{questions}-{streamed}"
        if folder.exists():
            return folder
        return write_suite(folder, self._stub.url, questions=questions, streamed=streamed)

    def _slopes(self, spent: Callable[[int], list[float]]) -> list[float]:
        """Microseconds for each question more, of each figure that `spent` gives in seconds.

        The median of the rounds.
        """
        rounds = []
        for _ in range(self._rounds):
            pairs = zip(spent(_FEW), spent(_MANY), strict=True)
            rounds.append([(many - few) / (_MANY - _FEW) * 1e6 for few, many in pairs])
        return [median(figures) for figures in zip(*rounds, strict=True)]


def _stub_itself(home: Path) -> Row:
    with StubServer() as stub:
        run_bare(write_suite(home, stub.url, questions=_MANY), stub.url, streamed=False)
        state = stub.state()
    spent = state.cpu_seconds / state.arrived * 1e6
    return Row("cpu: the stub itself, a request", spent, "µs", _STUB_BOUND)


def _has_choice(suite: Path) -> bool:
    """Whether a system may say that its model is not to be streamed."""
    try:
        load_systems(suite / "systems.toml")
    except ConfigError:
        return False
    return True
