"""Answers that people have labelled, and the histories they are about.

A folder holds `histories.jsonl` (subject, attribute, question, history: a list of value, from, to;
optional: value_type, name unless said) and `answers.jsonl` (model, subject, attribute, prompt,
answer, label). Labels are correct, outdated and irrelevant. A bound may be a year or month only
(`2023-00-00`); it is taken as the first day of it, a value without a start as always begun.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any, Final, Literal, get_args

from harness.errors import DataError, nearest
from harness.world.facts import Fact, History
from harness.world.problems import Problem, refuse
from harness.world.rows import read_json_lines
from harness.world.tables import VALUE_TYPES

Label = Literal["correct", "outdated", "irrelevant"]
LABELS: Final[tuple[Label, ...]] = get_args(Label)

HISTORIES: Final = "histories.jsonl"
ANSWERS: Final = "answers.jsonl"

_PARTIAL_DAY: Final = re.compile(r"(\d{4})-(\d{2})-(\d{2})")

Key = tuple[str, str]


@dataclass(frozen=True, slots=True)
class LabelledAnswer:
    """An answer with the line it stands on, its history, and the label that people gave it."""

    line: int
    model: str
    prompt: str
    text: str
    label: Label
    history: History


def read_labelled(folder: Path) -> tuple[Sequence[LabelledAnswer], date]:
    """The answers of a folder, and the last day that any of its histories knows.

    Raises:
        DataError: a file is missing or rows are wrong; they are named by file and line.
    """
    histories = _read_histories(folder / HISTORIES)
    facts = [fact for history in histories.values() for fact in history.facts]
    last = max(max(fact.valid_from, fact.valid_to or date.min) for fact in facts)
    return _read_answers(folder / ANSWERS, histories), last


def _read_histories(path: Path) -> dict[Key, History]:
    problems: list[Problem] = []
    histories: dict[Key, History] = {}
    for line, row in read_json_lines(path, problems):
        try:
            history = _history(row)
        except DataError as error:
            problems.append(Problem(str(path), line, str(error)))
            continue
        if histories.setdefault(history.key, history) is not history:
            message = f"a second history of {history.subject!r} / {history.attribute!r}"
            problems.append(Problem(str(path), line, message))
    refuse(problems)
    if not any(history.facts for history in histories.values()):
        raise DataError(f"{path}: has no histories")
    return histories


def _history(row: Mapping[str, Any]) -> History:
    subject, attribute = _text(row, "subject"), row.get("attribute") or ""
    value_type = row.get("value_type", "name")
    if value_type not in VALUE_TYPES:
        raise DataError(f"unknown value_type {value_type!r}: {nearest(value_type, VALUE_TYPES)}")
    entries = row.get("history")
    if not isinstance(entries, list) or not all(isinstance(entry, dict) for entry in entries):
        raise DataError("'history' must be a list of objects with value, from and to")
    facts = [_fact(subject, attribute, entry) for entry in entries]
    return History(
        subject, attribute, value_type, tuple(sorted(facts, key=lambda fact: fact.valid_from))
    )


def _fact(subject: str, attribute: str, entry: Mapping[str, Any]) -> Fact:
    start = _day(entry.get("from")) or date.min
    end = _day(entry.get("to"))
    if end is not None and end <= start:  # both bounds in one month or year of unknown day
        end = start + timedelta(days=1)
    return Fact(subject, attribute, _text(entry, "value"), start, end)


def _day(text: object) -> date | None:
    if text is None:
        return None
    found = _PARTIAL_DAY.fullmatch(text) if isinstance(text, str) else None
    if found is not None:
        year, month, day = map(int, found.groups())
        try:
            return date(year, month or 1, day or 1)
        except ValueError:
            pass
    raise DataError(f"{text!r} is no day; write it as 2023-12-13")


def _read_answers(path: Path, histories: Mapping[Key, History]) -> Sequence[LabelledAnswer]:
    problems: list[Problem] = []
    answers: list[LabelledAnswer] = []
    for line, row in read_json_lines(path, problems):
        try:
            answers.append(_answer(line, row, histories))
        except DataError as error:
            problems.append(Problem(str(path), line, str(error)))
    refuse(problems)
    if not answers:
        raise DataError(f"{path}: has no answers")
    return answers


def _answer(line: int, row: Mapping[str, Any], histories: Mapping[Key, History]) -> LabelledAnswer:
    key = _text(row, "subject"), row.get("attribute") or ""
    if key not in histories:
        raise DataError(f"{HISTORIES} has no history of {key[0]!r} / {key[1]!r}")
    label = next((name for name in LABELS if name == row.get("label")), None)
    if label is None:
        raise DataError(f"unknown label {row.get('label')!r}: {nearest('', LABELS)}")
    text = _text(row, "answer", empty=True)
    model, prompt = _text(row, "model"), _text(row, "prompt")
    return LabelledAnswer(line, model, prompt, text, label, histories[key])


def _text(row: Mapping[str, Any], key: str, *, empty: bool = False) -> str:
    value = row.get(key)
    if not isinstance(value, str) or not (empty or value.strip()):
        raise DataError(f"{key!r} must be a text, not {value!r}")
    return value
