"""Phrases that several sentences of a decision share."""

from __future__ import annotations

from collections.abc import Sequence

__all__ = ["every", "join"]


def every(days: float) -> str:
    """How often facts change: `every day`, `every 7 days`."""
    return "every day" if days == 1 else f"every {days:g} days"


def join(words: Sequence[str], last: str = "and") -> str:
    """Words as a list in prose."""
    if len(words) == 1:
        return words[0]
    return f"{', '.join(words[:-1])} {last} {words[-1]}"
