"""Questions and the histories that answer them."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Hashable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property, lru_cache
from typing import Any, Final, TypeVar

from harness import fastjson
from harness.errors import DataError
from harness.world.facts import Fact, History
from harness.world.formats import FreeText, OutputFormat, format_from_dict, format_to_dict

DERIVED: Final = "derived"
"""The tag of a question whose answer follows from several passages, so that no single one spells it."""

ALIKE: Final = 256
"""How many formats, histories, texts are remembered, so that questions that have the same share one.

Of a hundred thousand questions most have one of few formats, kinds and tags, and those about one
fact, which have its group and history, stand side by side.
"""

_SORTED: Final = json.JSONEncoder(sort_keys=True)

_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class Part:
    """A value that a JSON answer holds at `pointer` (RFC 6901), and its history.

    On a day without a value nothing may stand there: the field is null or left out.
    """

    pointer: str
    history: History


@dataclass(frozen=True, slots=True)
class Question:
    """A prompt, the history that answers it, and the form the answer must have.

    `history` is None when nothing in the corpus answers the question: the right answer is then to
    abstain. `group` is the cluster for statistics (paraphrases of one fact share it). `kind` and
    `tags` slice reports. `parts` are what a JSON answer must say, each at
    its own place; the field that answers may be one of them, and is then compared whole.
    """

    id: str
    text: str
    history: History | None
    format: OutputFormat = field(default_factory=FreeText)
    group: str = ""
    kind: str = ""
    tags: tuple[str, ...] = ()
    parts: tuple[Part, ...] = ()

    def references(self, day: date) -> tuple[Fact, ...]:
        """The facts that answer the question on `day`; empty when it cannot be answered."""
        return self.history.current(day) if self.history is not None else ()

    @property
    def plain(self) -> bool:
        """Whether one history decides the answer and a passage can spell it: no parts, not derived."""
        return not self.parts and DERIVED not in self.tags

    @property
    def cluster(self) -> str:
        """The statistical unit: the group, or the question itself when it has none."""
        return self.group or self.id


class QuestionSet:
    """Questions in a fixed order, with a content fingerprint."""

    def __init__(self, questions: Iterable[Question]) -> None:
        """Raises `DataError` where two have one id."""
        self._by_id: dict[str, Question] = {}
        for question in questions:
            if question.id in self._by_id:
                raise DataError(f"two questions have the id {question.id!r}")
            self._by_id[question.id] = question

    def __iter__(self) -> Iterator[Question]:
        return iter(self._by_id.values())

    def __len__(self) -> int:
        return len(self._by_id)

    def __getitem__(self, question_id: str) -> Question:
        return self._by_id[question_id]

    def __contains__(self, question_id: object) -> bool:
        """Whether a question has this id."""
        return question_id in self._by_id

    def fingerprint(self) -> str:
        """SHA-256 (first 16 hex digits) over every question and its history."""
        return self._fingerprint

    @cached_property
    def _fingerprint(self) -> str:
        digest = hashlib.sha256()
        for question in self:
            digest.update(_SORTED.encode(question_to_dict(question)).encode())
        return digest.hexdigest()[:16]


def question_to_dict(question: Question) -> dict[str, Any]:
    """A JSON-ready dictionary; dates are ISO, an open end is None.

    A fact is a list of value, start and end, and of its aliases where it has some. `parts` is
    missing where there are none.
    """
    history = question.history
    parts = [[part.pointer, history_to_dict(part.history)] for part in question.parts]
    return {
        "id": question.id,
        "text": question.text,
        "kind": question.kind,
        "group": question.group,
        "tags": list(question.tags),
        "format": format_to_dict(question.format),
        "history": None if history is None else history_to_dict(history),
    } | ({"parts": parts} if parts else {})


def history_to_dict(history: History) -> dict[str, Any]:
    """A JSON-ready dictionary of a history, facts as in `question_to_dict`."""
    return {
        "subject": history.subject,
        "attribute": history.attribute,
        "value_type": history.value_type,
        "facts": [_fact_to_list(fact) for fact in history.facts],
    }


def _fact_to_list(fact: Fact) -> list[Any]:
    end = fact.valid_to.isoformat() if fact.valid_to else None
    aliases = [list(fact.aliases)] if fact.aliases else []
    return [fact.value, fact.valid_from.isoformat(), end, *aliases]


def question_from_dict(data: dict[str, Any]) -> Question:
    """The inverse of `question_to_dict`."""
    return Question(
        id=data["id"],
        text=data["text"],
        history=history_from_dict(data["history"]) if data["history"] is not None else None,
        format=_format(fastjson.dumps(data["format"])),
        group=shared(data["group"]),
        kind=shared(data["kind"]),
        tags=shared(tuple(data["tags"])),
        parts=parts_from_list(data.get("parts", [])),
    )


@lru_cache(maxsize=ALIKE)
def _format(text: bytes) -> OutputFormat:
    return format_from_dict(json.loads(text))


def parts_from_list(data: list[Any]) -> tuple[Part, ...]:
    """The parts that `question_to_dict` wrote."""
    return tuple(Part(pointer, history_from_dict(history)) for pointer, history in data)


def history_from_dict(data: dict[str, Any]) -> History:
    """The inverse of `history_to_dict`."""
    subject, attribute = shared(data["subject"]), shared(data["attribute"])
    facts = tuple(
        Fact(
            subject,
            attribute,
            value,
            _day(start),
            _day(end) if end else None,
            tuple(*aliases),
        )
        for value, start, end, *aliases in data["facts"]
    )
    return History(subject, attribute, shared(data["value_type"]), facts)


@lru_cache(maxsize=ALIKE)
def _day(text: str) -> date:
    return date.fromisoformat(text)


def shared(value: _T) -> _T:
    """The equal value that came before, where one is remembered, so that it is kept once."""
    known: _T = _first(value)
    return known


@lru_cache(maxsize=ALIKE, typed=True)
def _first(value: Hashable) -> Any:  # noqa: ANN401  (as given)
    return value
