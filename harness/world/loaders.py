"""Load facts, documents and questions; every bad row is named by file and line, all at once.

A question set is a CSV, JSON Lines or Parquet file, or a data set on the hub by its name, all with
the same columns, of which a user needs the first two:

question, answer
    The prompt and the text that answers it. A list of texts (JSON Lines, Parquet) means that each
    of them is right.
choices
    The options, as a list or as one text with `|` between them; the answer must be one of them.
format
    `text`, `choice`, or an output format as JSON text (`harness.world.formats.format_to_dict`).
answerable
    false where nothing answers the question and the right answer is to abstain.
history
    Instead of an answer: dated values as JSON text (as in `question_to_dict`).
parts
    What a JSON answer must say besides: a list of pointer and dated values as JSON text.
value_type
    What kind of value the answer is (text unless said): version, date, number, boolean, enum, name.
id, group, kind, tags
    An unique id (the row's number unless given), the cluster for statistics, slices for reports.
"""

from __future__ import annotations

from array import array
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from harness.errors import ConfigError, DataError, nearest
from harness.world.corpus import Corpus
from harness.world.facts import Fact, History, Timeline
from harness.world.problems import Problem, refuse
from harness.world.question_rows import QUESTION_COLUMNS, question_of_row
from harness.world.question_source import read_question_rows
from harness.world.questions import Question, QuestionSet
from harness.world.rows import RowTable, check_mapped
from harness.world.tables import FactRow, read_documents, read_facts


def load_facts(path: Path | str) -> Timeline:
    """The timeline of a facts CSV.

    Raises:
        DataError: the file cannot be read or rows are wrong; all of them are named.
    """
    path = Path(path)
    rows, problems = read_facts(path)
    by_key: dict[tuple[str, str], list[FactRow]] = defaultdict(list)
    for row in rows:
        key = row.fact.subject, row.fact.attribute
        first = by_key[key][0] if by_key[key] else row
        if row.value_type != first.value_type:
            message = f"value_type is {row.value_type}, but {first.value_type} in line {first.line}"
            problems.append(Problem(str(path), row.line, message))
        by_key[key].append(row)
    refuse(sorted(problems))
    return Timeline(
        History(subject, attribute, rows[0].value_type, _oldest_first(rows))
        for (subject, attribute), rows in by_key.items()
    )


def _oldest_first(rows: list[FactRow]) -> tuple[Fact, ...]:
    return tuple(sorted((row.fact for row in rows), key=lambda fact: fact.valid_from))


def load_corpus(path: Path | str) -> Corpus:
    """The corpus of a JSON Lines (plain or gzip) or Parquet file of documents.

    Raises:
        DataError: the file cannot be read or rows are wrong; all of them are named.
    """
    path = Path(path)
    rows, problems = read_documents(path)
    lines: dict[str, int] = {}
    for row in rows:
        first = lines.setdefault(row.document.id, row.line)
        if first != row.line:
            message = f"id {row.document.id!r} stands in line {first} already"
            problems.append(Problem(str(path), row.line, message))
    refuse(sorted(problems))
    return Corpus(row.document for row in rows)


def load_questions(
    source: Path | str, *, columns: Mapping[str, str] | None = None, split: str = "train"
) -> QuestionSet:
    """The questions of a CSV, JSON Lines or Parquet file, or of a data set on the hub.

    `columns` maps our column names to those of the source; a column that is not mapped has the
    name given above. `split` names the part of a data set on the hub that is loaded.

    Raises:
        ConfigError: `columns` names a column that does not exist.
        DataError: the source cannot be read or rows are wrong; all of them are named.
    """
    names = {name: name for name in QUESTION_COLUMNS} | dict(columns or {})
    table = read_question_rows(source, split, set(names.values()))
    problems = table.problems
    questions: list[Question] = []
    lines = array("Q")
    for number, (line, record) in enumerate(table.rows, 1):
        row = {name: record.get(theirs) for name, theirs in names.items()}
        try:
            question = question_of_row(row, number)
        except DataError as error:
            problems.append(Problem(table.name, line, str(error)))
            continue
        questions.append(question)
        lines.append(line)
    if table.columns:
        _check_columns(names, columns or {}, table)
    try:
        found = QuestionSet(questions)
    except DataError:
        problems += _doubles(table.name, questions, lines)
    refuse(sorted(problems))
    if not questions:
        raise DataError(f"{table.name}: has no rows")
    return found


def _doubles(name: str, questions: Iterable[Question], lines: Iterable[int]) -> Iterator[Problem]:
    """Each row whose id another one before it has."""
    seen: dict[str, int] = {}
    for question, line in zip(questions, lines, strict=True):
        if (first := seen.setdefault(question.id, line)) != line:
            yield Problem(name, line, f"id {question.id!r} stands in line {first} already")


def _check_columns(names: Mapping[str, str], mapped: Mapping[str, str], table: RowTable) -> None:
    """Raise unless what was mapped exists on both sides and the needed columns are there."""
    for name in mapped:
        if name not in QUESTION_COLUMNS:
            raise ConfigError(f"columns: unknown key {name!r}: {nearest(name, QUESTION_COLUMNS)}")
    check_mapped(table, mapped, "columns")
    if names["question"] not in table.columns:
        raise DataError(f"{table.name}: no column 'question': {nearest('question', table.columns)}")
    if not any(names[name] in table.columns for name in ("answer", "history", "answerable")):
        raise DataError(f"{table.name}: no column 'answer': {nearest('answer', table.columns)}")
