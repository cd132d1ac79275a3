"""TOML files that users write: read with errors that name file, line, key and the nearest word."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from math import isfinite
from pathlib import Path
from typing import Any, Never

from harness.errors import ConfigError, located, nearest

Suggest = Callable[[str, tuple[str, ...]], str]
"""Which of the valid words a wrong one may have meant, as `nearest` says it."""


@dataclass(frozen=True, slots=True)
class Table:
    """One table of a file: its keys with types checked on the way out."""

    file: Path
    line: int | None
    values: Mapping[str, Any]
    lines: Mapping[str, int]

    def fail(self, message: str, key: str = "") -> Never:
        """Raise `ConfigError` at the line of `key`, or of the table."""
        raise ConfigError(located(self.file, self.lines.get(key, self.line), message))

    def only(self, valid: Iterable[str], suggest: Suggest = nearest) -> None:
        """Refuse keys that are not `valid`."""
        valid = tuple(valid)
        for key in self.values:
            if key not in valid:
                self.fail(f"unknown key {key!r}: {suggest(key, valid)}", key)

    def text(self, key: str, default: str | None = None) -> str:
        """A string that is not empty; required unless there is a default."""
        value: str = self._value(key, default)
        if not isinstance(value, str) or not value.strip():
            self.fail(f"{key!r} must be a text, not {value!r}", key)
        return value

    def word(self, key: str, valid: Iterable[str], default: str | None = None) -> str:
        """A text that is one of `valid`."""
        value = self.text(key, default)
        words = tuple(valid)
        if value not in words:
            self.fail(f"{key!r} is {value!r}: {nearest(value, words)}", key)
        return value

    def texts(self, key: str) -> tuple[str, ...]:
        """A text, or a list of texts."""
        value = self._value(key, None)
        items = [value] if isinstance(value, str) else value
        if not isinstance(items, list) or not items or not all(isinstance(i, str) for i in items):
            self.fail(f"{key!r} must be a text or a list of texts, not {value!r}", key)
        return tuple(items)

    def numbers(self, key: str, count: int) -> tuple[float, ...]:
        """A list of so many finite numbers."""
        value = self._value(key, None)
        if not isinstance(value, list) or len(value) != count or not all(map(_is_number, value)):
            self.fail(f"{key!r} must be {count} numbers in brackets, not {value!r}", key)
        return tuple(map(float, value))

    def table(self, key: str) -> Table:
        """A table within this one."""
        value = self._value(key, None)
        if not isinstance(value, dict):
            self.fail(f"{key!r} must be a table, not {value!r}", key)
        line = self.lines.get(key, self.line)
        return Table(self.file, line, value, {} if line is None else dict.fromkeys(value, line))

    def number(self, key: str, default: float | None = None) -> float:
        """A finite number."""
        value = self._value(key, default)
        if not _is_number(value):
            self.fail(f"{key!r} must be a number, not {value!r}", key)
        return float(value)

    def day(self, key: str) -> date:
        """A TOML date."""
        value = self._value(key, None)
        if type(value) is not date:
            self.fail(f"{key!r} must be a date like 2026-08-22, without quotes, not {value!r}", key)
        return value

    def _value(self, key: str, default: Any) -> Any:  # noqa: ANN401  (as TOML has it)
        if key not in self.values and default is None:
            self.fail(f"key {key!r} is missing")
        return self.values.get(key, default)


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and isfinite(value)


def read_tables(
    path: Path, name: str, top: Iterable[str] = (), suggest: Suggest = nearest
) -> tuple[Table, tuple[Table, ...]]:
    """The file's own keys and its `[[name]]` tables; `suggest` says which key was meant.

    Raises:
        ConfigError: the file is missing, is no TOML, or has other keys or tables than these.
    """
    try:
        text = path.read_text(encoding="utf-8")
        data = tomllib.loads(text)
    except OSError as error:
        raise ConfigError(located(path, None, error.strerror or str(error))) from error
    except UnicodeDecodeError as error:
        raise ConfigError(located(path, None, "is not UTF-8")) from error
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        place = re.search(r"\(at line (\d+)", str(error))
        # Without a line it says «at end of document».
        line = int(place.group(1)) if place else len(text.splitlines()) or None
        raise ConfigError(located(path, line, f"not TOML: {error}")) from error
    starts = _starts(text, name)
    first = min((start for start, _ in starts), default=None)
    head = Table(
        path, None, {k: v for k, v in data.items() if k != name}, _key_lines(text, 1, first)
    )
    head.only((*top, name), suggest)
    rows = data.get(name, [])
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        head.fail(f"{name!r} must be tables written [[{name}]]", name)
    if len(starts) != len(rows):  # written inline: only the file can be named
        starts = [(0, None)] * len(rows)
    tables = (
        Table(path, start or None, row, _key_lines(text, start, end) if start else {})
        for row, (start, end) in zip(rows, starts, strict=True)
    )
    return head, tuple(tables)


def _starts(text: str, name: str) -> list[tuple[int, int | None]]:
    """First line of each `[[name]]` table, and of the one that follows it."""
    header = re.compile(rf"\s*\[\[\s*{re.escape(name)}\s*\]\]")
    lines = [number for number, line in enumerate(text.splitlines(), 1) if header.match(line)]
    return list(zip(lines, [*lines[1:], None], strict=True)) if lines else []


def _key_lines(text: str, start: int, end: int | None) -> dict[str, int]:
    """The line of each key that is written between two lines."""
    found: dict[str, int] = {}
    lines = text.splitlines()
    for number in range(start, min(len(lines), (end or len(lines) + 1) - 1) + 1):
        key = re.match(r"\s*(?:\[\s*)?[\"']?([\w-]+)[\"']?\s*[=.\]]", lines[number - 1])
        if key:
            found.setdefault(key.group(1), number)
    return found
