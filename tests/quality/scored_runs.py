"""Runs whose quality is known: `rag` retrieves and is right where it is planted, `base` never retrieves."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from harness.retrieval.base import Passage
from harness.running.folder import LoadedRun, RunFolder
from harness.running.manifest import Manifest, SystemManifest
from harness.running.record import Record
from harness.scoring.quality import Scored, Scorer
from harness.systems.base import Answer, Failure, Usage
from harness.world.facts import Fact, History
from harness.world.formats import FreeText, JsonSchema
from harness.world.questions import Question, QuestionSet

DAY = date(2026, 6, 1)
SCHEMA = JsonSchema("answer", {"type": "object", "properties": {"value": {"type": "string"}}})
PRICES = """\
[[prices]]
name = "stub-judge"
usd_per_million_prompt_tokens = 100.0
usd_per_million_completion_tokens = 0.0
source = "planted"
date = 2026-01-01

[[prices]]
name = "stub-embedder"
usd_per_million_prompt_tokens = 1.0
usd_per_million_completion_tokens = 0.0
source = "planted"
date = 2026-01-01
"""


def ragas() -> None:
    """Skip where ragas is not installed."""
    pytest.importorskip("ragas", reason="ragas is not installed: tox -e quality")


def question(i: int, *, strict: bool = False, answerable: bool = True) -> Question:
    """Product i is at version i.2 today and was at i.1 before; two questions a group."""
    subject = f"Product {i}"
    facts = (
        Fact(subject, "version", f"{i}.1", date(2025, 1, 1), date(2026, 1, 1)),
        Fact(subject, "version", f"{i}.2", date(2026, 1, 1), None, (f"v{i}.2",)),
    )
    return Question(
        id=f"q{i}",
        text=f"Which version is {subject}?",
        history=History(subject, "version", "version", facts) if answerable else None,
        format=SCHEMA if strict else FreeText(),
        group=f"g{i // 2}",
    )


def passage(i: int, minor: int = 2) -> Passage:
    """A passage that says of product i that it is at i.minor."""
    return Passage(f"d{i}-{minor}", DAY, f"Product {i} is at version {i}.{minor}", 1.0)


def answered(text: str | None, *passages: Passage) -> Answer:
    failure = Failure("timeout", "planted") if text is None else None
    return Answer(text, passages, Usage(10, 2), failure=failure)


def made(
    questions: list[Question],
    answers: Mapping[str, list[Answer]],
    *,
    run_id: str = "planted",
    settings: Mapping[str, Any] | None = None,
) -> LoadedRun:
    """A run in which each system gives one answer to each question, in their order."""
    asked = QuestionSet(questions)
    records = [
        Record(system, q.id, DAY, 0, position, "2026-06-01T00:00:00+00:00", answer)
        for position, (system, q, answer) in enumerate(
            (system, q, answer)
            for system, given in answers.items()
            for q, answer in zip(questions, given, strict=True)
        )
    ]
    manifest = Manifest(
        run_id=run_id,
        suite="planted",
        title="Planted",
        created="2026-06-01T00:00:00+00:00",
        seed=7,
        days=(DAY,),
        repeats=1,
        planned=len(records),
        systems=tuple(
            SystemManifest(name, "rag" if name.startswith("rag") else "base", {}, {})
            for name in answers
        ),
        fingerprints={"questions": asked.fingerprint()},
        versions={},
        machine={},
        settings=settings or {},
    )
    return LoadedRun(manifest, asked, tuple(records), ())


def kept(run: LoadedRun, home: Path) -> Path:
    """The run as a folder."""
    home.mkdir(parents=True, exist_ok=True)
    prices = home.parent / f"{home.name}-prices.toml"
    prices.write_text(f'title = "planted"\n{PRICES}')
    with RunFolder.create(
        home, run.manifest, run.questions, prices.read_text(encoding="utf-8")
    ) as folder:
        for record in run.records:
            folder.append(record)
    return home


def two_systems(n: int = 6, **more: Any) -> LoadedRun:  # noqa: ANN401  (of `made`)
    """`rag` says the current value of every even product, and has its passage; `base` says the old one."""
    questions = [question(i) for i in range(n)]
    rag = [
        answered(f"It is at {i}.{2 if i % 2 == 0 else 1}", passage(i), passage(i, 1))
        for i in range(n)
    ]
    base = [answered(f"It is at {i}.1") for i in range(n)]
    return made(questions, {"base": base, "rag": rag}, **more)


TEXT = Scorer("text", {"ragas": "0.4.3"})
JUDGE = Scorer("judge", {"ragas": "0.4.3", "model": "stub-judge", "prompts": "0" * 16})


def scored(run: LoadedRun, values: Mapping[str, list[float]], metric: str) -> list[Scored]:
    """Lines of `JUDGE`, or `TEXT`, with these values of each system in the order of the questions."""
    from harness.scoring.quality import METRICS, samples  # noqa: PLC0415  (as elsewhere)

    judged = METRICS[metric].judged
    by = (JUDGE if judged else TEXT).fingerprint
    lines = []
    for system, given in values.items():
        mine = [sample for sample in samples(run) if sample.key[0] == system]
        for sample, number in zip(mine, given, strict=True):
            pooled = METRICS[metric].of == "passages" and not judged
            of = sample.pooled if pooled else sample.digest
            lines.append(Scored(sample.key, by, of, {metric: number}, prompt_tokens=9, calls=1))
    return lines
