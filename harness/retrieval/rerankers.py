"""Rerankers: an endpoint that speaks `/rerank`, or a cross-encoder of `sentence-transformers`."""

from __future__ import annotations

import functools
import hashlib
import importlib
import json
from collections.abc import Mapping, Sequence
from typing import Any, Final

from harness.errors import ArtefactError, MissingExtraError
from harness.retrieval.embedders import weights_fingerprint
from harness.retrieval.endpoint import EndpointError, RetrievalEndpoint
from harness.retrieval.replies import in_order, told_tokens
from harness.retrieval.spending import note

__all__ = ["CrossEncoderReranker", "EndpointReranker"]

_LARGEST: Final = 1e9


class EndpointReranker:
    """A reranker at a server: `/rerank` as Jina, Cohere, vLLM and llama.cpp have it, or TEI.

    The latter calls the documents `texts` and sends a bare list; it says so when it is first asked.
    """

    def __init__(self, endpoint: RetrievalEndpoint) -> None:
        self._endpoint = endpoint
        self._wants_texts = False

    def fingerprint(self) -> str:
        """SHA-256 (first 16 hex digits) of what names the model there; nothing of the key."""
        named = json.dumps(["rerank", self._endpoint.url, self._endpoint.model])
        return hashlib.sha256(named.encode()).hexdigest()[:16]

    def scores(self, query: str, texts: Sequence[str]) -> list[float]:
        """A number for each text; raises `EndpointError` where the server fails or sends none."""
        reply = self._ask(query, list(texts))
        results = reply.get("results") if isinstance(reply, Mapping) else reply
        try:
            found = [_score(item) for item in in_order(results, len(texts))]
        except ValueError as error:
            raise self._endpoint.misfit(f"no reranking; look at url ({error})") from None
        note(reranked=told_tokens(reply))
        return found

    def close(self) -> None:
        """Close the sockets."""
        self._endpoint.close()

    def _ask(self, query: str, texts: list[str]) -> Any:  # noqa: ANN401  (any JSON)
        if not self._wants_texts:
            named = {"model": self._endpoint.model, "query": query}
            try:
                return self._endpoint.post(named | {"documents": texts, "top_n": len(texts)})
            except EndpointError as error:
                if not error.refused or "`texts`" not in str(error):
                    raise
            self._wants_texts = True
        return self._endpoint.post({"query": query, "texts": texts})


class CrossEncoderReranker:
    """Any cross-encoder that `sentence-transformers` reads, a folder or a name on the hub.

    Raises:
        MissingExtraError: `sentence-transformers` is not installed.
        ArtefactError: the model cannot be loaded, or gives more than one score a text.
    """

    def __init__(self, model: str, *, device: str | None = None) -> None:
        try:
            library = importlib.import_module("sentence_transformers")
        except ImportError as error:
            raise MissingExtraError("a sentence-transformers reranker", "embed") from error
        try:
            self._model: Any = library.CrossEncoder(model, device=device)
        except (OSError, ValueError) as error:
            raise ArtefactError(f"{model}: cannot be loaded ({error})") from error
        if self._predict([("a", "a")]).ndim != 1:
            raise ArtefactError(f"{model}: gives more than one score a text; it is no reranker")

    @functools.cached_property
    def _content(self) -> str:
        return weights_fingerprint(self._model)

    def fingerprint(self) -> str:
        """Content of the weights."""
        return self._content

    def scores(self, query: str, texts: Sequence[str]) -> list[float]:
        """A number for each text, as the model's own last layer has it."""
        found: list[float] = self._predict([(query, text) for text in texts]).tolist()
        return found

    def close(self) -> None:
        """Nothing is held."""

    def _predict(self, pairs: Sequence[tuple[str, str]]) -> Any:  # noqa: ANN401  (numpy's)
        return self._model.predict(list(pairs), show_progress_bar=False, convert_to_numpy=True)


def _score(item: Mapping[str, Any]) -> float:
    value = item.get("relevance_score", item.get("score"))
    if not isinstance(value, float | int) or not -_LARGEST < value < _LARGEST:
        raise ValueError("it sent a score that is no number")
    return float(value)
