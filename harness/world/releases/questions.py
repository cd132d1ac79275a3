"""The questions of the suite: the same ones on every evaluation day.

A fact is asked about only if it was known, and stated by a visible document, on all of the days.
Each is asked in a wording that training may see and in one that it may not. Unanswerable questions
ask for real facts that no document of the corpus states.
"""

from __future__ import annotations

import random
import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from harness.world.corpus import Corpus, Statement
from harness.world.facts import History, Timeline
from harness.world.formats import Choice, FreeText, JsonSchema, OutputFormat
from harness.world.questions import Question, QuestionSet
from harness.world.releases.histories import VALUE_TYPES
from harness.world.releases.wording import (
    CHOICE_INSTRUCTION,
    JSON_INSTRUCTION,
    QUESTION_KINDS,
    QuestionKind,
)

QUARTERS: Final = 6  # the evaluation days: a quarter of a year apart, over 18 months
JSON_EVERY: Final = 3  # every third fact of a kind, and not of the choices, is asked for as JSON

_DAY_SCHEMA: Final = {"type": ["string", "null"], "pattern": "^[0-9]{4}-[0-9]{2}-[0-9]{2}$"}
FACT_SCHEMA: Final[Mapping[str, Any]] = {
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "type": "object",
    "additionalProperties": False,
    "required": ["product", "field", "value", "as_of", "known", "source"],
    "properties": {
        "product": {"type": "string"},
        "field": {"enum": sorted(VALUE_TYPES)},
        "value": {"type": ["string", "null"]},
        "as_of": _DAY_SCHEMA,
        "known": {"type": "boolean"},
        "source": {
            "type": "object",
            "additionalProperties": False,
            "required": ["passage", "date"],
            "properties": {"passage": {"type": ["integer", "null"]}, "date": _DAY_SCHEMA},
        },
    },
}


@dataclass(frozen=True, slots=True)
class Quota:
    """How many facts of a kind are asked about, and how many of them change between the days."""

    facts: int
    changing: int


QUOTAS: Final[Mapping[str, Quota]] = {
    "product_latest_version": Quota(52, 50),
    "product_latest_release_date": Quota(52, 50),
    "product_newest_cycle": Quota(36, 33),
    "cycle_latest_version": Quota(48, 45),
    "cycle_release_date": Quota(30, 0),
    "cycle_end_of_life": Quota(36, 0),
    "cycle_supported": Quota(32, 22),
    "cycle_lts": Quota(24, 0),
}


@dataclass(frozen=True, slots=True)
class Unknown:
    """A real subject, and a kind of question about it that the source could answer."""

    kind: QuestionKind
    subject: str


def evaluation_days(until: date) -> tuple[date, ...]:
    """`until` and the days a quarter, two quarters, … of a year before it, earliest first."""
    from dateutil.relativedelta import (  # type: ignore[import-untyped]  # noqa: PLC0415
        relativedelta,
    )

    return tuple(until - relativedelta(months=3 * n) for n in range(QUARTERS, -1, -1))


def choose_questions(
    timeline: Timeline,
    corpus: Corpus,
    unknowns: Iterable[Unknown],
    days: Sequence[date],
    seed: int,
) -> QuestionSet:
    """The question set: facts that are answerable on all `days` by quota, then the unanswerable."""
    rng = random.Random(f"{seed}/questions")  # noqa: S311 - reproducible, not secret
    products = {history.subject for history in timeline if history.attribute == "newest_cycle"}
    stated = {day: _stated(corpus, day) for day in days}
    askable = [history for history in timeline if _answerable(history, stated)]
    questions: list[Question] = []
    for kind in QUESTION_KINDS:
        matching = [
            history
            for history in askable
            if history.attribute == kind.attribute
            and (history.subject in products) == (kind.about == "product")
        ]
        for index, history in enumerate(_choose(matching, QUOTAS[kind.name], days, rng)):
            questions += _ask(kind, history.subject, history, index, rng)
    for index, unknown in enumerate(unknowns):
        questions += _ask(unknown.kind, unknown.subject, None, index, rng)
    return QuestionSet(questions)


