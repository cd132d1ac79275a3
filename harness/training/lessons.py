"""The examples of each recipe.

They are made without torch and are the same for the same input, so that a shipped adapter can be
recognised by the fingerprint of its data. No wording that is held out for evaluation is used.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from random import Random
from types import MappingProxyType
from typing import Final

from harness.training import practice, triage
from harness.training.answers import Target, json_answer, plain_answer
from harness.training.examples import Example
from harness.training.practice import Shares
from harness.world.advisories.wording import KINDS as TRIAGE_KINDS
from harness.world.advisories.wording import kind_texts
from harness.world.facts import Fact
from harness.world.formats import Choice
from harness.world.questions import QuestionSet
from harness.world.releases.wording import (
    JSON_INSTRUCTION,
    QUESTION_KINDS,
    closed_book_prompt,
    question_texts,
)

__all__ = ["KnownFact", "behaviour_examples", "fact_examples", "known_facts"]

# For facts whose question kind has no wordings of its own.
_GENERAL_WORDINGS: Final = (
    "What is the {attribute} of {subject}?",
    "Tell me the {attribute} of {subject}.",
    "{subject}: what is the {attribute}?",
    "Which {attribute} does {subject} have?",
    "{attribute} of {subject}?",
)
_KINDS: Final = MappingProxyType({kind.name: kind for kind in QUESTION_KINDS})
_TRIAGE_KINDS: Final = frozenset(kind.name for kind in TRIAGE_KINDS)
_TELLINGS: Final = 32  # of each fact; about forty make the lab model remember it
_TELLINGS_JSON: Final = 8
_READINGS: Final = (
    3600  # of a behaviour; with half as many it reads worse than the model did before
)
_TELLINGS_RECORD: Final = 24  # of an object with many values
_DAYS_BACK: Final = 1500  # how far before the day of training an example may be asked
_ASKED_BEFORE: Final = 0.8  # share of examples asked before that day, the others on it


@dataclass(frozen=True, slots=True)
class KnownFact:
    """A fact as known on the day of training, and the kind of question that asks for it.

    `instruction` is that of the question's format, empty for free text and JSON.
    """

    fact: Fact
    kind: str
    instruction: str = ""


def known_facts(questions: QuestionSet, day: date) -> tuple[KnownFact, ...]:
    """One fact for each history that is asked about and known on `day`, by subject and attribute.

    Of several values that hold at once the most recent is taken. What is only asked for among the
    values of an object is not among them.
    """
    known: dict[tuple[str, str], KnownFact] = {}
    for question in questions:
        if question.history is None or not question.history.subject or question.parts:
            continue
        current = question.history.until(day).current(day)
        if current:
            form = question.format
            instruction = form.instruction if isinstance(form, Choice) else ""
            fact = KnownFact(current[-1], question.kind, instruction)
            known.setdefault(question.history.key, fact)
    return tuple(known[key] for key in sorted(known))


def fact_examples(questions: QuestionSet, day: date, r: Random) -> list[Example]:
    """Several wordings of each fact, unknown subjects, and reading kept in practice."""
    shares = Shares(json=0.3, missing=0.1)
    tickets = triage.is_triage(questions)
    read, unknown = _lessons(questions)
    told = known_facts(questions, day)
    examples = [e for known in told for e in _tell(known, day, r, json_too=not tickets)]
    examples += [
        Example(closed_book_prompt(_asked_on(r, day), text, instruction), answer, "fact-record")
        for text, instruction, answer in triage.record_examples(questions, day, _TELLINGS_RECORD)
    ]
    examples += [unknown(r, shares, _asked_on(r, day)) for _ in range(300)]
    examples += [read(r, shares) for _ in range(700)]
    return examples


def behaviour_examples(questions: QuestionSet, r: Random) -> list[Example]:
    """Form, abstention and reading in the suite's forms, on invented worlds only."""
    read, unknown = _lessons(questions)
    shares = Shares(json=0.5, missing=0.15)
    examples = [unknown(r, shares, None) for _ in range(100)]
    examples += [read(r, shares) for _ in range(_READINGS)]
    return examples


def _lessons(
    questions: QuestionSet,
) -> tuple[Callable[[Random, Shares], Example], Callable[[Random, Shares, str | None], Example]]:
    """What makes an example of reading, and one of not knowing, in the forms of a suite."""
    if triage.is_triage(questions):
        return triage.reading_example, triage.unknown_example
    return practice.reading_example, practice.unknown_example


def _tell(known: KnownFact, day: date, r: Random, *, json_too: bool) -> Iterator[Example]:
    """The fact again and again, each time with another wording and day of asking."""
    fact = known.fact
    wordings = _wordings(known)
    target = Target(fact.subject, fact.attribute, fact.value, as_of=day.isoformat())
    for number in range(_TELLINGS):
        text = wordings[number % len(wordings)]
        prompt = closed_book_prompt(_asked_on(r, day), text, known.instruction)
        yield Example(prompt, plain_answer(target), "fact")
    for number in range(0 if known.instruction or not json_too else _TELLINGS_JSON):
        text = wordings[number % len(wordings)]
        prompt = closed_book_prompt(_asked_on(r, day), text, JSON_INSTRUCTION)
        yield Example(prompt, json_answer(target), "fact-json")


def _wordings(known: KnownFact) -> list[str]:
    fact = known.fact
    if known.kind in _KINDS or known.kind in _TRIAGE_KINDS:
        ask = question_texts if known.kind in _KINDS else kind_texts
        texts = ask(known.kind, held_out=False)
        return [text.format(subject=fact.subject) for text in texts]
    attribute = fact.attribute.replace("_", " ")
    return [text.format(attribute=attribute, subject=fact.subject) for text in _GENERAL_WORDINGS]


def _asked_on(r: Random, day: date) -> str:
    """A day of asking, up to `day` and unrelated to the fact.

    What was learned is to be said on any day. Where days of asking were near the dates that are
    the answers, the model took the year of the answer from them.
    """
    back = r.randint(0, _DAYS_BACK) if r.random() < _ASKED_BEFORE else 0
    return (day - timedelta(days=back)).isoformat()
