"""The documented table formats, read and written.

Facts (CSV)
    subject, attribute, value, value_type, valid_from, valid_to; days are ISO (2025-08-22), an
    empty `valid_to` means that the value still holds. Optional: aliases, other spellings of the
    value with `|` between them.
Documents (JSON Lines, plain or gzip; or Parquet)
    id, day, text; optional: style, states (lists of [subject, attribute, value]), supersedes
    (ids).
Questions (JSON Lines)
    written here, read by `harness.world.loaders.load_questions`, which documents the columns.

A reader returns what it could read, each row with its line, and the problems of the other rows.
"""

from __future__ import annotations

import csv
import gzip
import io
import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any, Final, get_args

from harness.errors import DataError, nearest
from harness.world.corpus import Corpus, Document, Statement
from harness.world.facts import Fact, Timeline, ValueType
from harness.world.formats import format_to_dict
from harness.world.problems import Problem
from harness.world.questions import Question, QuestionSet, question_to_dict
from harness.world.rows import read_csv, read_json_lines, read_parquet

FACT_COLUMNS: Final = ("subject", "attribute", "value", "value_type", "valid_from", "valid_to")
_ALIASES: Final = "aliases"
DOCUMENT_KEYS: Final = ("id", "day", "text", "style", "states", "supersedes")
VALUE_TYPES: Final[tuple[ValueType, ...]] = get_args(ValueType)

_DAY: Final = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
_STATEMENT_FIELDS: Final = 3


@dataclass(frozen=True, slots=True)
class FactRow:
    """A fact with the type of its value and the line it stands on."""

    line: int
    fact: Fact
    value_type: ValueType


@dataclass(frozen=True, slots=True)
class DocumentRow:
    """A document with the line it stands on."""

    line: int
    document: Document


def parse_day(text: str) -> date:
    """An ISO calendar day.

    Raises:
        DataError: `text` is no day of the form 2025-08-22.
    """
    if _DAY.fullmatch(text):
        try:
            return date.fromisoformat(text)
        except ValueError:
            pass
    raise DataError(f"{text!r} is no day; write it as 2025-08-22")


def read_facts(path: Path) -> tuple[list[FactRow], list[Problem]]:
    """The facts of a CSV table and what is wrong with the other rows.

    Raises:
        DataError: the file is missing, no UTF-8 or lacks a column.
    """
    rows: list[FactRow] = []
    problems: list[Problem] = []
    for line, record in read_csv(path, FACT_COLUMNS, problems):
        try:
            rows.append(FactRow(line, *_fact(record)))
        except DataError as error:
            problems.append(Problem(str(path), line, str(error)))
    return rows, problems


def _fact(record: Mapping[str, str]) -> tuple[Fact, ValueType]:
    for column in ("subject", "attribute", "value"):
        if not record[column].strip():
            raise DataError(f"{column} is empty")
    value_type = next((name for name in VALUE_TYPES if name == record["value_type"]), None)
    if value_type is None:
        raise DataError(
            f"unknown value_type {record['value_type']!r}: "
            f"{nearest(record['value_type'], VALUE_TYPES)}"
        )
    start = parse_day(record["valid_from"])
    end = parse_day(record["valid_to"]) if record["valid_to"] else None
    if end is not None and end <= start:
        raise DataError(f"valid_to {end} does not lie after valid_from {start}")
    aliases = tuple(a for part in record.get(_ALIASES, "").split("|") if (a := part.strip()))
    fact = Fact(record["subject"], record["attribute"], record["value"], start, end, aliases)
    return fact, value_type


def write_facts(timeline: Timeline, path: Path) -> None:
    """Write the facts as CSV, history after history."""
    with path.open("w", encoding="utf-8", newline="") as file:
        aliases = any(fact.aliases for history in timeline for fact in history.facts)
        file.write(_csv_line((*FACT_COLUMNS, _ALIASES) if aliases else FACT_COLUMNS))
        for history in timeline:
            for fact in history.facts:
                end = fact.valid_to.isoformat() if fact.valid_to else ""
                start = fact.valid_from.isoformat()
                cells = [fact.subject, fact.attribute, fact.value, history.value_type, start, end]
                file.write(_csv_line([*cells, "|".join(fact.aliases)] if aliases else cells))


