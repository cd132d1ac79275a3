"""The retriever and embedder protocols."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Final, Protocol

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from harness.world.corpus import Document

UNDATED: Final = date.min
"""The day of a passage of which none is known."""


@dataclass(frozen=True, slots=True)
class Passage:
    """A retrieved document; `score` is the retriever's own and only its order has a meaning."""

    document_id: str
    day: date
    text: str
    score: float


class Embedder(Protocol):
    """Turns texts into vectors."""

    @property
    def dimension(self) -> int:
        """Length of a vector."""
        ...

    def fingerprint(self) -> str:
        """What determines the vectors."""
        ...

    def embed(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Unit vectors, shape (len(texts), dimension)."""
        ...


class Retriever(Protocol):
    """A search index over documents."""

    def fingerprint(self) -> str:
        """What determines the ranking, the indexed documents included."""
        ...

    def upsert(self, documents: Iterable[Document]) -> int:
        """Add or replace documents; searchable on return. The number written is returned."""
        ...

    def delete(self, document_ids: Iterable[str]) -> int:
        """Remove documents; the number removed is returned."""
        ...

    def search(self, query: str, limit: int) -> tuple[Passage, ...]:
        """The best `limit` passages, best first."""
        ...

    def close(self) -> None:
        """Release files."""
        ...
