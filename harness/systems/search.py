"""The parts of a system's retrieval that outlive its indices: embedder and reranker."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Final

from harness.retrieval.base import Embedder, Reranker, Retriever
from harness.retrieval.ranking import Recency
from harness.retrieval.specs import load_embedder, load_reranker
from harness.systems.spec import RetrievalSpec

__all__ = ["VECTORS", "SearchParts"]

VECTORS: Final = "vectors.sqlite"
"""The file in the work folder that is there once vectors were paid for."""

_WORD: Final = "ready?"


@dataclass(frozen=True, slots=True)
class SearchParts:
    """What an index of `spec` is made and searched with; None where the built-in way is meant."""

    spec: RetrievalSpec
    embedder: Embedder | None
    reranker: Reranker | None

    @classmethod
    def load(cls, spec: RetrievalSpec, workdir: Path) -> SearchParts:
        """Load both; vectors that are paid for are kept in `workdir`.

        Raises:
            ConfigError: something is wrong with a part, or the key of an endpoint is missing.
            ArtefactError: a model cannot be loaded.
            MissingExtraError: a part needs packages that are not installed.
        """
        embedding = spec.embedding
        embedder = load_embedder(embedding, workdir / VECTORS) if embedding is not None else None
        return cls(spec, embedder, load_reranker(spec.rerank) if spec.rerank is not None else None)

    def check(self) -> None:
        """Ask each server once, so that what is wrong is known before any question is asked.

        Raises:
            EndpointError: one cannot be reached, refuses the key, or sends something else.
        """
        spec = self.spec
        if self.embedder is not None and spec.embedding is not None and spec.embedding.is_endpoint:
            self.embedder.embed_query(_WORD)
        if self.reranker is not None and spec.rerank is not None and spec.rerank.is_endpoint:
            self.reranker.scores(_WORD, [_WORD])

    def retriever(self, folder: Path) -> Retriever:
        """Over the index in a folder, or an empty one where there is none."""
        from harness.retrieval.lance import LanceRetriever  # noqa: PLC0415  (heavy)
        from harness.retrieval.reranked import RerankedRetriever  # noqa: PLC0415  (as above)

        spec = self.spec
        recency = Recency(spec.recency, spec.half_life_days) if spec.recency else None
        retriever = LanceRetriever(
            folder,
            mode=spec.mode,
            embedder=self.embedder,
            order=spec.order if self.reranker is None else "score",
            recency=recency,
        )
        if self.reranker is None or spec.rerank is None:
            return retriever
        return RerankedRetriever(
            retriever,
            self.reranker,
            candidates=spec.rerank.candidates,
            recency=recency,
            by_day=spec.order == "newest",
        )

    @property
    def waits(self) -> bool:
        """Whether a search waits for a server."""
        parts = (self.spec.embedding, self.spec.rerank)
        return any(part is not None and part.is_endpoint for part in parts)

    def close(self) -> None:
        """Close the sockets of both."""
        for part in (self.embedder, self.reranker):
            if part is not None:
                part.close()
