"""Check a folder of facts, documents and questions, and name everything that is not in order."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Final

from harness.errors import DataError
from harness.world.facts import History
from harness.world.problems import Problem
from harness.world.question_rows import QUESTION_COLUMNS, question_of_row
from harness.world.questions import Question
from harness.world.rows import read_json_lines
from harness.world.tables import DocumentRow, FactRow, read_documents, read_facts

FACTS: Final = "facts.csv"
DOCUMENTS: Final = ("documents.jsonl", "documents.jsonl.gz", "documents.parquet")
QUESTIONS: Final = "questions.jsonl"

Facts = Mapping[tuple[str, str], Sequence[FactRow]]


def check_world(folder: Path | str) -> tuple[Problem, ...]:
    """Every problem of `facts.csv`, `documents.jsonl` and `questions.jsonl` in a folder.

    Rows that cannot be read (bad dates, empty values ...); facts that are duplicates, go on with the
    value of the row before, overlap or leave a gap; ids that come twice, and documents of one day
    with the same text; documents that state what no fact says, or say it too early; documents that
    supersede one that is unknown or later; questions whose history is not that of the facts.
    Documents and questions may be absent.

    Raises:
        DataError: the facts are missing, or a file cannot be read at all.
    """
    folder = Path(folder)
    path = folder / FACTS
    rows, problems = read_facts(path)
    facts = _by_key(rows)
    for own in facts.values():
        problems += _fact_problems(path, own)
    for name in DOCUMENTS:
        if (folder / name).exists():
            documents, unreadable = read_documents(folder / name)
            problems += [*unreadable, *_document_problems(folder / name, documents, facts)]
    if (folder / QUESTIONS).exists():
        problems += _question_problems(folder / QUESTIONS, facts)
    return tuple(sorted(problems))


def _by_key(rows: Iterable[FactRow]) -> Facts:
    facts: dict[tuple[str, str], list[FactRow]] = defaultdict(list)
    for row in sorted(rows, key=lambda row: (row.fact.valid_from, row.line)):
        facts[row.fact.subject, row.fact.attribute].append(row)
    return facts


def _fact_problems(path: Path, rows: Sequence[FactRow]) -> Iterator[Problem]:
    """Duplicates, overlaps, gaps and changes of type among the facts of one history."""
    for row in rows:
        if row.value_type != rows[0].value_type:
            yield Problem(
                str(path),
                row.line,
                f"value_type is {row.value_type}, but {rows[0].value_type} in line {rows[0].line}",
            )
    last = rows[0]  # the row that holds longest so far: a later one may end before it does
    for row in rows[1:]:
        message = _between(last, row)
        if message:
            name = f"{row.fact.subject} / {row.fact.attribute}"
            yield Problem(str(path), row.line, f"{name}: {message} line {last.line}")
        if _end(row) >= _end(last):
            last = row


def _end(row: FactRow) -> date:
    return row.fact.valid_to or date.max


def _between(earlier: FactRow, later: FactRow) -> str:
    """What is wrong between a fact and one that begins later; nothing when the text is empty."""
    if later.fact == earlier.fact:
        return "duplicate of"
    if later.fact.valid_from < _end(earlier):
        return f"overlap: {later.fact.value!r} begins on {later.fact.valid_from}, before the end of"
    if later.fact.valid_from > _end(earlier):
        return f"gap: no value from {_end(earlier)} to {later.fact.valid_from}, after"
    if later.fact.value == earlier.fact.value:
        return f"duplicate: {later.fact.value!r} goes on, which is no change; join it with"
    return ""


def _document_problems(path: Path, rows: Sequence[DocumentRow], facts: Facts) -> Iterator[Problem]:
    subjects = {subject for subject, _ in facts}
    by_id: dict[str, DocumentRow] = {}
    for row in rows:
        first = by_id.setdefault(row.document.id, row)
        if first is not row:
            message = f"id {row.document.id!r} stands in line {first.line} already"
            yield Problem(str(path), row.line, message)
    by_text: dict[tuple[date, str], DocumentRow] = {}
    for row in by_id.values():
        first = by_text.setdefault((row.document.day, row.document.text), row)
        if first is not row:
            message = f"duplicate: the same text on the same day as line {first.line}"
            yield Problem(str(path), row.line, message)
    for row in rows:
        messages = [*_statement_messages(row, facts, subjects), *_reference_messages(row, by_id)]
        yield from (Problem(str(path), row.line, message) for message in messages)


def _statement_messages(row: DocumentRow, facts: Facts, subjects: set[str]) -> Iterator[str]:
    """Statements that no fact bears out, or not yet on the day of the document."""
    day = row.document.day
    for statement in row.document.states:
        name = f"{statement.subject} / {statement.attribute}"
        own = facts.get((statement.subject, statement.attribute), ())
        starts = [fact.fact.valid_from for fact in own if fact.fact.value == statement.value]
        if statement.subject not in subjects:
            yield f"states an unknown subject: {statement.subject!r}"
        elif not starts:
            yield f"{name}: states {statement.value!r}, which no fact says"
        elif day < min(starts):
            yield f"{name}: states {statement.value!r} on {day}, true from {min(starts)} on"


def _reference_messages(row: DocumentRow, by_id: Mapping[str, DocumentRow]) -> Iterator[str]:
    for identifier in row.document.supersedes:
        other = by_id.get(identifier)
        if other is None:
            yield f"supersedes an unknown document: {identifier!r}"
        elif other.document.day > row.document.day or other is row:
            yield f"supersedes {identifier!r}, which is not an earlier document"


def _question_problems(path: Path, facts: Facts) -> Iterator[Problem]:
    unreadable: list[Problem] = []
    lines: dict[str, int] = {}
    for number, (line, record) in enumerate(read_json_lines(path, unreadable), 1):
        try:
            question = question_of_row(
                {name: record.get(name) for name in QUESTION_COLUMNS}, number
            )
        except DataError as error:
            yield Problem(str(path), line, str(error))
            continue
        first = lines.setdefault(question.id, line)
        if first != line:
            yield Problem(str(path), line, f"id {question.id!r} stands in line {first} already")
        for history in _histories(question, facts):
            if history.facts != tuple(row.fact for row in facts.get(history.key, ())):
                name = f"{history.subject} / {history.attribute}"
                yield Problem(str(path), line, f"{name}: the history is not that of {FACTS}")
    yield from unreadable


def _histories(question: Question, facts: Facts) -> Iterator[History]:
    """The history that answers, and those of the parts that the facts have.

    A part may follow from facts (the due date, but only of some) and have a history of its own.
    """
    if question.history is not None and question.history.subject:
        yield question.history
    for part in question.parts:
        if part.history.key in facts:
            yield part.history
