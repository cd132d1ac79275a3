"""Runs whose systems are refreshed by a known clock and answer by a known rule."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

from harness.retrieval.base import Passage
from harness.running.folder import LoadedRun
from harness.running.manifest import Manifest, SystemManifest
from harness.running.record import Record
from harness.scoring.prices import PriceBook
from harness.scoring.score import Score
from harness.scoring.scorer import score
from harness.systems.base import Answer, Preparation, Timing
from harness.world.facts import Fact, History
from harness.world.questions import Question, QuestionSet

DAYS = (date(2026, 1, 1), date(2026, 4, 1), date(2026, 7, 1))

Rule = Callable[[Question, date], str | tuple[str, tuple[Passage, ...]]]


@dataclass(frozen=True)
class Scripted:
    """A system by its settings, what each day's preparation took, and how it answers."""

    name: str
    answer: Rule
    settings: Mapping[str, Any] = field(default_factory=dict)
    preparations: Sequence[Preparation] = ()
    seconds: float = 0.5


def history(subject: str, *starts: date, attribute: str = "latest_version") -> History:
    """Versions 1, 2, 3 ... of a subject, each until the next begins; the last one holds."""
    ends = [*starts[1:], None]
    facts = tuple(
        Fact(subject, attribute, f"{number}.0.{len(subject)}", start, end)
        for number, (start, end) in enumerate(zip(starts, ends, strict=True), 1)
    )
    return History(subject, attribute, "version", facts)


def question(of: History, name: str = "") -> Question:
    return Question(name or of.subject, f"Latest version of {of.subject}?", of, group=of.subject)


def value(of: Question, day: date) -> str:
    """The answer of one who knows the world of `day`."""
    assert of.history is not None
    current = of.history.current(day)
    return current[-1].value if current else "I don't know."


def passage(text: str, day: date = DAYS[0], name: str = "d") -> Passage:
    return Passage(name, day, text, 1.0)


def run(
    questions: Sequence[Question], systems: Sequence[Scripted], days: Sequence[date] = DAYS
) -> LoadedRun:
    records: list[Record] = []
    for day in days:
        for asked in questions:
            for system in systems:
                given = system.answer(asked, day)
                text, passages = given if isinstance(given, tuple) else (given, ())
                answer = Answer(text, passages, timing=Timing(total=system.seconds))
                records.append(Record(system.name, asked.id, day, 0, len(records), "", answer))
    manifest = Manifest(
        run_id="clockwork",
        suite="clockwork",
        title="Clockwork",
        created="2026-07-01",
        seed=5,
        days=tuple(days),
        repeats=1,
        planned=len(records),
        systems=tuple(SystemManifest(s.name, "external", s.settings, {}) for s in systems),
        fingerprints={},
        versions={},
        machine={},
        preparations={s.name: tuple(s.preparations) for s in systems},
    )
    return LoadedRun(manifest, QuestionSet(questions), tuple(records), ())


def scores(of: LoadedRun) -> tuple[Score, ...]:
    return tuple(score(of.questions[r.question_id], r, PriceBook.empty()) for r in of.records)


def later(day: date, days: int) -> date:
    return day + timedelta(days=days)
