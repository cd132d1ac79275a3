"""The run folder: `manifest.json`, `questions.jsonl`, `records.jsonl`, and the price book if any.

One process at a time may write to it. Reading takes no lock and may happen while a run goes on.
"""

from __future__ import annotations

import json
import os
import re
import secrets
from collections.abc import Callable, Collection, Iterable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Self

from harness import fastjson
from harness.errors import DataError, RunError, located
from harness.running.journal import Journal, Line, encode, read_lines
from harness.running.lock import LOCK_FILE, FolderLock
from harness.running.manifest import Manifest, manifest_from_dict, manifest_to_dict
from harness.running.record import Record, RecordKey, RecordKeys
from harness.systems.base import Preparation
from harness.world.questions import QuestionSet, question_from_dict, question_to_dict

MANIFEST = "manifest.json"
QUESTIONS = "questions.jsonl"
RECORDS = "records.jsonl"
DAMAGED = "damaged.jsonl"
PRICES = "prices.toml"


@dataclass(frozen=True, slots=True)
class LoadedRun:
    """All of a run, as everything from scoring on reads it; `records` in the plan's order."""

    manifest: Manifest
    questions: QuestionSet
    records: tuple[Record, ...]
    notes: tuple[str, ...]


def load_run(path: Path | str, questions: QuestionSet | None = None) -> LoadedRun:
    """Read a run folder, finished or not; `questions` need not be read where they are those of the run.

    A last line cut short is dropped with a note. Raises `RunError` naming file and line when
    another line, the questions or the manifest are damaged.
    """
    path = Path(path)
    manifest = read_manifest(path)
    fingerprint = manifest.fingerprints.get("questions")
    if questions is None or questions.fingerprint() != fingerprint:
        questions = _read_questions(path / QUESTIONS)
    if questions.fingerprint() != fingerprint:
        raise RunError(f"{path / QUESTIONS}: not the questions of this run (fingerprint differs)")
    records: dict[RecordKey, Record] = {}
    notes = list(manifest.notes)
    journal, misplaced = path / RECORDS, _misplaced(manifest, questions)
    for line in _lines(journal):
        record = line.record
        if line.torn:
            notes.append(f"{RECORDS}:{line.number}: {line.problem}; it is not counted")
        elif record is None:
            raise RunError(
                f"{located(journal, line.number, line.problem)}; "
                f"to answer it again: harness resume {path}"
            )
        elif (key := record.key) in records:
            notes.append(f"{RECORDS}:{line.number}: a second record of one answer; not counted")
        elif (problem := misplaced(record)) is not None:
            raise RunError(located(journal, line.number, problem))
        else:
            records[key] = record
    ordered = sorted(records.values(), key=lambda record: record.position)
    return LoadedRun(manifest, questions, tuple(ordered), tuple(notes))


def read_manifest(path: Path, name: str = MANIFEST, *, what: str = "run") -> Manifest:
    """The manifest of a folder; raises `RunError` when there is none or it is damaged."""
    file = path / name
    try:
        return manifest_from_dict(json.loads(file.read_bytes()))
    except (FileNotFoundError, NotADirectoryError):
        raise RunError(f"{path} is not a {what}: it has no {name}") from None
    except json.JSONDecodeError as error:
        raise RunError(located(file, error.lineno, f"not JSON: {error.msg}")) from error
    except KeyError as error:
        raise RunError(located(file, None, f"key {error.args[0]!r} is missing")) from error
    except (TypeError, ValueError, AttributeError, OSError) as error:
        raise RunError(located(file, None, str(error))) from error


def write_manifest(path: Path, manifest: Manifest, name: str = MANIFEST) -> None:
    """Write the manifest of a folder, all or nothing; raises OSError."""
    text = json.dumps(manifest_to_dict(manifest), indent=2)
    _write(path / name, [text.encode(), b"\n"])


def new_folder(home: Path, name: str) -> Path:
    """A path in `home` that is not taken, from a name and the time; nothing is made yet."""
    moment = datetime.now(UTC).strftime("%Y%m%d-%H%M%S")
    return home / f"{re.sub(r'[^A-Za-z0-9._-]', '-', name)}-{moment}-{secrets.token_hex(2)}"


@contextmanager
def disk_errors(path: Path, advice: str = "") -> Iterator[None]:
    """What the disk refuses in here is a `RunError` that names the file; `advice` is put behind it."""
    try:
        yield
    except OSError as error:
        told = located(error.filename or path, None, error.strerror or str(error))
        raise RunError(told + advice) from error


