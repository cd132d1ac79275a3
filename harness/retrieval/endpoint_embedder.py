"""An embedder behind an endpoint that speaks OpenAI's embeddings."""

from __future__ import annotations

import base64
import hashlib
import json
import time
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from harness.retrieval.endpoint import EndpointError, RetrievalEndpoint
from harness.retrieval.replies import in_order, told_tokens
from harness.retrieval.spending import note
from harness.retrieval.vectors import Vector, VectorCache

__all__ = ["EndpointEmbedder"]


class EndpointEmbedder:
    """Vectors from a server: those of documents once for each text, that of a query each time."""

    def __init__(
        self,
        endpoint: RetrievalEndpoint,
        cache: Path,
        *,
        dimensions: int | None = None,
        batch: int = 128,
    ) -> None:
        """`cache` is the file of vectors; `dimensions` are asked for, `batch` texts at a time."""
        self._endpoint = endpoint
        named = ["openai", endpoint.url, endpoint.model, dimensions]
        self._fingerprint = hashlib.sha256(json.dumps(named).encode()).hexdigest()[:16]
        self._cache = VectorCache(cache, self._fingerprint)
        self._dimensions = dimensions
        self._length = dimensions
        self._batch = batch
        # As bytes, numbers are a third as long and cheap to read; not every server writes them.
        self._encoding = "base64"
        self._is_understood = False

    def fingerprint(self) -> str:
        """SHA-256 (first 16 hex digits) of what names the model there; nothing of the key."""
        return self._fingerprint

    def embed(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Unit vectors, shape (len(texts), dimension); for at least one text.

        Raises:
            EndpointError: the server fails, or sends no such vectors; what came before is kept.
            RunError: the file of vectors cannot be read or written.
        """
        vectors = self._cache.find(texts)
        saved = sum(vector.seconds for vector in vectors.values())
        self._length = self._length or next((len(v.values) for v in vectors.values()), None)
        missing = [text for text in dict.fromkeys(texts) if text not in vectors]
        for start in range(0, len(missing), self._batch):
            made = self._made(missing[start : start + self._batch])
            self._cache.keep(made)
            vectors |= made
        note(embedded=_tokens(vectors.values()), saved_seconds=saved)
        return np.stack([vectors[text].values for text in texts])

    def embed_query(self, query: str) -> NDArray[np.float32]:
        """A unit vector; raises `EndpointError` as `embed`."""
        vector = self._made([query])[query]
        note(embedded=_tokens([vector]))
        return vector.values

    def close(self) -> None:
        """Close the sockets."""
        self._endpoint.close()

    def _made(self, texts: Sequence[str]) -> dict[str, Vector]:
        """The vectors of different texts, from one call; each has its share by its length."""
        begin = time.perf_counter()
        reply = self._ask(texts)
        seconds = time.perf_counter() - begin
        values = self._values(reply, len(texts))
        tokens = told_tokens(reply)
        shares = np.array([len(text) + 1 for text in texts], float)
        shares /= shares.sum()
        return {
            text: Vector(row, None if tokens is None else tokens * share, seconds * share)
            for text, row, share in zip(texts, values, shares.tolist(), strict=True)
        }

    def _ask(self, texts: Sequence[str]) -> Any:  # noqa: ANN401  (any JSON)
        body: dict[str, Any] = {"model": self._endpoint.model, "input": list(texts)}
        if self._dimensions is not None:
            body["dimensions"] = self._dimensions
        try:
            reply = self._endpoint.post(body | {"encoding_format": self._encoding})
        except EndpointError as error:
            if not error.refused or self._is_understood:
                raise
            # Whatever it says, it may be the encoding; a request that is refused costs nothing.
            reply = self._endpoint.post(body | {"encoding_format": "float"})
            self._encoding = "float"
        self._is_understood = True
        return reply

    def _values(self, reply: Any, count: int) -> NDArray[np.float32]:  # noqa: ANN401  (any JSON)
        data = reply.get("data") if isinstance(reply, Mapping) else None
        try:
            items = in_order(data, count)
            rows = [_numbers(item.get("embedding")) for item in items]
        except ValueError as error:
            raise self._endpoint.misfit(f"no embeddings; look at url ({error})") from None
        lengths = {len(row) for row in rows} | ({self._length} if self._length else set())
        if len(lengths) > 1:
            told = " and ".join(map(str, sorted(lengths)))
            raise self._endpoint.misfit(
                f"vectors of {told} numbers; does the model take these dimensions?"
            )
        self._length = len(rows[0])
        return _unit(np.stack(rows))


def _numbers(value: object) -> NDArray[np.float64]:
    """The numbers of one vector: a list of them, or the bytes of 32-bit floats in base64."""
    if isinstance(value, str):
        numbers = np.frombuffer(base64.b64decode(value, validate=True), "<f4").astype(float)
    else:
        numbers = np.asarray(value)
    if numbers.ndim != 1 or not numbers.size or numbers.dtype.kind not in "iuf":
        raise ValueError("a vector that is no list of numbers")
    if not np.isfinite(numbers).all():
        raise ValueError("a vector with numbers that are not finite")
    return numbers.astype(float)


def _unit(rows: NDArray[np.float64]) -> NDArray[np.float32]:
    """Rows of length 1; a row of zeros stays one."""
    largest = np.abs(rows).max(axis=1, keepdims=True)
    np.divide(rows, largest, out=rows, where=largest > 0)  # first: squares must not overflow
    norms = np.linalg.norm(rows, axis=1, keepdims=True)
    np.divide(rows, norms, out=rows, where=norms > 0)
    return rows.astype(np.float32)


def _tokens(vectors: Iterable[Vector]) -> int | None:
    counts = [vector.tokens for vector in vectors]
    known = [count for count in counts if count is not None]
    return round(sum(known)) if len(known) == len(counts) else None
