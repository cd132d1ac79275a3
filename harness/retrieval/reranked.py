"""A retriever whose best candidates are judged again, by a model that reads query and passage together."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable

from harness.retrieval.base import Passage, Reranker, Retriever
from harness.retrieval.ranking import Recency, judged, newest_first
from harness.world.corpus import Document

__all__ = ["RerankedRetriever"]


class RerankedRetriever:
    """The best `candidates` of a retriever, reranked.

    The reranker's score takes the place of the relevance, so that of the best candidate counts as 1
    beside what `recency` adds. `by_day` returns the best passages newest first.
    """

    def __init__(
        self,
        retriever: Retriever,
        reranker: Reranker,
        *,
        candidates: int,
        recency: Recency | None,
        by_day: bool,
    ) -> None:
        self._retriever = retriever
        self._reranker = reranker
        self._candidates = candidates
        self._recency = recency
        self._by_day = by_day

    def fingerprint(self) -> str:
        """SHA-256 (first 16 hex digits) over the retriever's, the reranker's and the settings."""
        recency = self._recency and [self._recency.weight, self._recency.half_life_days]
        parts = [self._retriever.fingerprint(), self._reranker.fingerprint(), self._candidates]
        text = json.dumps([*parts, recency, self._by_day])
        return hashlib.sha256(text.encode()).hexdigest()[:16]

    def upsert(self, documents: Iterable[Document]) -> int:
        """Add or replace documents; searchable on return. The number written is returned."""
        return self._retriever.upsert(documents)

    def delete(self, document_ids: Iterable[str]) -> int:
        """Remove documents; the number removed is returned."""
        return self._retriever.delete(document_ids)

    def search(self, query: str, limit: int) -> tuple[Passage, ...]:
        """The best `limit` passages; raises what retriever and reranker raise."""
        candidates = self._retriever.search(query, self._candidates)
        if not candidates:
            return ()
        scores = self._reranker.scores(query, [passage.text for passage in candidates])
        found = judged(candidates, scores, self._recency)[:limit]
        return tuple(newest_first(found) if self._by_day else found)

    def close(self) -> None:
        """Release the retriever's files; the reranker belongs to whoever made it."""
        self._retriever.close()