def _csv_line(cells: Iterable[str]) -> str:
    # A writer told to end lines in \n would leave a \r within a cell unquoted.
    buffer = io.StringIO(newline="")
    csv.writer(buffer).writerow(cells)
    return buffer.getvalue().removesuffix("\r\n") + "\n"


def read_documents(path: Path) -> tuple[list[DocumentRow], list[Problem]]:
    """The documents of a JSON Lines or Parquet file and what is wrong with the other rows.

    Raises:
        DataError: the file is missing, unreadable or of an unknown kind.
    """
    rows: list[DocumentRow] = []
    problems: list[Problem] = []
    records = read_parquet(path) if path.suffix == ".parquet" else read_json_lines(path, problems)
    for line, record in records:
        try:
            rows.append(DocumentRow(line, _document(record)))
        except DataError as error:
            problems.append(Problem(str(path), line, str(error)))
    return rows, problems


def _document(record: Mapping[str, Any]) -> Document:
    for key in record:
        if key not in DOCUMENT_KEYS:
            raise DataError(f"unknown key {key!r}: {nearest(key, DOCUMENT_KEYS)}")
    identifier, text = _text(record, "id"), _text(record, "text")
    day = record.get("day")
    style = record.get("style") or ""
    if not isinstance(style, str):
        raise DataError(f"style is {style!r}, not a text")
    return Document(
        identifier,
        day if type(day) is date else parse_day(_text(record, "day")),
        text,
        style,
        tuple(_statement(item) for item in _list(record, "states")),
        tuple(_reference(item) for item in _list(record, "supersedes")),
    )


def _text(record: Mapping[str, Any], key: str) -> str:
    value = record.get(key)
    if not isinstance(value, str) or not value.strip():
        empty = not value or isinstance(value, str)
        raise DataError(f"{key} is missing or empty" if empty else f"{key} is {value!r}")
    return value


def _list(record: Mapping[str, Any], key: str) -> list[Any]:
    value = record.get(key)
    if value is None:
        return []
    if not isinstance(value, list):
        raise DataError(f"{key} is {value!r}, not a list")
    return value


def _statement(item: object) -> Statement:
    if (
        not isinstance(item, list)
        or len(item) != _STATEMENT_FIELDS
        or not all(isinstance(part, str) and part for part in item)
    ):
        raise DataError(f"states has {item!r} where [subject, attribute, value] should stand")
    return Statement(*item)


def _reference(item: object) -> str:
    if not isinstance(item, str) or not item:
        raise DataError(f"supersedes has {item!r} where the id of a document should stand")
    return item


def write_documents(corpus: Corpus, path: Path) -> None:
    """Write the documents as JSON Lines, gzip when the name ends in `.gz`."""
    lines = "".join(
        json.dumps(
            {
                "id": document.id,
                "day": document.day.isoformat(),
                "text": document.text,
                "style": document.style,
                "states": [[s.subject, s.attribute, s.value] for s in document.states],
                "supersedes": list(document.supersedes),
            },
            ensure_ascii=False,
        )
        + "\n"
        for document in corpus
    ).encode()
    # A fixed time stamp: the same corpus gives the same bytes.
    path.write_bytes(gzip.compress(lines, mtime=0) if path.suffix == ".gz" else lines)


def write_questions(questions: QuestionSet, path: Path) -> None:
    """Write the questions as JSON Lines that `load_questions` reads back unchanged."""
    parts = any(question.parts for question in questions)
    path.write_text(
        "".join(
            json.dumps(_question(question, parts=parts), ensure_ascii=False) + "\n"
            for question in questions
        ),
        encoding="utf-8",
        newline="\n",
    )


def _question(question: Question, *, parts: bool) -> dict[str, Any]:
    # Format, history and parts travel as JSON text: a column of a table has one type in all rows.
    data = question_to_dict(question)
    history, own = data["history"], data.get("parts")
    row = {
        "id": question.id,
        "question": question.text,
        "answerable": history is not None,
        "history": json.dumps(history, ensure_ascii=False) if history else "",
        "format": json.dumps(format_to_dict(question.format), ensure_ascii=False),
        "group": question.group,
        "kind": question.kind,
        "tags": list(question.tags),
    }
    if parts:
        row["parts"] = json.dumps(own, ensure_ascii=False) if own else ""
    return row