def choose_unknowns(
    candidates: Iterable[Unknown], corpus: Corpus, per_kind: int, seed: int
) -> tuple[Unknown, ...]:
    """Up to `per_kind` candidates of each kind that no document ever states, each subject once.

    Choices are left out: "yes or no" leaves no room to abstain.
    """
    rng = random.Random(f"{seed}/unknowns")  # noqa: S311 - reproducible, not secret
    stated = {
        (statement.subject, statement.attribute)
        for document in corpus
        for statement in document.states
    }
    fitting = [
        unknown
        for unknown in candidates
        if unknown.kind.answer == "text" and (unknown.subject, unknown.kind.attribute) not in stated
    ]
    rng.shuffle(fitting)
    taken: list[Unknown] = []
    subjects: set[str] = set()
    per_name: Counter[str] = Counter()
    for unknown in fitting:
        if unknown.subject not in subjects and per_name[unknown.kind.name] < per_kind:
            taken.append(unknown)
            subjects.add(unknown.subject)
            per_name[unknown.kind.name] += 1
    return tuple(sorted(taken, key=lambda unknown: QUESTION_KINDS.index(unknown.kind)))


def changes_between(days: Sequence[date], history: History) -> bool:
    """Whether the history has different values on different `days`."""
    return len({fact.value for day in days for fact in history.current(day)}) > 1


def _stated(corpus: Corpus, day: date) -> frozenset[Statement]:
    return frozenset(statement for document in corpus.visible(day) for statement in document.states)


def _answerable(history: History, stated: Mapping[date, frozenset[Statement]]) -> bool:
    """Whether each day has one value, and a document visible on that day states it.

    Nobody announces that something is `supported`; the end of life says so.
    """
    for day, statements in stated.items():
        facts = history.current(day)
        if len(facts) != 1:
            return False
        if history.attribute == "supported":
            told = any(
                s.subject == history.subject and s.attribute == "end_of_life" for s in statements
            )
        else:
            told = Statement(history.subject, history.attribute, facts[0].value) in statements
        if not told:
            return False
    return True


def _choose(
    histories: Sequence[History], quota: Quota, days: Sequence[date], rng: random.Random
) -> list[History]:
    """Histories by quota; when too few change, others take their place."""
    changing = _spread([h for h in histories if changes_between(days, h)], rng)
    steady = _spread([h for h in histories if not changes_between(days, h)], rng)
    first = changing[: quota.changing]
    return [*first, *[*steady, *changing[quota.changing :]][: quota.facts - len(first)]]


def _spread(histories: Sequence[History], rng: random.Random) -> list[History]:
    """A random order that goes round the products, or round yes and no."""
    shuffled = list(histories)
    rng.shuffle(shuffled)
    seen: Counter[str] = Counter()
    ranks: list[int] = []
    for history in shuffled:
        boolean = history.value_type == "boolean"
        group = history.facts[-1].value if boolean else history.subject.rpartition(" ")[0]
        ranks.append(seen[group])
        seen[group] += 1
    order = sorted(range(len(shuffled)), key=ranks.__getitem__)
    return [shuffled[index] for index in order]


def _ask(
    kind: QuestionKind, subject: str, history: History | None, index: int, rng: random.Random
) -> list[Question]:
    """One fact asked twice: in a trained and in a held-out wording, in the same format."""
    slug = re.sub(r"[^a-z0-9.+]+", "-", subject.lower())
    output_format = _format(kind, index)
    return [
        Question(
            id=f"{slug}/{kind.attribute}/{tag}",
            text=rng.choice(wordings).format(subject=subject),
            history=history,
            format=output_format,
            group=f"{subject}/{kind.attribute}",
            kind=kind.name,
            tags=(tag,) if history else (tag, "unanswerable"),
        )
        for tag, wordings in (("trained", kind.trained), ("held-out", kind.held_out))
    ]


def _format(kind: QuestionKind, index: int) -> OutputFormat:
    if kind.answer == "choice":
        return Choice(("yes", "no"), CHOICE_INSTRUCTION)
    if index % JSON_EVERY == 0:
        return JsonSchema("fact", FACT_SCHEMA, instruction=JSON_INSTRUCTION)
    return FreeText()
