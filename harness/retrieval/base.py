"""The protocols of retrieval: retriever, embedder, reranker."""

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

    def fingerprint(self) -> str:
        """What determines the vectors."""
        ...

    def embed(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Unit vectors of documents, shape (len(texts), dimension)."""
        ...

    def embed_query(self, query: str) -> NDArray[np.float32]:
        """The unit vector of what is searched for, shape (dimension,)."""
        ...

    def close(self) -> None:
        """Release sockets."""
        ...


class Reranker(Protocol):
    """Judges texts by how well they answer a query."""

    def fingerprint(self) -> str:
        """What determines the scores."""
        ...

    def scores(self, query: str, texts: Sequence[str]) -> Sequence[float]:
        """A number for each text, the more the better: from 0 to 1, or any if they are logits."""
        ...

    def close(self) -> None:
        """Release sockets."""
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
