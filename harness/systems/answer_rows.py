"""One row of recorded answers becomes an `Answer`.

question_id, text, seconds
    Whose answer it is, the answer, and how long it took. Where the system failed `text` is null (in
    CSV, which has no null, there is a `failure`), and `seconds` may be.
day
    The day of which it is the answer (2026-08-22); without one, of every day.
first_token_seconds, prompt_tokens, completion_tokens, finish_reason
    What else the system told; the finish reason `length` means that it ran out of tokens.
passages
    What was retrieved, best first: a list of texts, or of objects of `text` and, where they are
    known, `id` and `day`. In CSV the list is JSON text.
failure, message
    Instead of a text: the kind of failure in a word (`timeout`), and what was said of it.
"""

from __future__ import annotations

import json
import math
import reprlib
from collections.abc import Mapping
from datetime import date, datetime, time
from typing import Any, Final

from harness.errors import DataError, nearest
from harness.retrieval.base import UNDATED, Passage
from harness.systems.base import Answer, Failure, Timing, Usage
from harness.world.questions import shared
from harness.world.tables import parse_day

__all__ = [
    "ANSWER_KEYS",
    "REQUIRED_KEYS",
    "answer_of_row",
    "day_of_row",
    "question_of_row",
]

REQUIRED_KEYS: Final = ("question_id", "text", "seconds")
ANSWER_KEYS: Final = (
    *REQUIRED_KEYS,
    "day",
    "first_token_seconds",
    "prompt_tokens",
    "completion_tokens",
    "finish_reason",
    "passages",
    "failure",
    "message",
)
_PASSAGE_KEYS: Final = ("id", "day", "text")
_FAILED: Final = "the recording says that it failed"

_short = reprlib.repr  # a cell in a message: it may hold a whole document


def question_of_row(row: Mapping[str, Any]) -> str:
    """The id of the question; a whole number counts as its digits.

    Raises:
        DataError: there is none, or it is something else.
    """
    cell = row.get("question_id")
    if isinstance(cell, int) and not isinstance(cell, bool):
        return str(cell)
    name = _text(row, "question_id").strip()
    if not name:
        raise DataError("'question_id' is missing or empty")
    return name


def day_of_row(row: Mapping[str, Any]) -> date | None:
    """The day of which it is the answer; None: of every day.

    Raises:
        DataError: the cell is no day.
    """
    return _day(row.get("day"))


def answer_of_row(row: Mapping[str, Any]) -> Answer:
    """The answer of a row with our keys, or its failure.

    Raises:
        DataError: a cell is missing, of the wrong kind or contradicts another one.
    """
    failure = _failure(row)
    seconds, first = _number(row, "seconds"), _number(row, "first_token_seconds")
    if seconds is None and failure is None:
        raise DataError("'seconds' is missing or empty")
    total = seconds or 0.0
    if first is not None and first > total:
        raise DataError(f"'first_token_seconds' is {first:g}, more than the {total:g} of the whole")
    return Answer(
        None if failure is not None else row["text"],
        passages=_passages(row.get("passages")),
        usage=_usage(row),
        timing=Timing(
            first_token=first, decode=None if first is None else total - first, total=total
        ),
        finish_reason=shared(_text(row, "finish_reason") or "stop"),
        failure=failure,
    )


def _failure(row: Mapping[str, Any]) -> Failure | None:
    kind, message = _text(row, "failure"), _text(row, "message")
    if kind and row.get("text"):
        raise DataError("there are a 'text' and a 'failure'; one of them must be empty")
    if kind:
        return Failure(shared(kind), message or _FAILED)
    if "text" not in row:
        raise DataError("the key 'text' is missing")
    if row["text"] is None:
        return Failure("recorded", message or _FAILED)
    if not isinstance(row["text"], str):
        raise DataError(f"'text' must be a text or null, not {_short(row['text'])}")
    if message:
        raise DataError("there is a 'message' and no 'failure' that it is about")
    return None


def _usage(row: Mapping[str, Any]) -> Usage:
    prompt, completion = _count(row, "prompt_tokens"), _count(row, "completion_tokens")
    # Shared: most recordings have no tokens, or few different numbers of them.
    return shared(Usage(prompt or 0, completion or 0, counted=None not in {prompt, completion}))


def _count(row: Mapping[str, Any], key: str) -> int | None:
    number = _number(row, key)
    if number is not None and not number.is_integer():
        raise DataError(f"{key!r} must be a whole number from 0 up, not {_short(row[key])}")
    return None if number is None else int(number)


def _number(row: Mapping[str, Any], key: str) -> float | None:
    """A number from 0 up, in digits where the file has texts only; None where there is none."""
    cell = row.get(key)
    if cell is None or cell == "":
        return None
    try:
        number = math.nan if isinstance(cell, bool) else float(cell)
    except (TypeError, ValueError, OverflowError):
        number = math.nan
    if not 0 <= number < math.inf:
        raise DataError(f"{key!r} must be a number from 0 up, not {_short(cell)}")
    return number


def _text(row: Mapping[str, Any], key: str) -> str:
    cell = row.get(key)
    if cell is None:
        return ""
    if not isinstance(cell, str):
        raise DataError(f"{key!r} must be a text, not {_short(cell)}")
    return cell


def _day(cell: object) -> date | None:
    if cell is None or cell == "":
        return None
    if isinstance(cell, datetime) and cell.time() == time():
        return cell.date()
    if isinstance(cell, date) and not isinstance(cell, datetime):
        return cell
    return parse_day(str(cell))


def _passages(cell: object) -> tuple[Passage, ...]:
    if isinstance(cell, str):
        try:
            cell = json.loads(cell) if cell else None
        except (ValueError, RecursionError) as error:
            raise DataError(f"'passages' is no list in JSON: {error}") from error
    if cell is None:
        return ()
    if not isinstance(cell, list):
        raise DataError(f"'passages' must be a list, not {_short(cell)}")
    return tuple(_passage(item, len(cell) - place) for place, item in enumerate(cell))


def _passage(item: object, score: float) -> Passage:
    if isinstance(item, str):
        return Passage("", UNDATED, item, score)
    if not isinstance(item, dict):
        raise DataError(f"'passages' has {_short(item)} where a text or an object should stand")
    for key in item:
        if key not in _PASSAGE_KEYS:
            raise DataError(f"'passages' has the key {key!r}: {nearest(key, _PASSAGE_KEYS)}")
    if not isinstance(item.get("text"), str):
        raise DataError(f"'passages' has {_short(item)}, which has no 'text'")
    identifier = item.get("id")
    if isinstance(identifier, bool) or not isinstance(identifier, str | int | None):
        raise DataError(f"'passages' has the id {_short(identifier)}, which is no text")
    name = "" if identifier is None else str(identifier)
    return Passage(name, _day(item.get("day")) or UNDATED, item["text"], score)
