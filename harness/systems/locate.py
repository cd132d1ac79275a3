"""Lines of keys in a TOML file, which `tomllib` does not tell."""

from __future__ import annotations

import re
from typing import Final

__all__ = ["KeyPath", "key_lines", "nearest_line"]

KeyPath = tuple[str, ...]

_PART: Final = r"""(?:"[^"\n]*"|'[^'\n]*'|[A-Za-z0-9_-]+)"""
_KEY: Final = rf"{_PART}(?:\s*\.\s*{_PART})*"
_HEADER: Final = re.compile(rf"^\s*\[\[?\s*({_KEY})\s*\]\]?\s*(?:#.*)?$")
_ASSIGNMENT: Final = re.compile(rf"^\s*({_KEY})\s*=\s*(.*)$")
_INLINE: Final = re.compile(rf"[{{,]\s*({_KEY})\s*=")


def key_lines(text: str) -> dict[KeyPath, int]:
    """The line (from 1) on which every table and key first occurs, inline tables of one line included.

    A key inside a multi-line string may be taken for a real one: lines only help a reader.
    """
    lines: dict[KeyPath, int] = {}
    table: KeyPath = ()
    for number, line in enumerate(text.splitlines(), 1):
        if header := _HEADER.match(line):
            table = _path(header[1])
            for depth in range(1, len(table) + 1):
                lines.setdefault(table[:depth], number)
        elif assignment := _ASSIGNMENT.match(line):
            key = (*table, *_path(assignment[1]))
            lines.setdefault(key, number)
            if assignment[2].startswith("{"):
                for inner in _INLINE.findall(assignment[2]):
                    lines.setdefault((*key, *_path(inner)), number)
    return lines


def nearest_line(lines: dict[KeyPath, int], path: KeyPath) -> int | None:
    """The line of `path`, or of the nearest table around it; None when there is none."""
    while path:
        if path in lines:
            return lines[path]
        path = path[:-1]
    return None


def _path(text: str) -> KeyPath:
    return tuple(part.strip().strip("\"'") for part in re.findall(_PART, text))
