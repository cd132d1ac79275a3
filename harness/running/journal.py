"""The journal: one line of JSON per record, appended when the answer arrives, never changed.

What survives what: a line is handed to the operating system in one write as soon as its answer is
there, so a killed process loses nothing that was journalled. The file is forced to disk (fsync)
once a second by the runner and at the end, so a power loss costs at most the last second. A line
that was cut short is recognised by its missing line end and dropped.
"""

from __future__ import annotations

import contextlib
import json
import math
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from harness import fastjson
from harness.errors import RunError
from harness.running.record import Record, record_from_dict, record_to_dict


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a journal: a record, or what is wrong with it. `offset` counts bytes."""

    number: int
    offset: int
    raw: bytes
    record: Record | None
    problem: str = ""

    @property
    def torn(self) -> bool:
        """Whether the line has no end: the process or the power went while it was written."""
        return not self.raw.endswith(b"\n")


def read_lines(path: Path) -> Iterator[Line]:
    """Every line of the journal in order, damaged ones included."""
    offset = 0
    with path.open("rb") as journal:
        for number, raw in enumerate(journal, 1):
            record, problem = _parse(raw)
            yield Line(number, offset, raw, record, problem)
            offset += len(raw)


def _parse(raw: bytes) -> tuple[Record | None, str]:
    if not raw.endswith(b"\n"):
        return None, "the line was cut short"
    try:
        return record_from_dict(fastjson.loads(raw)), ""
    except json.JSONDecodeError as error:
        return None, f"not JSON: {error.msg} at column {error.colno}"
    except UnicodeDecodeError:
        return None, "not JSON: not UTF-8"
    except KeyError as error:
        return None, f"not a record: {error.args[0]!r} is missing"
    except (TypeError, ValueError, AttributeError) as error:
        return None, f"not a record: {error}"


def encode(record: Record) -> bytes:
    """The record's line. Raises TypeError or ValueError when its answer is not JSON's."""
    if not math.isfinite(sum(_numbers(record))):
        raise ValueError("a time, a count or a score is no finite number")
    return fastjson.dumps(record_to_dict(record)) + b"\n"


def _numbers(record: Record) -> Iterator[float]:
    usage, timing = record.answer.usage, record.answer.timing
    yield from (usage.prompt_tokens, usage.completion_tokens)
    yield from (usage.reasoning_tokens, usage.cached_tokens)
    yield from (timing.queue, timing.connect or 0.0, timing.retrieve or 0.0)
    yield from (timing.first_token or 0.0, timing.decode or 0.0, timing.total)
    for passage in record.answer.passages:
        yield passage.score


class Journal:
    """A journal open for appending. Raises `RunError` when the disk takes no more.

    `go_on` is the command that then goes on with what is missing.
    """

    def __init__(self, path: Path, go_on: str | None = None) -> None:
        self._path = path
        self._go_on = go_on or f"harness resume {path.parent}"
        self._file = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o644)
        self._size = os.fstat(self._file).st_size  # nobody else writes: the folder is locked
        self._dirty = False

    def append(self, line: bytes) -> None:
        """Add a line of `encode`; it is the operating system's when this returns.

        A line that does not fit on the disk is taken back, so that the file ends with a whole one.
        """
        self._dirty = True
        try:
            rest = memoryview(line)
            while rest:
                rest = rest[os.write(self._file, rest) :]
        except OSError as error:
            with contextlib.suppress(OSError):
                os.ftruncate(self._file, self._size)
            raise RunError(self._full(error)) from error
        self._size += len(line)

    def sync(self) -> None:
        """Force to disk what was appended since the last time."""
        if not self._dirty:
            return
        self._dirty = False  # before: what is appended meanwhile may or may not be included
        try:
            os.fsync(self._file)
        except OSError as error:
            self._dirty = True
            raise RunError(self._full(error)) from error

    def close(self) -> None:
        """Force everything to disk and release the file."""
        if self._file < 0:
            return
        try:
            self.sync()
        finally:
            os.close(self._file)
            self._file = -1

    def _full(self, error: OSError) -> str:
        return (
            f"{self._path}: {error.strerror or error}; what was journalled before is kept, "
            f"make room and go on with: {self._go_on}"
        )
