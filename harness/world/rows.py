"""Rows of a CSV, JSON Lines (plain or gzip) or Parquet file, one at a time.

A reader yields each row with its line, or its number in Parquet, and adds what is wrong with the
other rows to `problems`, so that all of them can be named at once. No reader holds a whole file.
"""

from __future__ import annotations

import csv
import gzip
import io
import json
import zlib
from collections.abc import Container, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from harness.errors import ConfigError, DataError, nearest
from harness.world.bombs import check_parquet, checked_lines
from harness.world.problems import Problem, refuse

ROW_FILES: Final = (".csv", ".jsonl", ".parquet")
"""How the names of the files end that `read_rows` reads."""

_BATCH: Final = 1024


@dataclass(frozen=True, slots=True)
class RowTable:
    """Rows by column name, each with its line (CSV, JSON Lines) or number (Parquet, hub).

    They are read once, as they are taken. `columns` and `problems` are complete after the last one.
    """

    name: str
    rows: Iterable[tuple[int, Mapping[str, Any]]]
    columns: set[str]
    problems: list[Problem] = field(default_factory=list)


def read_rows(path: Path, used: Container[str] | None = None) -> RowTable:
    """The rows of a local file, its kind told by the end of its name.

    `used` are the columns that matter, of Parquet no other is read; None: all of them.

    Raises:
        DataError: when rows are taken, the file is missing, unreadable, or has a column twice.
    """
    columns: set[str] = set()
    problems: list[Problem] = []
    return RowTable(str(path), _rows(path, used, columns, problems), columns, problems)


def _rows(
    path: Path, used: Container[str] | None, columns: set[str], problems: list[Problem]
) -> Iterator[tuple[int, Mapping[str, Any]]]:
    if path.suffix == ".parquet":
        yield from read_parquet(path, used, columns)
        return
    read = (
        read_csv(path, (), problems) if path.suffix == ".csv" else read_json_lines(path, problems)
    )
    for line, row in read:
        columns.update(row)
        yield line, row


def read_csv(
    path: Path, required: Iterable[str], problems: list[Problem]
) -> Iterator[tuple[int, dict[str, str]]]:
    """Rows by column name, each with the line it starts on; a ragged row becomes a problem.

    So does a quote that is never closed, which is the end of what can be read.

    Raises:
        DataError: the file is missing, cannot be read, or lacks a required column.
    """
    before = len(problems)
    reader = csv.reader(_csv_lines(path, problems), strict=True)
    start = 1
    try:
        header = next(reader, [])
        refuse(problems[before:])
        check_columns(path, header, required)
        start = reader.line_num + 1
        for cells in reader:
            line, start = start, reader.line_num + 1
            if not cells:
                continue
            if len(cells) != len(header):
                message = f"{len(cells)} cells under {len(header)} columns"
                problems.append(Problem(str(path), line, message))
                continue
            yield line, dict(zip(header, cells, strict=True))
    except csv.Error as error:
        problems.append(Problem(str(path), start, f"not CSV: {error}"))


def check_mapped(table: RowTable, mapped: Mapping[str, str], where: str) -> None:
    """Raise `ConfigError` when one of the columns that `where` maps ours to does not exist."""
    for name, theirs in mapped.items():
        if theirs not in table.columns:
            raise ConfigError(
                f"{where}: {table.name} has no {theirs!r} for {name}: "
                f"{nearest(theirs, table.columns)}"
            )


def check_columns(path: Path, header: Iterable[str], required: Iterable[str]) -> None:
    """Raise `DataError` when a required column is missing or a column stands there twice."""
    columns = list(header)
    problems = [
        Problem(str(path), 1, f"no column {name!r}: {nearest(name, columns)}")
        for name in required
        if name not in columns
    ]
    twice = sorted({name for name in columns if columns.count(name) > 1})
    problems += [Problem(str(path), 1, f"two columns are named {name!r}") for name in twice]
    refuse(problems)


def read_json_lines(path: Path, problems: list[Problem]) -> Iterator[tuple[int, dict[str, Any]]]:
    """The objects of a JSON Lines file with their lines; any other line becomes a problem.

    Raises:
        DataError: the file is missing or cannot be read.
    """
    for number, line in _lines(path):
        if not line.strip():
            continue
        try:
            record = json.loads(_decoded(line.rstrip(b"\r\n"), number))
        except UnicodeDecodeError as error:
            problem = f"not UTF-8: {error.reason}"
        except json.JSONDecodeError as error:
            problem = f"not JSON: {error.msg}"
        except ValueError as error:  # a number of thousands of digits
            problem = f"not JSON: {error}"
        except RecursionError:
            problem = "not JSON: nested too deeply"
        else:
            if isinstance(record, dict):
                yield number, record
                continue
            problem = "not a JSON object"
        problems.append(Problem(str(path), number, problem))


def read_parquet(
    path: Path, used: Container[str] | None = None, columns: set[str] | None = None
) -> Iterator[tuple[int, dict[str, Any]]]:
    """Rows with their numbers: of all columns, or of those that are `used`.

    The names of all are added to `columns`.

    Raises:
        DataError: the file is missing, is not Parquet, or has a column twice.
    """
    import pyarrow as pa  # noqa: PLC0415  (heavy, and only Parquet needs it)
    import pyarrow.parquet as pq  # noqa: PLC0415  (as above)

    try:
        with pq.ParquetFile(path) as file:
            names = file.schema_arrow.names
            check_columns(path, names, ())
            if columns is not None:
                columns.update(names)
            wanted = [name for name in names if used is None or name in used]
            check_parquet(path, file, wanted)
            batches = file.iter_batches(_BATCH, columns=wanted)
            rows = (row for batch in batches for row in batch.to_pylist())
            yield from enumerate(rows, 1)
    except FileNotFoundError as error:
        raise DataError(f"{path}: no such file") from error
    except (pa.ArrowException, OSError) as error:
        reason = " ".join(str(error).split())
        raise DataError(f"{path}: not Parquet: {reason}") from error


def _csv_lines(path: Path, problems: list[Problem]) -> Iterator[str]:
    r"""Lines as the reader of CSV takes them: a lone \r ends one too, or is part of a quoted cell."""
    for number, line in _lines(path):
        try:
            text = _decoded(line, number)
        except UnicodeDecodeError as error:
            problems.append(Problem(str(path), number, f"not UTF-8: {error.reason}"))
            text = line.decode(errors="replace")
        yield from io.StringIO(text, newline="")


def _decoded(line: bytes, number: int) -> str:
    return line.decode("utf-8-sig" if number == 1 else "utf-8")


def _lines(path: Path) -> Iterator[tuple[int, bytes]]:
    r"""The lines with their numbers and ends. Only \n ends one: JSON may hold other separators."""
    try:
        with gzip.open(path) if path.suffix == ".gz" else path.open("rb") as file:
            yield from checked_lines(path, file.readline)
    except FileNotFoundError as error:
        raise DataError(f"{path}: no such file") from error
    except (OSError, EOFError, zlib.error) as error:
        raise DataError(f"{path}: cannot be read: {error}") from error
