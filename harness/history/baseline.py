"""A saved run in the place of a run's folder: what gates call baseline, and a diff its left side."""

from __future__ import annotations

from dataclasses import dataclass

from harness.history.snapshot import Snapshot
from harness.running.folder import LoadedRun
from harness.statistics.estimate import Estimate
from harness.statistics.results import Counts, Results, SystemResult, Upkeep
from harness.world.questions import QuestionSet

__all__ = ["SavedRun"]


@dataclass(frozen=True, slots=True)
class SavedRun:
    """A run out of the history.

    The history keeps scores and figures, not records: `loaded` has none, and `results` no more than gates ask
    for. `questions` are those of the run that is judged, of which only the tags are read.
    """

    snapshot: Snapshot
    questions: QuestionSet

    @property
    def loaded(self) -> LoadedRun:
        """Manifest and questions, without records."""
        return LoadedRun(self.snapshot.manifest, self.questions, (), self.snapshot.notes)

    @property
    def results(self) -> Results:
        """The scores, and the figures of each system as they were when it was saved."""
        scores = tuple(kept.score for kept in self.snapshot.answers)
        counts: dict[str, list[int]] = {name: [0, 0] for name in self.snapshot.systems}
        for kept in self.snapshot.answers:
            counts[kept.score.system][bool(kept.failure)] += 1
        return Results(
            systems=tuple(
                SystemResult(
                    name=system.name,
                    strategy=system.strategy,
                    counts=_counts(*counts[system.name]),
                    metrics=self.snapshot.figures[system.name],
                    by_day={},
                    by_kind={},
                    classes={},
                    upkeep=Upkeep(0.0, 0, 0.0, 0, 0, Estimate.unknown("not kept in the history")),
                )
                for system in self.snapshot.manifest.systems
            ),
            comparisons=(),
            flips=(),
            scores=scores,
            days=self.snapshot.manifest.days,
            notes=self.snapshot.notes,
        )


def _counts(answered: int, failed: int) -> Counts:
    return Counts(answered + failed, answered + failed, answered, failed)
