"""The parts of a JSON answer, each against its own history: level "right" per JSON path.

Each part that a question asks for has one class:

| class | holds when |
|---|---|
| `current` | what stands at its pointer is, whole and not only in passing, a value that holds |
| `premature` | it is a value from after the day; not one of a closed list, which may be a guess |
| `stale` | it is an outdated value |
| `wrong` | it is something else |
| `abstained` | nothing stands there: null, empty or left out |
| `unparseable`, `failed` | the whole answer is no JSON object or list; there is no answer |

A part is right when it is current or, where no value holds on the day, abstained. A list is compared
as a set with the values of a fact, which stand between commas.

The answer has the worst class among its faulty parts and the field that answers the question: from
the worst failed, unparseable, premature, stale, mixed, wrong, abstained. As in a single answer, what
is outdated shows although something else is wrong beside it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Final

from harness.retrieval.base import Passage
from harness.scoring.freshness import standing, with_age
from harness.scoring.jsontext import Json, JsonTextError, find, resolve
from harness.scoring.matching import finder
from harness.scoring.offered import offered
from harness.scoring.phrases import fold
from harness.scoring.reading import clean
from harness.scoring.score import Freshness, FreshnessClass, PartScore
from harness.scoring.sources import score_source, source_pointers
from harness.world.facts import Fact, History
from harness.world.questions import Part, Question

__all__ = ["Parts", "score_parts"]

_WORST_FIRST: Final[tuple[FreshnessClass, ...]] = (
    "failed",
    "unparseable",
    "premature",
    "stale",
    "mixed",
    "wrong",
    "abstained",
    "undecided",
    "current",
)
_SHOWN: Final = 200


@dataclass(frozen=True, slots=True)
class Parts:
    """The verdict on each part, and the class of the whole answer with them."""

    parts: tuple[PartScore, ...]
    freshness: Freshness

    @property
    def right(self) -> bool:
        """Whether every part is right."""
        return all(part.right for part in self.parts)


def score_parts(
    question: Question,
    text: str | None,
    day: date,
    freshness: Freshness,
    passages: Sequence[Passage] = (),
) -> Parts:
    """Judge every part that the question asks for, also of an answer that cannot be read.

    `freshness` is that of the field that answers the question; `passages` are those that were shown,
    which a format with a `source_pointer` has cited.
    """
    pointers = source_pointers(question)
    if not question.parts and not pointers:
        return Parts((), freshness)
    whole = _whole(text)
    if whole is None:
        label: FreshnessClass = "failed" if text is None else "unparseable"
        places = (*(part.pointer for part in question.parts), *pointers)
        return Parts(tuple(PartScore(p, label, right=False) for p in places), freshness)
    judged = [
        _classified(question, part, _said(whole, part.pointer), day) for part in question.parts
    ]
    scores = tuple(
        PartScore(found.path, found.label, right=found.label == _due(part, day))
        for part, found in zip(question.parts, judged, strict=True)
    )
    faults = [found for found, score in zip(judged, scores, strict=True) if not score.right]
    sources = score_source(question, whole, passages)
    faults += [Freshness(one.label, path=one.pointer) for one in sources if not one.right]
    worst = min([freshness, *faults], key=lambda one: _WORST_FIRST.index(one.label))
    return Parts((*scores, *sources), worst)


def _whole(text: str | None) -> Json:
    """The object or list of an answer; None where it has none."""
    if text is None:
        return None
    try:
        whole = find(clean(text))
    except JsonTextError:
        return None
    return whole if isinstance(whole, dict | list) else None


def _due(part: Part, day: date) -> FreshnessClass:
    return "current" if part.history.current(day) else "abstained"


def _classified(
    question: Question, part: Part, said: str | tuple[str, ...], day: date
) -> Freshness:
    if not said:
        return Freshness("abstained", path=part.pointer)
    shown = said if isinstance(said, str) else ", ".join(said)
    found = Freshness("wrong", matched=shown[:_SHOWN], path=part.pointer)
    named = _named(said, part.history)
    if not named:
        return found
    label, fact = standing(named, day)
    found = replace(found, value=fact.value, valid_from=fact.valid_from, valid_to=fact.valid_to)
    if label == "premature" and _closed(question, part):
        return found  # no sign of a leak, as in `harness.scoring.freshness`
    found = replace(found, label=label)
    return with_age(found, part.history, day) if label == "stale" else found


def _closed(question: Question, part: Part) -> bool:
    return part.history.value_type == "boolean" or bool(offered(question.format, part.pointer))


def _said(whole: Json, pointer: str) -> str | tuple[str, ...]:
    """What stands at the pointer, as text or texts; empty where nothing does."""
    try:
        value = resolve(whole, pointer)
    except KeyError:
        return ""
    if isinstance(value, list):
        return tuple(text for item in value if (text := _text(item)))
    return _text(value)


def _text(value: Json) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    return str(value).strip()


def _named(said: str | tuple[str, ...], history: History) -> list[Fact]:
    """The facts that have the value said, whole."""
    if isinstance(said, tuple):
        spoken = {fold(text) for text in said}
        return [
            fact
            for fact in history.facts
            if any({fold(one) for one in text.split(",")} == spoken for text in _spellings(fact))
        ]
    # A finder looks for the core of a name (`Zeta` of `Zeta Inc.`), which is not all of it.
    literal = said.casefold()
    values = {
        value
        for mention in finder(history)(said)
        if not mention.partial and said[mention.start : mention.end] == said
        for value in mention.values
    }
    return [
        fact
        for fact in history.facts
        if fact.value in values or literal in {text.casefold() for text in _spellings(fact)}
    ]


def _spellings(fact: Fact) -> tuple[str, ...]:
    return (fact.value, *fact.aliases)
