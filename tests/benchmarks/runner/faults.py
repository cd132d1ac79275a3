"""Refused, failed and broken requests: every question is answered once, or its failure recorded."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

from bench_suite import MARKER, write_suite
from runner.fresh import run_suite
from runner.rows import Row
from stub_plan import Behaviour
from stub_server import StubServer
from stub_truth import Served

from harness import api

_QUESTIONS: Final = 2_000
_FEW: Final = 200
_REFUSED: Final = 0.05
_RETRY_AFTER: Final = 1.0
_PASSING: Final = Behaviour(
    seconds=0.02, failing=0.05, limited=0.05, dropped=0.02, retry_after=_RETRY_AFTER
)
_BROKEN: Final = Behaviour(seconds=0.02, broken=0.05, gap=0.005)


def measure(home: Path, *, quick: bool) -> Iterator[Row]:  # noqa: ARG001  (as long either way)
    """Faults that pass at 2,000 questions, and some that do not."""
    yield from _passing(home / "passing")
    yield from _broken(home / "broken")
    for status in (400, 500):
        yield from _permanent(home / f"permanent-{status}", status)


def _passing(home: Path) -> Iterator[Row]:
    run, truth = _ask(home, _PASSING, _QUESTIONS)
    loaded = api.load(run).loaded
    answers = Counter(row.prompt for row in truth if row.status == 200)
    faults = Counter(row.status for row in truth if row.status != 200)
    asked = Counter(row.prompt for row in truth)
    met = f"500: {faults[500]}, 429: {faults[429]}, dropped: {faults[0]}"
    yield Row("faults: questions lost", _QUESTIONS - len(loaded.records), bound=0, note=met)
    failed = Counter(r.answer.failure.kind for r in loaded.records if r.answer.failure)
    yield Row("faults: recorded as failed", failed.total(), bound=0, note=_counted(failed))
    double = sum(count - 1 for count in answers.values())
    yield Row("faults: answered more than once", double, bound=0)
    ungiven = sum(row.status != 200 and asked[row.prompt] == row.attempt for row in truth)
    yield Row("faults: not tried again", ungiven, bound=0)
    yield Row("faults: tried again before Retry-After", _hasty(truth), bound=0)


def _broken(home: Path) -> Iterator[Row]:
    """Each has a record; whether it is tried again is the client's to choose, and is only told."""
    run, truth = _ask(home, _BROKEN, _FEW)
    records = api.load(run).loaded.records
    broken = sum(row.status == 0 for row in truth)
    again = sum(row.attempt > 1 for row in truth)
    note = f"{broken} broke off after a token, {again} of them tried again"
    yield Row("faults: lost where streams broke off", _FEW - len(records), bound=0, note=note)


def _permanent(home: Path, status: int) -> Iterator[Row]:
    """What fails for good is an outcome: of its questions and of no other."""
    behaviour = Behaviour(seconds=0.02, marker=MARKER, refusal=status)
    run, truth = _ask(home, behaviour, _FEW, refused=_REFUSED)
    loaded = api.load(run).loaded
    wrong = sum(
        (MARKER in loaded.questions[record.question_id].text) != (record.answer.failure is not None)
        for record in loaded.records
    )
    kinds = Counter(r.answer.failure.kind for r in loaded.records if r.answer.failure)
    requests = sum(row.status == status for row in truth)
    note = f"{_counted(kinds)}, {requests} requests"
    wrong += _FEW - len(loaded.records)
    yield Row(f"faults: always {status}: outcomes that are not so", wrong, bound=0, note=note)


def _ask(
    home: Path, behaviour: Behaviour, count: int, *, refused: float = 0.0
) -> tuple[Path, list[Served]]:
    with StubServer(behaviour) as stub:
        suite = write_suite(home, stub.url, questions=count, refused=refused)
        return run_suite(suite, home / "runs").path, stub.truth()


def _hasty(truth: Sequence[Served]) -> int:
    """Requests that came sooner after a 429 than the server had asked for."""
    limited = {(row.prompt, row.attempt): row.last_byte for row in truth if row.status == 429}
    return sum(
        row.arrival - limited[before] < _RETRY_AFTER
        for row in truth
        if (before := (row.prompt, row.attempt - 1)) in limited
    )


def _counted(kinds: Counter[str]) -> str:
    return ", ".join(f"{kind}: {count}" for kind, count in sorted(kinds.items()))
