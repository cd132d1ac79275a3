"""Which embedder and which reranker: small descriptions, and the loaders that make them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from harness.errors import ConfigError, nearest
from harness.retrieval.base import Embedder, Reranker
from harness.transport.keys import Key, key_of, variable_problem
from harness.transport.urls import KEY_VARIABLE, openai_url, url_problem

__all__ = ["EmbedderSpec", "RerankerSpec", "load_embedder", "load_reranker"]

_EMBEDDINGS: Final = "/embeddings"
_RERANK: Final = "/rerank"
_EMBEDDERS: Final[Mapping[str, tuple[str, ...]]] = {
    "openai": ("name", "url", "key_env", "dimensions", "batch"),
    "sentence-transformers": ("name",),
}
_RERANKERS: Final[Mapping[str, tuple[str, ...]]] = {
    "endpoint": ("name", "url", "key_env", "candidates"),
    "sentence-transformers": ("name", "candidates"),
}
_BATCH: Final = 128
_CANDIDATES: Final = 20


@dataclass(frozen=True, slots=True)
class EmbedderSpec:
    """`kind` is `openai` or `sentence-transformers`; `name` a model there, a folder, or on the hub.

    `openai` is any server that speaks OpenAI's embeddings: `url` is what it puts `/embeddings`
    behind, `key_env` the environment variable that holds the key. `dimensions` are asked of models
    that can shorten their vectors; `batch` (128) is how many texts are sent at a time.
    """

    kind: str
    name: str | None = None
    url: str | None = None
    key_env: str | None = None
    dimensions: int | None = None
    batch: int | None = None

    @property
    def is_endpoint(self) -> bool:
        """Whether a server computes, so that whoever asks waits."""
        return self.kind == "openai"

    def problems(self) -> Iterator[tuple[str, str]]:
        """What is wrong, as (key, message)."""
        yield from _problems(self, "embedder", _EMBEDDERS, _EMBEDDINGS)
        for key in ("dimensions", "batch"):
            value = getattr(self, key)
            if value is not None and value < 1:
                yield key, f"must be at least 1, not {value}"

    @property
    def base(self) -> str:
        """What `/embeddings` is put behind; raises `ConfigError` where the environment has it wrong."""
        return openai_url(self.url, _EMBEDDINGS)

    def key(self) -> Key:
        """The key of the endpoint; raises `ConfigError` where it is missing or none."""
        return key_of(self.base, self.key_env or KEY_VARIABLE) if self.is_endpoint else Key("")

    def settings(self) -> str | dict[str, Any] | None:
        """What determines vectors, JSON-ready; nothing of the key, and no machine's paths."""
        if not self.is_endpoint:
            return _without_folder(self.name)
        found: dict[str, Any] = {"kind": self.kind, "name": self.name, "url": self.base}
        return found | ({} if self.dimensions is None else {"dimensions": self.dimensions})


@dataclass(frozen=True, slots=True)
class RerankerSpec:
    """`kind` is `endpoint` or `sentence-transformers`; the best `candidates` (20) are reranked.

    `endpoint` is a server that speaks `/rerank`, which is put behind `url`, as Jina, Cohere, vLLM,
    llama.cpp and TEI do. `key_env` is the environment variable that holds the key; without it, none
    is sent.
    """

    kind: str
    name: str | None = None
    url: str | None = None
    key_env: str | None = None
    candidates: int = _CANDIDATES

    @property
    def is_endpoint(self) -> bool:
        """Whether a server computes, so that whoever asks waits."""
        return self.kind == "endpoint"

    def problems(self) -> Iterator[tuple[str, str]]:
        """What is wrong, as (key, message)."""
        yield from _problems(self, "reranker", _RERANKERS, _RERANK)
        if self.is_endpoint and self.url is None:
            yield "url", f"missing: what {_RERANK} is put behind"

    def key(self) -> Key:
        """The key of the endpoint; raises `ConfigError` where it is missing or none."""
        if self.url is None or self.key_env is None:
            return Key("")
        return key_of(self.url, self.key_env)

    def settings(self) -> dict[str, Any]:
        """What determines scores, JSON-ready; nothing of the key, and no machine's paths."""
        where = {} if self.url is None else {"url": self.url.rstrip("/")}
        name = _without_folder(self.name)
        return {"kind": self.kind, "name": name, **where, "candidates": self.candidates}


def load_embedder(spec: EmbedderSpec, cache: Path) -> Embedder:
    """What the description names; vectors that are paid for are kept in the file `cache`.

    Raises:
        ConfigError: something in it is wrong, or the key of an endpoint is missing.
        MissingExtraError: the kind needs packages that are not installed.
        ArtefactError: the model cannot be loaded.
    """
    name = _checked(spec)
    if spec.kind == "sentence-transformers":
        from harness.retrieval.embedders import (  # noqa: PLC0415  (numpy)
            SentenceTransformersEmbedder,
        )

        return SentenceTransformersEmbedder(name)
    from harness.retrieval.endpoint import RetrievalEndpoint  # noqa: PLC0415  (urllib3)
    from harness.retrieval.endpoint_embedder import EndpointEmbedder  # noqa: PLC0415  (numpy)

    variable = spec.key_env or KEY_VARIABLE
    endpoint = RetrievalEndpoint(f"{spec.base}{_EMBEDDINGS}", name, spec.key(), variable)
    return EndpointEmbedder(endpoint, cache, dimensions=spec.dimensions, batch=spec.batch or _BATCH)


def load_reranker(spec: RerankerSpec) -> Reranker:
    """What the description names; raises as `load_embedder`."""
    name = _checked(spec)
    from harness.retrieval.rerankers import (  # noqa: PLC0415  (urllib3)
        CrossEncoderReranker,
        EndpointReranker,
    )

    if spec.url is None:
        return CrossEncoderReranker(name)
    from harness.retrieval.endpoint import RetrievalEndpoint  # noqa: PLC0415  (urllib3)

    url = f"{spec.url.rstrip('/')}{_RERANK}"
    return EndpointReranker(RetrievalEndpoint(url, name, spec.key(), spec.key_env))


def _without_folder(name: str | None) -> str | None:
    """The name of a model; of one in a folder, the folder's own."""
    return Path(name).name if name is not None and Path(name).is_absolute() else name


def _problems(
    spec: EmbedderSpec | RerankerSpec,
    what: str,
    options: Mapping[str, tuple[str, ...]],
    path: str,
) -> Iterator[tuple[str, str]]:
    if spec.kind not in options:
        yield "kind", f"unknown {what} kind {spec.kind!r}: {nearest(spec.kind, options)}"
        return
    fitting = options[spec.kind]
    for option in dict.fromkeys(name for names in options.values() for name in names):
        if option not in fitting and getattr(spec, option) is not None:
            yield option, f'kind = "{spec.kind}" has no such key: {nearest(option, fitting)}'
    if not spec.name:
        yield "name", f"missing: the model that is the {what}"
    if spec.url is not None and (problem := url_problem(spec.url, path)):
        yield "url", problem
    if spec.key_env is not None and (problem := variable_problem(spec.key_env)):
        yield "key_env", problem


def _checked(spec: EmbedderSpec | RerankerSpec) -> str:
    """The name of the model; raises `ConfigError` with the first problem."""
    for key, message in spec.problems():
        raise ConfigError(f"{key}: {message}")
    assert spec.name is not None  # noqa: S101  (a problem otherwise)
    return spec.name
