"""Whether a reader that mends JSON could still have used an output."""

from __future__ import annotations

from typing import Final

from harness.scoring.jsontext import Json

__all__ = ["repaired"]

_READ: Final = 2_000
"""Characters that are mended; longer outputs count as beyond repair, since mending is quadratic."""
_MAX_OPEN: Final = 40
"""Brackets more opened than closed, above which an output counts as beyond repair."""


def repaired(text: str) -> Json | None:
    """The object or list that json-repair makes of `text`; None where there is none."""
    opened = sum(text.count(bracket) for bracket in "{[")
    closed = sum(text.count(bracket) for bracket in "}]")
    if len(text) > _READ or not opened or opened - closed > _MAX_OPEN:
        return None
    from json_repair import loads  # noqa: PLC0415  (only broken outputs need it)

    try:
        value = loads(text, skip_json_loads=True)
    except (ValueError, RecursionError):
        return None
    return value if isinstance(value, dict | list) and value else None
