"""One row of a question set becomes a `Question`; `harness.world.loaders` documents the columns."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import date, datetime, time
from functools import lru_cache
from typing import Any, Final

from harness.errors import DataError, nearest
from harness.world.facts import Fact, History, ValueType
from harness.world.formats import Choice, FreeText, JsonSchema, OutputFormat, format_from_dict
from harness.world.questions import (
    ALIKE,
    Part,
    Question,
    history_from_dict,
    parts_from_list,
    shared,
)
from harness.world.tables import VALUE_TYPES

QUESTION_COLUMNS: Final = (
    "question",
    "answer",
    "choices",
    "format",
    "answerable",
    "history",
    "parts",
    "value_type",
    "id",
    "group",
    "kind",
    "tags",
)

_TRUTH: Final = {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}


def question_of_row(row: Mapping[str, Any], number: int) -> Question:
    """The question of a row with our column names; `number` is its id when it has none.

    Raises:
        DataError: a cell is empty, of the wrong kind or contradicts another one.
    """
    text = _text(row["question"])
    if not text.strip():
        raise DataError("question is empty")
    output_format = _format(_text(row["format"]).strip(), _texts(row["choices"]))
    history = _history(row)
    if history is not None and isinstance(output_format, Choice):
        _check_choice(history, output_format)
    parts = _parts(_text(row["parts"]).strip())
    if parts and not isinstance(output_format, JsonSchema):
        raise DataError("there are parts, which only an answer in JSON has")
    return Question(
        id=_text(row["id"]).strip() or str(number),
        text=text,
        history=history,
        format=output_format,
        group=shared(_text(row["group"])),
        kind=shared(_text(row["kind"])),
        tags=shared(_texts(row["tags"])),
        parts=parts,
    )


def _parts(text: str) -> tuple[Part, ...]:
    if not text:
        return ()
    try:
        parts = parts_from_list(json.loads(text))
    except (KeyError, TypeError, ValueError, RecursionError) as error:
        raise DataError(f"parts cannot be read: {error!r}") from error
    for part in parts:
        if not isinstance(part.pointer, str) or not part.pointer.startswith("/"):
            raise DataError(f"parts: {part.pointer!r} is no JSON pointer; write it as /due")
        _value_type(part.history.value_type)
    if len({part.pointer for part in parts}) != len(parts):
        raise DataError("parts has a pointer twice")
    return parts


def _history(row: Mapping[str, Any]) -> History | None:
    answers = _answers(row["answer"])
    dated = _text(row["history"])
    if not _truth(row["answerable"]):
        if answers or dated:
            raise DataError("answerable is false, yet there is an answer")
        return None
    if dated:
        if answers:
            raise DataError("there is an answer and a history; one of them must be empty")
        return _dated(dated)
    if not answers:
        raise DataError(
            "answer is empty; say answerable = false where nothing answers the question"
        )
    return _fixed(_value_type(_text(row["value_type"]).strip() or "text"), answers)


@lru_cache(maxsize=ALIKE)
def _fixed(value_type: ValueType, answers: tuple[str, ...]) -> History:
    return History("", "", value_type, tuple(Fact("", "", text, date.min) for text in answers))


def _answers(cell: object) -> tuple[str, ...]:
    """The right answers: the cell, or each text of a list; an empty list is no answer."""
    texts = [_text(item) for item in cell] if isinstance(cell, list) else [_text(cell)]
    if len(texts) > 1 and not all(text.strip() for text in texts):
        raise DataError("one of the answers is empty")
    return tuple(text for text in texts if text.strip())


@lru_cache(maxsize=ALIKE)
def _dated(text: str) -> History:
    try:
        history = history_from_dict(json.loads(text))
    except (KeyError, TypeError, ValueError, RecursionError) as error:
        raise DataError(f"history cannot be read: {error!r}") from error
    _value_type(history.value_type)
    if not history.facts:
        raise DataError("history has no facts")
    return history


def _value_type(name: str) -> ValueType:
    for value_type in VALUE_TYPES:
        if value_type == name:
            return value_type
    raise DataError(f"unknown value_type {name!r}: {nearest(name, VALUE_TYPES)}")


@lru_cache(maxsize=ALIKE)
def _format(text: str, choices: tuple[str, ...]) -> OutputFormat:
    """The format that a row asks for: as JSON text, by name, or by having choices."""
    if text.startswith("{"):
        if choices:
            raise DataError("there are choices and a format as JSON; one of them must be empty")
        try:
            return format_from_dict(json.loads(text))
        except json.JSONDecodeError as error:
            raise DataError(f"format is not JSON: {error.msg}") from error
        except (TypeError, ValueError, RecursionError) as error:
            raise DataError(f"format cannot be read: {error}") from error
    name = text or ("choice" if choices else "text")
    if name == "text" and not choices:
        return FreeText()
    if name == "choice" and len(set(choices)) > 1:
        return Choice(choices, f"Answer with one of: {', '.join(choices)}.")
    if name == "choice":
        raise DataError("choices has fewer than two options")
    if name == "text":
        raise DataError("format is text, yet there are choices")
    if name in {"json", "regex"}:
        raise DataError(f"format {name!r} needs more than its name; write it as JSON text")
    raise DataError(f"unknown format {name!r}: {nearest(name, ('text', 'choice'))}")


def _check_choice(history: History, output_format: Choice) -> None:
    for fact in history.facts:
        if fact.value not in output_format.options:
            raise DataError(
                f"answer {fact.value!r} is none of the choices: {', '.join(output_format.options)}"
            )


def _truth(cell: object) -> bool:
    text = _text(cell).strip().lower() or "true"
    if text not in _TRUTH:
        raise DataError(f"answerable is {text!r}: {nearest(text, ('true', 'false'))}")
    return _TRUTH[text]


def _texts(cell: object) -> tuple[str, ...]:
    """The texts of a list, or of one text with `|` between them."""
    parts = cell if isinstance(cell, list) else _text(cell).split("|")
    return tuple(text for part in parts if (text := _text(part).strip()))


def _text(cell: object) -> str:
    """A cell as text: nothing is empty, a day is ISO, a truth value is lower case.

    Raises:
        DataError: the cell holds a list or a record.
    """
    if cell is None:
        return ""
    if isinstance(cell, bool):
        return str(cell).lower()
    if isinstance(cell, datetime) and cell.time() == time():
        return cell.date().isoformat()  # a column of days may be stored as one of moments
    if isinstance(cell, (datetime, date)):
        return cell.isoformat()
    if isinstance(cell, (str, int, float)):
        return str(cell)
    hint = "; write it as JSON text" if isinstance(cell, dict) else ""
    raise DataError(f"a cell has {cell!r} where a text should stand{hint}")
