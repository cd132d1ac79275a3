"""Gates as they stand in a `suite.toml`, not yet read: what they mean, `harness.gates` knows.

gates = ["rag.stale_rate <= 5%"]             # in short, or

[[gates]]
expression = "rag.stale_rate <= 5%"          # required: see harness.gates.expression
name = "fresh"                               # without one, the expression
sentence = "One user in twenty sees an outdated version, at most."
days = [2026-08-22]                          # judged on these days of the suite only
tags = ["retrieval"]                         # and on questions that have one of these tags
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import Any, Final, Never

from harness.errors import ConfigError, located, nearest

__all__ = ["GateRow", "read_gate_rows", "row_from_dict", "row_to_dict"]

_KEYS: Final = ("expression", "name", "sentence", "days", "tags")
_HEADER: Final = re.compile(r"\s*\[\[\s*gates\s*\]\]")
_SHORT: Final = re.compile(r"\s*gates\s*=")


@dataclass(frozen=True, slots=True)
class GateRow:
    """One gate of a suite; no `days` are all of a run's, no `tags` all questions.

    `where` is its place in the file, for what is found to be wrong with the expression later.
    """

    expression: str
    name: str = ""
    sentence: str = ""
    days: tuple[date, ...] = ()
    tags: tuple[str, ...] = ()
    where: str = ""

    @property
    def title(self) -> str:
        """The name, or the expression where there is none."""
        return self.name or self.expression


def row_to_dict(row: GateRow) -> dict[str, Any]:
    """A JSON-ready dictionary without the place."""
    return {
        "expression": row.expression,
        "name": row.name,
        "sentence": row.sentence,
        "days": [day.isoformat() for day in row.days],
        "tags": list(row.tags),
    }


def row_from_dict(data: Mapping[str, Any]) -> GateRow:
    """The inverse of `row_to_dict`; raises KeyError, TypeError or ValueError on damaged data."""
    days = tuple(map(date.fromisoformat, data["days"]))
    return GateRow(data["expression"], data["name"], data["sentence"], days, tuple(data["tags"]))


def read_gate_rows(
    path: Path, text: str, values: object, days: Sequence[date]
) -> tuple[GateRow, ...]:
    """The gates of a file from what `tomllib` read under `gates`.

    Raises `ConfigError` with file and line for what is wrong with one, and for two of one name.
    """
    lines = text.splitlines()
    starts = [number for number, line in enumerate(lines, 1) if _HEADER.match(line)]
    short = next((number for number, line in enumerate(lines, 1) if _SHORT.match(line)), None)
    if not isinstance(values, list):
        _fail(path, short, f"gates must be a list of texts or tables [[gates]], not {values!r}")
    if len(starts) != len(values):
        starts = []
    rows: list[GateRow] = []
    for place, value in enumerate(values):
        line = starts[place] if starts else short
        row = _row(path, line, value, days)
        where = _place(lines, line or 1, row.expression) or line
        row = replace(row, where=located(path, where, "")[:-2])
        if any(row.title == before.title for before in rows):
            _fail(path, where, f"gates: a second gate {row.title!r}: give it another name")
        rows.append(row)
    return tuple(rows)


def _row(path: Path, line: int | None, value: object, days: Sequence[date]) -> GateRow:
    if isinstance(value, str):
        return GateRow(value)
    if not isinstance(value, dict):
        _fail(
            path, line, f"gates must be a list of texts or tables [[gates]]; {value!r} is neither"
        )
    for key in value:
        if key not in _KEYS:
            _fail(path, line, f"gates: unknown key {key!r}: {nearest(key, _KEYS)}")
    texts = {}
    for key in ("expression", "name", "sentence"):
        texts[key] = value.get(key, "")
        if not isinstance(texts[key], str):
            _fail(path, line, f"gates: {key} must be a text, not {value[key]!r}")
    if not texts["expression"].strip():
        _fail(path, line, 'gates: expression is missing, such as "rag.stale_rate <= 5%"')
    tags = value.get("tags", [])
    if not isinstance(tags, list) or not all(isinstance(tag, str) for tag in tags):
        _fail(path, line, f"gates: tags must be a list of texts, not {tags!r}")
    return GateRow(**texts, days=_days(path, line, value.get("days", []), days), tags=tuple(tags))


def _days(path: Path, line: int | None, values: object, among: Sequence[date]) -> tuple[date, ...]:
    if not isinstance(values, list):
        _fail(path, line, f"gates: days must be a list of days, not {values!r}")
    found: list[date] = []
    for value in values:
        try:
            day = date.fromisoformat(value) if isinstance(value, str) else value
        except ValueError:
            day = None
        if not isinstance(day, date) or day not in among:
            valid = ", ".join(map(str, among))
            _fail(path, line, f"gates: days: {value} is none of the days; valid: {valid}")
        found.append(day)
    return tuple(found)


def _place(lines: Sequence[str], start: int, expression: str) -> int | None:
    """The line from `start` on that holds the expression."""
    numbers = range(start, len(lines) + 1)
    return next((number for number in numbers if expression in lines[number - 1]), None)


def _fail(path: Path, line: int | None, message: str) -> Never:
    raise ConfigError(located(path, line, message))
