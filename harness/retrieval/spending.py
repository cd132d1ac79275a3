"""What searching and indexing spend at servers, noted by those who call and read by who asked."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass

__all__ = ["Spent", "note", "spending", "total_tokens"]


@dataclass(slots=True)
class Spent:
    """Tokens by the servers' own count, of texts that were embedded and of texts that were reranked.

    None where a server did not tell. Vectors that were had before count as if they had been made
    again; `saved_seconds` is what that would have taken.
    """

    embedded: int | None = 0
    reranked: int | None = 0
    saved_seconds: float = 0.0


_SPENT: ContextVar[Spent | None] = ContextVar("spent", default=None)


@contextmanager
def spending() -> Iterator[Spent]:
    """What is spent inside, in this thread."""
    spent = Spent()
    token = _SPENT.set(spent)
    try:
        yield spent
    finally:
        _SPENT.reset(token)


def note(*, embedded: int | None = 0, reranked: int | None = 0, saved_seconds: float = 0.0) -> None:
    """Add to what is being spent; nobody may want to know."""
    spent = _SPENT.get()
    if spent is not None:
        spent.embedded = total_tokens(spent.embedded, embedded)
        spent.reranked = total_tokens(spent.reranked, reranked)
        spent.saved_seconds += saved_seconds


def total_tokens(*counts: int | None) -> int | None:
    """The sum; unknown when a part is."""
    known = [count for count in counts if count is not None]
    return sum(known) if len(known) == len(counts) else None