class RunFolder:
    """A run folder held by this process for writing; use as a context manager."""

    def __init__(
        self, path: Path, manifest: Manifest, lock: FolderLock, done: RecordKeys | None = None
    ) -> None:
        self.path = path
        self._manifest = manifest
        self._lock = lock
        self._done = RecordKeys() if done is None else done
        self._journal = Journal(path / RECORDS)

    @classmethod
    def create(
        cls, path: Path, manifest: Manifest, questions: QuestionSet, prices: str | None = None
    ) -> Self:
        """Make the folder with its manifest and questions, and the text of the price book."""
        with ExitStack() as undo, disk_errors(path):
            path.mkdir(parents=True, exist_ok=True)
            lock = FolderLock(path)
            undo.callback(lock.release)
            _refuse_unless_empty(path)
            lines = (fastjson.dumps(question_to_dict(question)) + b"\n" for question in questions)
            _write(path / QUESTIONS, lines)
            if prices is not None:
                (path / PRICES).write_text(prices, encoding="utf-8")
            write_manifest(path, manifest)
            folder = cls(path, manifest, lock)
            undo.pop_all()
        return folder

    @classmethod
    def open(cls, path: Path) -> Self:
        """Take up a run where it stopped.

        A last line cut short is cut off; damaged lines, and second records of one answer, are
        moved to `damaged.jsonl`. Both are noted in the manifest, and those answers count as
        missing.
        """
        with ExitStack() as undo, disk_errors(path):
            read_manifest(path)
            lock = FolderLock(path)
            undo.callback(lock.release)
            manifest = read_manifest(path)  # again: its last owner may just have written it
            done, notes = _repair(path)
            if notes:
                manifest = replace(manifest, notes=(*manifest.notes, *notes))
                write_manifest(path, manifest)
            folder = cls(path, manifest, lock, done)
            undo.pop_all()
        return folder

    @property
    def manifest(self) -> Manifest:
        """As last written."""
        return self._manifest

    @property
    def done(self) -> Collection[RecordKey]:
        """Keys of the records that are journalled."""
        return self._done

    def __len__(self) -> int:
        """How many records are journalled."""
        return len(self._done)

    def append(self, record: Record) -> None:
        """Journal a record. Raises `RunError` when its key is there or the disk is full."""
        key = record.key
        if key in self._done:
            raise RunError(f"{self.path}: {key} is journalled already")
        self._journal.append(encode(record))
        self._done.add(key)

    def sync(self) -> None:
        """Force the journal to disk."""
        self._journal.sync()

    def update(self, **changes: Any) -> None:  # noqa: ANN401  (fields of Manifest)
        """Write the manifest anew with some fields changed, all or nothing."""
        manifest = replace(self._manifest, **changes)
        kept = "what was journalled before is kept, make room and go on with"
        with disk_errors(self.path, f"; {kept}: harness resume {self.path}"):
            write_manifest(self.path, manifest)
        self._manifest = manifest

    def note(self, note: str) -> None:
        """Add what a reader of the figures should know."""
        self.update(notes=(*self._manifest.notes, note))

    def add_preparation(self, system: str, preparation: Preparation) -> None:
        """Add what bringing a system up to date took: paid work, kept as it happens."""
        before = self._manifest.preparations
        self.update(preparations={**before, system: (*before.get(system, ()), preparation)})

    def close(self) -> None:
        """Force everything to disk and let other processes have the folder."""
        try:
            self._journal.close()
        finally:
            self._lock.release()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def _refuse_unless_empty(path: Path) -> None:
    if any(entry.name != LOCK_FILE for entry in path.iterdir()):
        raise RunError(f"{path} is not empty: name another folder, or resume the run in it")


def _repair(path: Path) -> tuple[RecordKeys, list[str]]:
    """Leave only whole records in the journal; their keys and what was done are returned."""
    done = RecordKeys()
    damaged: list[Line] = []
    notes: list[str] = []
    journal = path / RECORDS
    for line in _lines(journal) if journal.exists() else ():
        if line.torn:
            notes.append(f"{RECORDS}:{line.number}: {line.problem}; dropped and answered again")
            os.truncate(journal, line.offset)
        elif line.record is None:
            notes.append(f"{RECORDS}:{line.number}: {line.problem}; moved to {DAMAGED}")
            damaged.append(line)
        elif line.record.key in done:
            notes.append(
                f"{RECORDS}:{line.number}: a second record of one answer; moved to {DAMAGED}"
            )
            damaged.append(line)
        else:
            done.add(line.record.key)
    if damaged:
        with (path / DAMAGED).open("ab") as aside:
            aside.writelines(line.raw for line in damaged)
        bad = {line.number for line in damaged}
        _write(journal, (line.raw for line in _lines(journal) if line.number not in bad))
    return done, notes


def _lines(path: Path) -> Iterable[Line]:
    try:
        yield from read_lines(path)
    except OSError as error:
        raise RunError(located(path, None, error.strerror or str(error))) from error


def _read_questions(path: Path) -> QuestionSet:
    questions = []
    try:
        with path.open(encoding="utf-8") as lines:
            for number, line in enumerate(lines, 1):
                try:
                    questions.append(question_from_dict(json.loads(line)))
                except (KeyError, TypeError, ValueError, DataError) as error:
                    raise RunError(located(path, number, f"not a question: {error}")) from error
    except OSError as error:
        raise RunError(located(path, None, error.strerror or str(error))) from error
    return QuestionSet(questions)


def _misplaced(manifest: Manifest, questions: QuestionSet) -> Callable[[Record], str | None]:
    """What says why a record cannot be of this run; None: it can."""
    systems = {system.name for system in manifest.systems}

    def problem(record: Record) -> str | None:
        if record.system not in systems:
            return f"system {record.system!r} is not in the manifest"
        if record.day not in manifest.days:
            return f"day {record.day} is not in the manifest"
        if record.question_id not in questions:
            return f"question {record.question_id!r} is not in {QUESTIONS}"
        return None

    return problem


def _write(path: Path, parts: Iterable[bytes]) -> None:
    """Write a file so that a reader, or a crash, sees the old one or the new one."""
    temporary = path.with_name(f".{path.name}.new")
    with temporary.open("wb") as file:
        file.writelines(parts)
        file.flush()
        os.fsync(file.fileno())
    temporary.replace(path)
