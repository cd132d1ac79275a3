"""Vectors that were paid for, kept in a file so that no text is paid for twice."""

from __future__ import annotations

import hashlib
import sqlite3
from collections.abc import Iterable, Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from harness.errors import RunError

__all__ = ["Vector", "VectorCache"]

_TABLE: Final = (
    "CREATE TABLE IF NOT EXISTS vectors"
    " (key BLOB PRIMARY KEY, vector BLOB NOT NULL, tokens REAL, seconds REAL NOT NULL) WITHOUT ROWID"
)
_PATIENCE: Final = 60.0


@dataclass(frozen=True, slots=True)
class Vector:
    """The vector of a text, and its share of the tokens (None: not told) and seconds it took."""

    values: NDArray[np.float32]
    tokens: float | None
    seconds: float


class VectorCache:
    """A file of vectors by what made them and the text; any number of processes use it at a time."""

    def __init__(self, path: Path, made_by: str) -> None:
        """`made_by` is the fingerprint of the embedder."""
        self._path = path
        self._made_by = made_by

    def find(self, texts: Iterable[str]) -> dict[str, Vector]:
        """Those of the texts that are there.

        Raises:
            RunError: the file cannot be read.
        """
        if not self._path.exists():
            return {}
        with self._open() as database:
            rows = ((text, self._find(database, text)) for text in texts)
            return {text: vector for text, vector in rows if vector is not None}

    def keep(self, vectors: Mapping[str, Vector]) -> None:
        """Add the vectors of texts; they are on the disk when this returns.

        Raises:
            RunError: the file cannot be written.
        """
        rows = [
            (self._key(text), vector.values.tobytes(), vector.tokens, vector.seconds)
            for text, vector in vectors.items()
        ]
        with self._open() as database:
            database.executemany("INSERT OR REPLACE INTO vectors VALUES (?, ?, ?, ?)", rows)

    def _find(self, database: sqlite3.Connection, text: str) -> Vector | None:
        query = "SELECT vector, tokens, seconds FROM vectors WHERE key = ?"
        row = database.execute(query, [self._key(text)]).fetchone()
        return None if row is None else Vector(np.frombuffer(row[0], np.float32), row[1], row[2])

    def _key(self, text: str) -> bytes:
        return hashlib.sha256(f"{self._made_by}\0{text}".encode()).digest()

    @contextmanager
    def _open(self) -> Iterator[sqlite3.Connection]:
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            with closing(sqlite3.connect(self._path, timeout=_PATIENCE)) as database, database:
                database.execute(_TABLE)
                yield database
        except (OSError, sqlite3.Error) as error:
            raise RunError(
                f"{self._path}: cannot be read or written ({error}); make room, or delete it"
            ) from error
