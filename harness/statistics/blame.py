"""How often which part of a retrieving system is to blame."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from harness.retrieval.base import Passage
from harness.running.folder import LoadedRun
from harness.scoring.blame import BLAMES, Blame, Stands, blame, standing
from harness.scoring.score import FreshnessClass, Score
from harness.statistics.estimate import Estimate
from harness.statistics.intervals import rate
from harness.world.facts import History

__all__ = ["SystemBlame", "blame_by_system"]


@dataclass(frozen=True, slots=True)
class SystemBlame:
    """The counts and shares of each blame over the `judged` answers of one system.

    `unjudged` answers have no blame: to a yes or no, or where nothing answers the question.
    """

    system: str
    counts: Mapping[Blame, int]
    shares: Mapping[Blame, Estimate]
    judged: int
    unjudged: int


def blame_by_system(run: LoadedRun, scores: tuple[Score, ...]) -> tuple[SystemBlame, ...]:
    """One for each system that retrieved anything, in the run's order.

    `scores` are those of `run.records`, in their order.
    """
    retrieving = {record.system for record in run.records if record.answer.passages}
    found: dict[str, list[tuple[Blame, str]]] = {}
    asked: dict[str, int] = {}
    stands: dict[str, Stands] = defaultdict(_remembered)
    for record, score in zip(run.records, scores, strict=True):
        if record.system not in retrieving:
            continue
        asked[record.system] = asked.get(record.system, 0) + 1
        label = blame(run.questions[record.question_id], record, score, stands[record.question_id])
        if label is not None:
            found.setdefault(record.system, []).append((label, score.cluster))
    names = [system.name for system in run.manifest.systems if system.name in retrieving]
    return tuple(_system(name, found.get(name, []), asked[name]) for name in names)


def _remembered() -> Stands:
    """`standing` for one question, which reads each passage once a day: systems retrieve the same ones."""
    known: dict[tuple[str, date], FreshnessClass | None] = {}

    def stands(passage: Passage, history: History, day: date) -> FreshnessClass | None:
        key = passage.text, day
        if key not in known:
            known[key] = standing(passage, history, day)
        return known[key]

    return stands


def _system(name: str, found: list[tuple[Blame, str]], asked: int) -> SystemBlame:
    clusters = [cluster for _, cluster in found]
    outcomes = {label: [found_label == label for found_label, _ in found] for label in BLAMES}
    return SystemBlame(
        system=name,
        counts={label: sum(of_label) for label, of_label in outcomes.items()},
        shares={label: rate(of_label, clusters) for label, of_label in outcomes.items()},
        judged=len(found),
        unjudged=asked - len(found),
    )
