"""Rows of a question set, wherever it lies, through `datasets`."""

from __future__ import annotations

import logging
import os
import tempfile
from collections.abc import Container, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

from harness.errors import DataError
from harness.world.problems import Problem, refuse
from harness.world.tables import read_csv, read_json_lines

_BUILDERS: Final = {".csv": "csv", ".jsonl": "json", ".parquet": "parquet"}
_JSON_TYPES: Final = {
    str: "a text",
    bool: "true or false",
    int: "a number",
    float: "a number",
    list: "a list",
}
_LOGGERS: Final = ("datasets", "huggingface_hub")


@dataclass(frozen=True, slots=True)
class RowTable:
    """Rows by column name, each with its line (CSV, JSON Lines) or number (Parquet, hub)."""

    name: str
    columns: tuple[str, ...]
    rows: tuple[tuple[int, dict[str, Any]], ...]


def read_question_rows(source: Path | str, split: str, used: Container[str]) -> RowTable:
    """All rows of a local file, or of a split of a data set on the hub.

    `used` are the columns that matter; in JSON Lines each must have one type.

    Raises:
        DataError: the file or the data set cannot be read, is malformed or has no rows.
    """
    path = Path(source)
    if path.suffix not in _BUILDERS:
        if isinstance(source, Path) or path.exists():
            raise DataError(f"{source}: a question set ends in {', '.join(_BUILDERS)}")
        return _load(source, path=source, split=split)
    if not path.is_file():
        raise DataError(f"{path}: no such file")
    local: dict[str, Any] = {
        "path": _BUILDERS[path.suffix],
        "data_files": [str(path)],
        "split": "train",
    }
    if path.suffix == ".parquet":
        return _load(str(path), **local)
    located = _scan(path, used)
    if path.suffix == ".csv":
        # Every cell is text, also one that looks like a number (version 3.10) or says NA.
        local |= {"columns": list(located[0][1]), "keep_default_na": False}
    table = _load(str(path), **local)
    if len(table.rows) != len(located):
        raise DataError(f"{path}: {len(table.rows)} of {len(located)} rows could be read")
    rows = zip(located, table.rows, strict=True)
    return replace(table, rows=tuple((line, row) for (line, _), (_, row) in rows))


def _scan(path: Path, used: Container[str]) -> list[tuple[int, dict[str, Any]]]:
    """Rows with their lines; `datasets` stops at the first malformed line and does not name it."""
    problems: list[Problem] = []
    if path.suffix == ".csv":
        rows: list[tuple[int, dict[str, Any]]] = list(read_csv(path, (), problems))
    else:
        rows = list(read_json_lines(path, problems))
        problems += _mixed_columns(path, rows, used)
    refuse(sorted(problems))
    if not rows:
        raise DataError(f"{path}: has no rows")
    return rows


def _mixed_columns(
    path: Path, rows: Iterable[tuple[int, dict[str, Any]]], used: Container[str]
) -> Iterator[Problem]:
    """Cells of another type than the first of their column.

    `datasets` reads such a column as JSON, which turns the text 3.10 into the number 3.1.
    """
    first: dict[str, tuple[str, int]] = {}
    for line, row in rows:
        for column, cell in row.items():
            if column not in used or cell is None:
                continue
            kind = _JSON_TYPES.get(type(cell), "an object")
            expected, where = first.setdefault(column, (kind, line))
            if kind != expected:
                message = f"{column} is {kind}, but {expected} in line {where}"
                yield Problem(str(path), line, f"{message}; a column has one type")


def _load(name: str, *, columns: list[str] | None = None, **options: Any) -> RowTable:  # noqa: ANN401 - passed through
    with tempfile.TemporaryDirectory(prefix="harness-") as cache, _quiet():
        import datasets  # noqa: PLC0415 - slow

        if columns is not None:
            options["features"] = datasets.Features(
                dict.fromkeys(columns, datasets.Value("string"))
            )
        progress = not datasets.are_progress_bars_disabled()
        datasets.disable_progress_bars()
        try:
            # The rows are copied, so that nothing is left of the cache.
            data = datasets.load_dataset(**options, cache_dir=cache)
            return RowTable(name, tuple(data.column_names), tuple(enumerate(data.to_list(), 1)))
        except Exception as error:  # `datasets` lets through what its readers raise
            reason = " ".join(str(error.__cause__ or error).split())
            raise DataError(f"{name}: cannot be loaded: {reason}") from error
        finally:
            if progress:
                datasets.enable_progress_bars()


@contextmanager
def _quiet() -> Iterator[None]:
    """No telemetry, no warnings about retries; what was set before is set again."""
    variable = "HF_HUB_DISABLE_TELEMETRY"  # read when the package is imported
    before = os.environ.get(variable)
    os.environ[variable] = "1"
    levels = [(logger, logger.level) for logger in map(logging.getLogger, _LOGGERS)]
    try:
        for logger, _ in levels:
            logger.setLevel(logging.ERROR)
        yield
    finally:
        for logger, level in levels:
            logger.setLevel(level)
        if before is None:
            del os.environ[variable]
        else:
            os.environ[variable] = before
