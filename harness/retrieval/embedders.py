"""Embedders: hashed words and letters by default, `sentence-transformers` on request."""

from __future__ import annotations

import functools
import hashlib
import importlib
import zlib
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from harness.errors import ArtefactError, MissingExtraError
from harness.retrieval.terms import search_terms

_GRAM_LENGTHS = (3, 4)
_GRAMS_WEIGHT = 0.5
_PAIR_WEIGHT = 2.0
_SIGN_BIT = 1 << 31


class HashingEmbedder:
    """Signed feature hashing of terms and of the letter n-grams within them; no model, no download.

    Weinberger et al. 2009, "Feature Hashing for Large Scale Multitask Learning". The n-grams of a
    term count half of it together, so that spellings that differ still meet; a number joined to a
    name counts double, since it says which of many like things is meant. It knows no meaning:
    "newest" and "latest" are strangers to it.
    """

    def __init__(self, dimension: int = 512) -> None:
        self._dimension = dimension
        self._features = functools.lru_cache(maxsize=65_536)(self._term_features)

    def fingerprint(self) -> str:
        """The method and its dimension."""
        return f"hashing-1-{self._dimension}"

    def embed(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Unit vectors, shape (len(texts), dimension); a text without a term is all zeros."""
        vectors = np.zeros((len(texts), self._dimension), np.float32)
        for row, text in zip(vectors, texts, strict=True):
            if features := [self._features(term) for term in search_terms(text)]:
                places = np.concatenate([place for place, _ in features])
                weights = np.concatenate([weight for _, weight in features])
                row[:] = np.bincount(places, weights, self._dimension)
        norms = np.linalg.norm(vectors, axis=1, keepdims=True)
        np.divide(vectors, norms, out=vectors, where=norms > 0)
        return vectors

    def embed_query(self, query: str) -> NDArray[np.float32]:
        """As a text."""
        vector: NDArray[np.float32] = self.embed([query])[0]
        return vector

    def close(self) -> None:
        """Nothing is held."""

    def _term_features(self, term: str) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
        grams = list(_grams(term))
        # crc32, not hash(): the latter differs from process to process.
        codes = np.array([zlib.crc32(word.encode()) for word in (term, *grams)], np.int64)
        weights = np.where(codes & _SIGN_BIT, -1.0, 1.0)
        if grams:
            weights[1:] *= _GRAMS_WEIGHT / np.sqrt(len(grams))
        else:
            weights *= _PAIR_WEIGHT
        return codes % self._dimension, weights


def _grams(term: str) -> Iterator[str]:
    if "~" in term:  # a joined pair; the letters of both were counted
        return
    padded = f"<{term}>"
    for length in _GRAM_LENGTHS:
        for start in range(len(padded) - length + 1):
            yield padded[start : start + length]


class SentenceTransformersEmbedder:
    """Any `sentence-transformers` model, a folder or a name on the hub.

    Raises:
        MissingExtraError: `sentence-transformers` is not installed.
        ArtefactError: the model cannot be loaded.
    """

    def __init__(self, model: str, *, device: str | None = None) -> None:
        try:
            library = importlib.import_module("sentence_transformers")
        except ImportError as error:
            raise MissingExtraError("a sentence-transformers embedder", "embed") from error
        try:
            self._model: Any = library.SentenceTransformer(model, device=device)
        except (OSError, ValueError) as error:
            raise ArtefactError(f"{model}: cannot be loaded ({error})") from error

    @functools.cached_property
    def _content(self) -> str:
        return weights_fingerprint(self._model)

    def fingerprint(self) -> str:
        """Content of the weights."""
        return self._content

    def embed(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Unit vectors, shape (len(texts), dimension)."""
        vectors = self._model.encode(
            list(texts), normalize_embeddings=True, convert_to_numpy=True, show_progress_bar=False
        )
        return np.asarray(vectors, np.float32)

    def embed_query(self, query: str) -> NDArray[np.float32]:
        """As a text."""
        vector: NDArray[np.float32] = self.embed([query])[0]
        return vector

    def close(self) -> None:
        """Nothing is held."""


def weights_fingerprint(model: Any) -> str:  # noqa: ANN401  (any torch module)
    """SHA-256 (first 16 hex digits): a name on the hub may come to mean other weights."""
    digest = hashlib.sha256()
    for name, tensor in sorted(model.state_dict().items()):
        digest.update(name.encode())
        digest.update(tensor.detach().cpu().float().numpy().tobytes())
    return digest.hexdigest()[:16]
