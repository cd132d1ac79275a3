"""Whether a JSON answer cites a passage that it can rest on.

A format with a `source_pointer` asks for an object with the `passage` (its number in the prompt, from
1) and its `date`. The citation is right when that passage was shown and names the question's subject
(its group where the history names none), and the date is its day. Where no passage that was shown names the subject, both must be null. Without a subject nothing is judged.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from harness.retrieval.base import Passage
from harness.scoring.jsontext import Json, resolve
from harness.scoring.phrases import find_phrase, fold
from harness.scoring.score import PartScore
from harness.world.formats import JsonSchema
from harness.world.questions import Question

__all__ = ["FIELDS", "score_source", "source_pointers"]

FIELDS: Final = ("passage", "date")


def source_pointers(question: Question) -> tuple[str, ...]:
    """Where an answer cites its passage; empty where that is not asked for or cannot be judged."""
    form = question.format
    pointer = form.source_pointer if isinstance(form, JsonSchema) and _subject(question) else ""
    return tuple(f"{pointer}/{field}" for field in FIELDS) if pointer else ()


def score_source(
    question: Question, whole: Json, passages: Sequence[Passage]
) -> tuple[PartScore, ...]:
    """The verdicts on the number and on the day that an answer cites."""
    pointers = source_pointers(question)
    if not pointers:
        return ()
    number, day = (_at(whole, pointer) for pointer in pointers)
    fitting = {n: p for n, p in enumerate(passages, 1) if _names(p, question)}
    if not fitting:
        return tuple(_due_null(p, said) for p, said in zip(pointers, (number, day), strict=True))
    cited = number if isinstance(number, int) and not isinstance(number, bool) else None
    passage = fitting.get(cited) if cited is not None else None
    return (
        _verdict(pointers[0], number, right=passage is not None),
        _verdict(pointers[1], day, right=passage is not None and day == passage.day.isoformat()),
    )


def _subject(question: Question) -> str:
    history = question.history
    return (history.subject if history is not None else "") or question.group


def _names(passage: Passage, question: Question) -> bool:
    return bool(find_phrase(passage.text, fold(_subject(question))))


def _at(whole: Json, pointer: str) -> Json:
    try:
        return resolve(whole, pointer)
    except KeyError:
        return None


def _due_null(pointer: str, said: Json) -> PartScore:
    return PartScore(pointer, "abstained" if said is None else "wrong", right=said is None)


def _verdict(pointer: str, said: Json, *, right: bool) -> PartScore:
    if right:
        return PartScore(pointer, "current", right=True)
    return PartScore(pointer, "abstained" if said is None else "wrong", right=False)
