"""Recorded answers: the rows of a CSV, JSON Lines or Parquet file, or the samples of an Inspect log.

`harness.systems.answer_rows` documents the columns.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any, Final

from harness.errors import DataError, nearest
from harness.systems.answer_rows import (
    ANSWER_KEYS,
    REQUIRED_KEYS,
    answer_of_row,
    day_of_row,
    question_of_row,
)
from harness.systems.base import Answer
from harness.systems.inspect_log import read_inspect_log
from harness.world.problems import Problem, refuse
from harness.world.questions import QuestionSet
from harness.world.rows import ROW_FILES, RowTable, check_mapped, read_rows

__all__ = ["Recording", "ReplaySpec", "load_recording"]

_INSPECT: Final = ".eval"

Recording = Mapping[date | None, Mapping[str, Answer]]
"""Answers by day and question; those that stand for every day are under None."""


@dataclass(frozen=True, slots=True)
class ReplaySpec:
    """Where recorded answers lie.

    `columns` maps our keys to those of the file. Without it every key must be one of ours; with it,
    the file is somebody else's, and what is neither mapped nor ours is left alone. `epoch` says which
    answer of each question to take from an Inspect log that has several.
    """

    path: Path
    columns: Mapping[str, str] = field(default_factory=dict)
    epoch: int | None = None

    def problems(self) -> Iterator[tuple[str, str]]:
        """What is wrong, as (key, message)."""
        suffix, kinds = self.path.suffix, (*ROW_FILES, _INSPECT)
        if suffix not in kinds:
            yield "path", f"recorded answers end in {', '.join(kinds)}, not {suffix!r}"
        for key in self.columns:
            if key not in ANSWER_KEYS:
                yield f"columns.{key}", f"unknown key {key!r}: {nearest(key, ANSWER_KEYS)}"
        if self.columns and suffix == _INSPECT:
            yield "columns", "an Inspect log has no columns"
        if self.epoch is not None and suffix != _INSPECT:
            yield "epoch", f"only an Inspect log ({_INSPECT}) has epochs"
        elif self.epoch is not None and self.epoch < 1:
            yield "epoch", f"must be at least 1, not {self.epoch}"

    def settings(self) -> dict[str, Any]:
        """A JSON-ready dictionary of what was declared; no machine's paths."""
        columns = {"columns": dict(self.columns)} if self.columns else {}
        epoch = {} if self.epoch is None else {"epoch": self.epoch}
        return {"replay": self.path.name, **columns, **epoch}


def load_recording(spec: ReplaySpec, questions: QuestionSet) -> Recording:
    """The answers to a suite's questions.

    Raises:
        ConfigError: `columns` names a column that does not exist.
        DataError: the file cannot be read or rows are wrong, all of which are named: malformed, a
            second answer, or an answer to none of the questions.
        MissingExtraError: Inspect is needed and not installed.
    """
    table = _table(spec)
    names = {key: key for key in ANSWER_KEYS} | dict(spec.columns)
    known = set(names)
    found: dict[date | None, dict[str, Answer]] = {}
    for line, row in table.rows:
        try:
            if not spec.columns:
                _refuse_unknown(row, known)
            cells = {key: row[theirs] for key, theirs in names.items() if theirs in row}
            question = _own_id(question_of_row(cells), questions)
            day = day_of_row(cells)
            _add(found.setdefault(day, {}), question, answer_of_row(cells), day)
        except DataError as error:
            table.problems.append(Problem(table.name, line, str(error)))
    if table.columns:
        check_mapped(table, spec.columns, "replay.columns")
        _check_required(table, names)
    refuse(sorted(table.problems))
    if not found:
        raise DataError(f"{table.name}: has no rows")
    return found


def _add(answers: dict[str, Answer], question: str, answer: Answer, day: date | None) -> None:
    if question in answers:
        raise DataError(f"a second answer to question {question!r}{f' on {day}' if day else ''}")
    answers[question] = answer


def _own_id(name: str, questions: QuestionSet) -> str:
    """The id as the question has it, so that it is kept once."""
    try:
        return questions[name].id
    except KeyError:
        raise DataError(f"the suite has no question {name!r}") from None


def _table(spec: ReplaySpec) -> RowTable:
    if spec.path.suffix == _INSPECT:
        return read_inspect_log(spec.path, spec.epoch)
    used = {*ANSWER_KEYS, *spec.columns.values()} if spec.columns else None
    return read_rows(spec.path, used)


def _refuse_unknown(row: Mapping[str, Any], known: set[str]) -> None:
    """Refuse a key that is none of ours; one that every row has is named once."""
    for key in row:
        if key not in known:
            known.add(key)
            raise DataError(
                f"unknown key {key!r}: {nearest(key, ANSWER_KEYS)}; "
                "with columns in systems.toml, what is not mapped is left alone"
            )


def _check_required(table: RowTable, names: Mapping[str, str]) -> None:
    for key in REQUIRED_KEYS:
        if names[key] not in table.columns:
            raise DataError(f"{table.name}: no column {key!r}: {nearest(key, table.columns)}")
