"""Speed of the freshness classifier and of the strictness ladder, each beside its bound."""

from __future__ import annotations

import json
import random
import time
from collections import Counter
from collections.abc import Callable
from datetime import date
from typing import Any

import pytest

from harness.fixtures import fixture_path
from harness.scoring.freshness import classify
from harness.scoring.score import FRESHNESS_CLASSES
from harness.scoring.strictness import grade
from harness.world.facts import Fact, History
from harness.world.formats import Choice, FreeText, JsonSchema, OutputFormat
from harness.world.loaders import load_questions

Show = Callable[[str], None]
Case = tuple[str, History | None, OutputFormat]

DAY = date(2026, 2, 22)
ANSWERS = 100_000
BOUND = 5.0
LADDER_BOUND = 3.0


@pytest.fixture(scope="module")
def cases() -> list[Case]:
    """Answers of every class to the questions of the releases suite, and to some about people."""
    rng = random.Random(0)
    questions = list(load_questions(fixture_path("releases/questions.jsonl")))
    people = [_office(rng, number) for number in range(200)]
    made: list[Case] = []
    while len(made) < ANSWERS:
        if rng.random() < 0.2:
            history = rng.choice(people)
            made.append((_sentence(rng, history), history, FreeText()))
            continue
        question = rng.choice(questions)
        made.append(
            (_answer(rng, question.history, question.format), question.history, question.format)
        )
    return made


def _office(rng: random.Random, number: int) -> History:
    first = ["Anna", "José", "Mary Jane", "Chidi", "Zoë", "Lars", "Mei", "Olu"]
    last = ["Núñez", "O'Hara", "van Dijk", "Okafor", "Løvås", "Smith-Jones", "Li", "Adeyemi"]
    starts = [date(2000 + 4 * term, 1, 1) for term in range(7)]
    facts = tuple(
        Fact(f"Town {number}", "mayor", f"{rng.choice(first)} {rng.choice(last)}", start, end)
        for start, end in zip(starts, [*starts[1:], None], strict=True)
    )
    return History(f"Town {number}", "mayor", "name", facts)


def _sentence(rng: random.Random, history: History) -> str:
    value = rng.choice(history.facts).value
    return rng.choice(
        (
            f"The mayor of {history.subject} is {value}.",
            f"{value.split()[-1]}",
            f"It was {rng.choice(history.facts).value}; since the last election it is {value}.",
            "I don't know who the mayor is.",
            "Somebody else entirely, whose name is Petra Unknown.",
        )
    )


def _answer(rng: random.Random, history: History | None, form: OutputFormat) -> str:
    value = rng.choice(history.facts).value if history and history.facts else "7.7.7"
    if isinstance(form, JsonSchema):
        field = form.value_pointer.removeprefix("/")
        return json.dumps({field: rng.choice((value, None, "9.9.9"))})
    if isinstance(form, Choice):
        return rng.choice((*form.options, f"{form.options[0].capitalize()}.", "I don't know."))
    return rng.choice(
        (
            value,
            f"The latest version is {value}, which came out this spring.",
            f"No longer {value}, now 9.9.9.",
            "I don't know.",
            "The context does not say which version is the latest.",
        )
    )


def test_a_hundred_thousand_answers(benchmark: Any, show: Show, cases: list[Case]) -> None:  # noqa: ANN401
    spent: list[float] = []

    def run() -> Counter[str]:
        begin = time.process_time()
        labels = Counter(classify(text, asked, DAY, form).label for text, asked, form in cases)
        spent.append(time.process_time() - begin)
        return labels

    labels = benchmark.pedantic(run, rounds=1 if not benchmark.enabled else 3)

    assert sum(labels.values()) == ANSWERS
    assert set(labels) <= set(FRESHNESS_CLASSES)
    show(f"{ANSWERS:,} answers: best {min(spent):.1f} s CPU (bound {BOUND:.0f} s), {dict(labels)}")


TICKET = JsonSchema(
    "ticket",
    {
        "type": "object",
        "required": ["value", "due", "steps"],
        "properties": {
            "value": {"type": "string"},
            "due": {"type": "string", "format": "date"},
            "priority": {"enum": ["P1", "P2", "P3"]},
            "steps": {"type": "array", "items": {"type": "string", "maxLength": 200}},
            "note": {"type": "string"},
        },
        "additionalProperties": False,
    },
)


def _ticket(rng: random.Random, number: int) -> str:
    """About 1 KB of JSON: nine in ten outputs valid, the others fenced, wrong or cut off."""
    ticket = {
        "value": f"CVE-2026-{number:05d}",
        "due": f"2026-{rng.randint(1, 12):02d}-{rng.randint(1, 28):02d}",
        "priority": rng.choice(("P1", "P2", "P3")),
        "steps": [f"Patch host {rng.randint(1, 999)} and restart it." for _ in range(12)],
        "note": "The vendor has published a fix. " * 14,
    }
    kind = rng.random()
    if kind < 0.03:
        return f"```json\n{json.dumps(ticket)}\n```"
    if kind < 0.06:
        return json.dumps(ticket | {"priority": "P9"})
    if kind < 0.08:
        return json.dumps(ticket | {"due": "soon"})
    return json.dumps(ticket) if kind > 0.1 else json.dumps(ticket)[:-40]


def test_a_hundred_thousand_outputs_on_the_ladder(benchmark: Any, show: Show) -> None:  # noqa: ANN401
    rng = random.Random(1)
    distinct = [_ticket(rng, number) for number in range(ANSWERS // 10)]
    outputs = distinct * 10
    spent: list[float] = []

    def run() -> Counter[bool]:
        begin = time.process_time()
        found = Counter(grade(text, TICKET, right=True).valid for text in outputs)
        spent.append(time.process_time() - begin)
        return found

    found = benchmark.pedantic(run, rounds=1 if not benchmark.enabled else 3)

    assert 0.88 < found[True] / ANSWERS < 0.92
    size = sum(map(len, distinct)) / len(distinct)
    show(
        f"{ANSWERS:,} outputs of {size:.0f} characters: best {min(spent):.1f} s CPU "
        f"(bound {LADDER_BOUND:.0f} s)"
    )
