"""Runs with a planted truth: scripted answers of known classes, times and costs."""

from __future__ import annotations

import json
import random
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta

from harness.running.folder import LoadedRun
from harness.running.manifest import Manifest, SystemManifest
from harness.running.record import Record
from harness.systems.base import Answer, Failure, Preparation, Strategy, Timing, Usage
from harness.world.facts import Fact, History
from harness.world.formats import FreeText, JsonSchema
from harness.world.questions import Question, QuestionSet

DAYS = (date(2025, 8, 22), date(2026, 2, 22), date(2026, 8, 22))
SCHEMA = JsonSchema(
    "answer",
    {
        "type": "object",
        "required": ["value"],
        "properties": {"value": {"type": ["string", "null"]}},
        "additionalProperties": False,
    },
)


@dataclass(frozen=True)
class Script:
    """How a system answers: the chance of each class (the rest is wrong), of a valid format, time."""

    name: str
    strategy: Strategy
    classes: Mapping[str, float]
    valid: float = 1.0
    seconds: float = 0.03
    alike: float = 0.0  # the share of groups in which every answer has the same class
    settings: Mapping[str, str] = field(default_factory=lambda: {"model": "lab"})


def planted_run(
    *scripts: Script, groups: int = 60, size: int = 2, days: int = 3, seed: int = 0
) -> LoadedRun:
    """Every script answers `groups * size` questions on each day; one in three asks for JSON."""
    rng = random.Random(seed)
    questions = QuestionSet(
        Question(
            f"g{g}q{i}",
            "Which version is current?",
            _history(g, rng),
            SCHEMA if g % 3 == 0 else FreeText(),
            group=f"g{g}",
            kind=f"kind{g % 2}",
        )
        for g in range(groups)
        for i in range(size)
    )
    alike = {
        (script.name, f"g{g}"): _draw(script, rng) if rng.random() < script.alike else None
        for script in scripts
        for g in range(groups)
    }
    records: list[Record] = []
    for day in DAYS[:days]:
        for question in questions:
            for script in scripts:
                label = alike[script.name, question.group] or _draw(script, rng)
                answer = _answer(question, day, label, script, rng)
                records.append(
                    Record(script.name, question.id, day, 0, len(records), "2026-08-22", answer)
                )
    manifest = Manifest(
        run_id="planted",
        suite="planted",
        title="Planted",
        created="2026-08-22",
        seed=7,
        days=DAYS[:days],
        repeats=1,
        planned=len(records),
        systems=tuple(SystemManifest(s.name, s.strategy, s.settings, {}) for s in scripts),
        fingerprints={},
        versions={},
        machine={},
        preparations={s.name: (Preparation(DAYS[0], index_seconds=36.0),) for s in scripts},
    )
    return LoadedRun(manifest, questions, tuple(records), ())


def _history(group: int, rng: random.Random) -> History:
    """Versions that change between any two of the days, the last one open."""
    starts = [date(2024, 1, 1) + timedelta(days=rng.randrange(60))]
    while starts[-1] < DAYS[-1]:
        starts.append(starts[-1] + timedelta(days=rng.randrange(80, 120)))
    ends = [*starts[1:], None]
    facts = tuple(
        Fact(f"Product {group}", "latest_version", f"{group}.{i}.1", start, end)
        for i, (start, end) in enumerate(zip(starts, ends, strict=True))
    )
    return History(f"Product {group}", "latest_version", "version", facts)


def _draw(script: Script, rng: random.Random) -> str:
    labels = [*script.classes, "wrong"]
    return rng.choices(labels, [*script.classes.values(), 1 - sum(script.classes.values())])[0]


def _answer(
    question: Question, day: date, label: str, script: Script, rng: random.Random
) -> Answer:
    seconds = script.seconds * rng.lognormvariate(0, 0.3)
    timing = Timing(0.001, seconds * 0.2, seconds * 0.5, seconds * 0.3, seconds + 0.001)
    if label == "failed":
        return Answer(None, timing=timing, failure=Failure("timeout", "planted"))
    assert question.history is not None
    now = question.history.current(day)[0].value
    old = rng.choice(question.history.outdated(day)).value
    value = {
        "current": now,
        "mixed": f"{now} or {old}",
        "stale": old,
        "wrong": "999.9.9",
        "abstained": None,
    }[label]
    if question.format is SCHEMA:
        text = json.dumps({"value": value})
        if rng.random() >= script.valid:
            text = json.dumps({"value": value, "note": "planted"})
    else:
        text = f"It is version {value}." if value else "I don't know."
    return Answer(text, usage=Usage(100, 10), timing=timing)
