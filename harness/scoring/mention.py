"""A value named in a text."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Mention:
    """`text[start:end]` names one of `values`, as the history spells them.

    Several where the words fit several (a surname of two people). `partial`: it says less than the
    value does (the month of a day).
    """

    start: int
    end: int
    values: tuple[str, ...]
    partial: bool = False


Finder = Callable[[str], list[Mention]]
"""The mentions of some values in a text, in reading order."""
