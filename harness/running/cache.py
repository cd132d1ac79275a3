"""Answers that were given before, by the content of all that shapes them.

An answer is found again only where system, model, adapter, index, prompt, question, format, day and
repeat are what they were. Systems whose insides are not known here (functions, HTTP services,
recordings) are never cached. A cached answer keeps its first time and cost, and is marked.
"""

from __future__ import annotations

import hashlib
import json
import sqlite3
from collections.abc import Callable, Mapping
from datetime import date
from pathlib import Path
from typing import Final, Self, TypeVar

from harness import fastjson
from harness.errors import RunError, located
from harness.running.record import answer_from_dict, answer_to_dict
from harness.systems.base import Answer
from harness.world.formats import format_to_dict
from harness.world.questions import Question

__all__ = ["AnswerCache", "answer_key"]

FILE: Final = "answers.sqlite"
_FORMAT: Final = 1  # of keys and rows; another one finds nothing of the old
_PATIENCE: Final = 30.0
_T = TypeVar("_T")


def answer_key(
    system: Mapping[str, str],
    prepared: Mapping[str, str],
    question: Question,
    day: date,
    repeat: int,
) -> str:
    """SHA-256 over the fingerprints of a system and of what it was prepared with, and the question."""
    asked = [question.text, format_to_dict(question.format), day.isoformat(), repeat]
    text = json.dumps([_FORMAT, dict(system), dict(prepared), *asked], sort_keys=True, default=list)
    return hashlib.sha256(text.encode()).hexdigest()


class AnswerCache:
    """One SQLite file, which several runs may use at once; use as a context manager.

    What is lost in a crash is asked again by the next run: the journal is what keeps answers.

    Raises:
        RunError: the file is damaged, or the disk full.
    """

    def __init__(self, folder: Path) -> None:
        self.path = folder / FILE
        self.found = 0
        self._dirty = False
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise RunError(located(folder, None, error.strerror or str(error))) from error
        self._database = self._tried(self._open)

    def find(self, key: str) -> Answer | None:
        """The answer under the key; None where there is none."""
        row = self._tried(
            lambda: self._database.execute(
                "SELECT answer FROM answers WHERE key = ?", (key,)
            ).fetchone()
        )
        if row is None:
            return None
        try:
            answer = answer_from_dict(fastjson.loads(row[0]))
        except (KeyError, TypeError, ValueError) as error:
            raise self._error(f"a damaged answer ({error})") from error
        self.found += 1
        return answer

    def keep(self, key: str, answer: Answer) -> None:
        """Keep an answer; a failure is none, and is asked again."""
        if answer.failure is not None:
            return
        row = (key, fastjson.dumps(answer_to_dict(answer)))
        self._tried(
            lambda: self._database.execute("INSERT OR IGNORE INTO answers VALUES (?, ?)", row)
        )
        self._dirty = True

    def sync(self) -> None:
        """Hand what was kept to other runs."""
        if self._dirty:
            self._dirty = False
            self._tried(self._database.commit)

    def close(self) -> None:
        """Keep all, and let go of the file."""
        self.sync()
        self._database.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _open(self) -> sqlite3.Connection:
        # The runner's thread uses what the caller's has opened, and never both at once.
        database = sqlite3.connect(self.path, timeout=_PATIENCE, check_same_thread=False)
        database.execute("PRAGMA journal_mode = WAL")
        database.execute("PRAGMA synchronous = NORMAL")
        database.execute(
            "CREATE TABLE IF NOT EXISTS answers (key TEXT PRIMARY KEY, answer BLOB NOT NULL)"
        )
        return database

    def _tried(self, work: Callable[[], _T]) -> _T:
        try:
            return work()
        except sqlite3.Error as error:
            raise self._error(str(error)) from error

    def _error(self, why: str) -> RunError:
        return RunError(
            f"{self.path}: the answer cache cannot be used: {why}; go on without --cache, "
            "or delete the file: it holds copies only"
        )
