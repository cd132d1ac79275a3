"""The tables of a TOML file as they are checked: keys, types, days and paths; what is wrong is collected by line."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path
from typing import Any, Final, TypeVar

from harness.errors import ConfigError, located, nearest
from harness.systems.locate import KeyPath, nearest_line
from harness.systems.paths import Reach

__all__ = ["Declared", "day_of"]

_WORDS: Final[Mapping[type, str]] = {
    str: "a text",
    int: "a whole number",
    float: "a number",
    dict: "a table",
    bool: "true or false",
}
_MAY_BE_SECRET: Final = frozenset({"key_env", "url"})

_T = TypeVar("_T")


@dataclass
class Declared:
    """A file that is read: its `lines` by key, what its paths `reach`, and its `problems` so far (line, message)."""

    path: Path
    lines: dict[KeyPath, int]
    reach: Reach
    problems: list[tuple[int, str]] = field(default_factory=list)

    def checked(
        self, table: Mapping[str, Any], types: Mapping[str, type], where: KeyPath
    ) -> dict[str, Any]:
        """The keys that are known and of the right type; the others are reported."""
        good: dict[str, Any] = {}
        for key, value in table.items():
            if key not in types:
                self.report((*where, key), f"unknown key {key!r}: {nearest(key, types)}")
                continue
            wanted = types[key]
            if wanted is float and isinstance(value, int) and not isinstance(value, bool):
                value = float(value)  # noqa: PLW2901  (TOML's 1 is a number too)
            wrong = isinstance(value, bool) and wanted not in {bool, object}
            if wrong or not isinstance(value, wanted):
                told = "" if key in _MAY_BE_SECRET else f", not {table[key]!r}"
                self.report((*where, key), f"{key} must be {_WORDS[wanted]}{told}")
            else:
                good[key] = value
        return good

    def days(self, value: object, where: KeyPath) -> tuple[date, ...]:
        """A day or a list of days, in order; none where it is something else, which is reported."""
        days = [day_of(day) for day in (value if isinstance(value, list) else [value])]
        wrong = [day for day in days if not isinstance(day, date) or isinstance(day, datetime)]
        if wrong or not days or len(set(days)) < len(days):
            message = f"must be a day such as 2026-08-22, or a list of such days, not {value!r}"
            self.report(where, f"{where[-1]} {message}")
            return ()
        return tuple(sorted(day for day in days if isinstance(day, date)))

    def file(self, values: Mapping[str, Any], key: str, where: KeyPath) -> Path | None:
        """The file at the path under `key`; None where there is no such key, or nothing."""
        return self.found(self.reach.file, values, key, where)

    def found(
        self, find: Callable[[str], _T], values: Mapping[str, Any], key: str, where: KeyPath
    ) -> _T | None:
        """What is found at the path under `key`; None where there is no such key, or nothing."""
        if key not in values:
            return None
        try:
            return find(values[key])
        except ConfigError as error:
            self.report((*where, key), f"{key}: {error}")
            return None

    def report(self, where: KeyPath, message: str) -> None:
        """Something is wrong there."""
        line = nearest_line(self.lines, where)
        self.problems.append((line or 0, located(self.path, line, message)))


def day_of(value: object) -> object:
    """The day that a text names; anything else as it is."""
    try:
        return date.fromisoformat(value) if isinstance(value, str) else value
    except ValueError:
        return value
