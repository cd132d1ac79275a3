"""A run as the history keeps it: what was answered, what scoring said of it, and the figures."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from harness.running.folder import LoadedRun
from harness.running.manifest import Manifest
from harness.scoring.score import Score
from harness.statistics.estimate import Estimate
from harness.statistics.results import Results
from harness.systems.base import Usage

__all__ = ["Figures", "Kept", "Snapshot", "take"]

Figures = Mapping[str, Mapping[str, Estimate]]
"""The estimates of each system, by the names of system and metric."""


@dataclass(frozen=True, slots=True)
class Kept:
    """One answer: its score, what was asked and answered, and what it took.

    `timing` and `cost` are the score's; `passages` are the ids of the documents that were read.
    """

    score: Score
    position: int
    started: str
    question: str
    text: str | None
    failure: str
    finish_reason: str
    passages: tuple[str, ...]
    usage: Usage
    attempts: int


@dataclass(frozen=True, slots=True)
class Snapshot:
    """A run with its figures as they were when it was saved; `answers` in the plan's order."""

    manifest: Manifest
    figures: Figures
    notes: tuple[str, ...]
    answers: tuple[Kept, ...]

    @property
    def systems(self) -> tuple[str, ...]:
        """The names of its systems."""
        return tuple(system.name for system in self.manifest.systems)


def take(run: LoadedRun, results: Results) -> Snapshot:
    """What to keep of a run whose figures were formed."""
    scores = {_key(score): score for score in results.scores}
    answers = []
    for record in run.records:
        answer = record.answer
        failure = answer.failure
        answers.append(
            Kept(
                score=scores[record.key],
                position=record.position,
                started=record.started,
                question=run.questions[record.question_id].text,
                text=answer.text,
                failure=f"{failure.kind}: {failure.message}" if failure is not None else "",
                finish_reason=answer.finish_reason or "",
                passages=tuple(passage.document_id for passage in answer.passages),
                usage=answer.usage,
                attempts=answer.attempts,
            )
        )
    figures = {system.name: dict(system.metrics) for system in results.systems}
    return Snapshot(run.manifest, figures, results.notes, tuple(answers))


def _key(score: Score) -> tuple[str, str, str, int]:
    return score.system, score.question_id, score.day.isoformat(), score.repeat
