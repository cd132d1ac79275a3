"""SQL over all saved runs, by DuckDB, which reads only the columns that are asked for.

`answers` has a row for each answer of each run, with the run's `number` and `run` beside the columns of
`harness.history.rows`; `runs` a row for each run; `figures` a row for each metric of each system of each run.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import duckdb
import pyarrow as pa

from harness.errors import ConfigError, RunError, first_line
from harness.history.rows import SCHEMA
from harness.history.store import Entry, History

__all__ = ["Rows", "query"]

_RUN = pa.schema([("number", pa.int64()), ("run", pa.string()), ("suite", pa.string())])
_RUNS = pa.schema(
    [
        *_RUN,
        ("made", pa.timestamp("us", "UTC")),
        ("saved", pa.string()),
        ("pinned", pa.bool_()),
        ("answers", pa.int64()),
        ("file", pa.string()),
    ]
)
_FIGURES = pa.schema(
    [
        *_RUN,
        *((name, pa.string()) for name in ("system", "metric")),
        *((name, pa.float64()) for name in ("value", "low", "high")),
        *((name, pa.int64()) for name in ("n", "groups")),
        ("method", pa.string()),
    ]
)


@dataclass(frozen=True, slots=True)
class Rows:
    """What a query gives."""

    columns: tuple[str, ...]
    rows: tuple[tuple[Any, ...], ...]


def query(history: History, entries: Sequence[Entry], sql: str) -> Rows:
    """Ask one question of the saved runs.

    Raises:
        ConfigError: DuckDB does not understand the query.
        RunError: a file cannot be read.
    """
    paths = history.paths(entries)
    with duckdb.connect(config={"autoinstall_known_extensions": "false"}) as connection:
        connection.execute("SET TimeZone = 'UTC'")
        if history.storage.filesystem is not None:
            connection.register_filesystem(history.storage.filesystem)
        connection.register("runs", _table(_runs(entries, paths), _RUNS))
        connection.register("figures", _table(_figures(entries), _FIGURES))
        try:
            _register_answers(connection, paths)
            asked = connection.execute(sql)
            columns = tuple(str(column[0]) for column in asked.description or ())
            return Rows(columns, tuple(asked.fetchall()) if columns else ())
        except (duckdb.IOException, duckdb.InvalidInputException) as error:
            raise RunError(first_line(error)) from error
        except duckdb.Error as error:
            raise ConfigError(f"the query: {first_line(error)}") from error


def _register_answers(connection: duckdb.DuckDBPyConnection, paths: Sequence[str]) -> None:
    if not paths:
        connection.register("answers", pa.table(_with_run(), schema=_with_run_schema()))
        return
    connection.read_parquet(list(paths), filename=True).create_view("kept")
    connection.execute(
        "CREATE VIEW answers AS SELECT runs.number, runs.run, kept.* EXCLUDE (filename) "
        "FROM kept JOIN runs ON kept.filename = runs.file"
    )


def _with_run_schema() -> pa.Schema:
    return pa.schema([("number", pa.int64()), ("run", pa.string()), *SCHEMA])


def _with_run() -> dict[str, list[Any]]:
    return {name: [] for name in _with_run_schema().names}


def _runs(entries: Sequence[Entry], paths: Sequence[str]) -> Iterable[dict[str, Any]]:
    for entry, path in zip(entries, paths, strict=True):
        yield {
            "number": entry.number,
            "run": entry.key,
            "suite": entry.suite,
            "made": entry.made,
            "saved": entry.header.saved,
            "pinned": entry.pinned,
            "answers": entry.header.answers,
            "file": path,
        }


def _figures(entries: Sequence[Entry]) -> Iterable[dict[str, Any]]:
    for entry in entries:
        for system, metrics in entry.header.figures.items():
            for metric, found in metrics.items():
                yield {
                    "number": entry.number,
                    "run": entry.key,
                    "suite": entry.suite,
                    "system": system,
                    "metric": metric,
                    "value": found.value,
                    "low": found.low,
                    "high": found.high,
                    "n": found.n,
                    "groups": found.groups,
                    "method": found.method,
                }


def _table(rows: Iterable[dict[str, Any]], schema: pa.Schema) -> pa.Table:
    return pa.Table.from_pylist(list(rows), schema=schema)
