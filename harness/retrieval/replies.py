"""What lists of results that servers send have in common."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

__all__ = ["in_order", "told_tokens"]


def in_order(items: object, count: int) -> list[Mapping[str, Any]]:
    """The items by their `index`, which must be 0 to `count` - 1, each once.

    Raises:
        ValueError: they are not, with what is wrong.
    """
    if not isinstance(items, list) or not all(isinstance(item, Mapping) for item in items):
        raise ValueError("it sent no list of results")
    if len(items) != count:
        raise ValueError(f"it sent {len(items)} results for {count} texts")
    places = [item.get("index") for item in items]
    if not all(map(_is_count, places)) or set(places) != set(range(count)):
        raise ValueError("it sent results whose index is missing, doubled or of no text")
    return sorted(items, key=lambda item: int(item["index"]))


def told_tokens(reply: object) -> int | None:
    """The tokens that a server says it read; None where it does not tell."""
    usage = reply.get("usage") if isinstance(reply, Mapping) else None
    if not isinstance(usage, Mapping):
        return None
    counts = (usage.get("prompt_tokens"), usage.get("total_tokens"))
    return next((count for count in counts if _is_count(count)), None)


def _is_count(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 0
