"""Watching a run: are all of its gates decided?"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final

from harness.errors import ConfigError
from harness.gates.evidence import Evidence, Scope
from harness.gates.expression import Figure
from harness.gates.judge import Declared, judge
from harness.running.folder import LoadedRun
from harness.running.manifest import Manifest
from harness.running.record import Record
from harness.scoring.score import Score
from harness.statistics.estimate import Estimate
from harness.statistics.table import RATES, score_tables
from harness.world.questions import QuestionSet

__all__ = ["Watch", "check_watchable"]

_STEP: Final = 0.05  # looked at again when so many more answers are in: looking takes time
_FIRST: Final = 20


def check_watchable(gates: Sequence[Declared], manifest: Manifest) -> None:
    """Raise `ConfigError` where a run cannot stop when its gates are decided, and say why."""
    if not gates:
        raise ConfigError("to stop when gates are decided, the suite needs gates ([[gates]])")
    if len(manifest.days) > 1 or manifest.repeats > 1:
        raise ConfigError(
            "a run that stops when its gates are decided has one day and one repeat: name a day "
            f"(--days {manifest.days[-1]}) and --repeats 1"
        )
    for gate in gates:
        if gate.expression.against_baseline:
            raise ConfigError(
                f"gate {gate.title!r} needs a baseline: it is judged after the run only"
            )
        if gate.expression.figure.metric not in RATES:
            raise ConfigError(f"gate {gate.title!r} is on no rate: it takes the whole run")


class Watch:
    """Told each record of a run; says when all gates are decided by their confidence sequences."""

    def __init__(
        self,
        gates: Sequence[Declared],
        manifest: Manifest,
        questions: QuestionSet,
        score: Callable[[Record], Score],
        records: Sequence[Record] = (),
    ) -> None:
        self._gates = gates
        self._manifest = manifest
        self._questions = questions
        self._score = score
        self._records = list(records)
        self._scores = [score(record) for record in records]
        self._next = max(_FIRST, len(self._records))

    def __call__(self, record: Record) -> bool:
        """Whether it may stop now."""
        self._records.append(record)
        self._scores.append(self._score(record))
        if len(self._records) < self._next:
            return False
        self._next = len(self._records) + max(1, int(_STEP * len(self._records)))
        ordered = tuple(sorted(self._records, key=lambda one: one.position))
        run = LoadedRun(self._manifest, self._questions, ordered, ())
        report = judge(self._gates, _Running(run, self._scores), seed=self._manifest.seed)
        return bool(report.verdicts) and not report.of("inconclusive")


class _Running(Evidence):
    """The scores of a run so far."""

    def __init__(self, run: LoadedRun, scores: Sequence[Score]) -> None:
        self.run = run
        self.systems = tuple(system.name for system in run.manifest.systems)
        self._scores = tuple(scores)
        self._whole = None
        self._tables = {Scope(): score_tables(scores, self.systems)}

    def unpriced(self, figure: Figure) -> Estimate | None:  # noqa: ARG002  (rates only)
        """Rates cost nothing."""
        return None
