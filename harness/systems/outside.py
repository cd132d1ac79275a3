"""What systems ask beyond this machine, with which keys, and which code of the suite they run.

A suite may come from somebody else: these are the lines to read before its first run.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from harness.models.openai.endpoint import Endpoint
from harness.systems.spec import SystemSpec
from harness.transport.urls import KEY_VARIABLE

__all__ = ["outside_lines"]


class _Server(NamedTuple):
    """What is asked, and the variable whose value is sent there; None: no key is."""

    url: str
    variable: str | None


def outside_lines(specs: Iterable[SystemSpec]) -> Iterator[str]:
    """A line for each server with the systems that ask it, and one for each function."""
    servers: dict[_Server, list[str]] = defaultdict(list)
    functions: dict[str, list[str]] = defaultdict(list)
    for spec in specs:
        for server in _servers(spec):
            if spec.name not in servers[server]:
                servers[server].append(spec.name)
        if isinstance(spec.function, str):
            functions[spec.function].append(spec.name)
    for server, names in servers.items():
        key = f", with the key in {server.variable}" if server.variable else ", without a key"
        yield f"{server.url} is asked{key}, by {', '.join(names)}"
    for function, names in functions.items():
        yield f"{function} is code of the suite that is run, by {', '.join(names)}"


def _servers(spec: SystemSpec) -> Iterator[_Server]:
    if spec.model.is_endpoint:
        endpoint = Endpoint.of(spec.model)
        yield _Server(endpoint.url, endpoint.key_variable)
    if spec.http is not None:
        yield _Server(spec.http.url, spec.http.key_env)
    if spec.retrieval is None:
        return
    embedder, reranker = spec.retrieval.embedding, spec.retrieval.rerank
    if embedder is not None and embedder.is_endpoint:
        yield _Server(embedder.base, embedder.key_env or KEY_VARIABLE)
    if reranker is not None and reranker.url is not None:
        yield _Server(reranker.url, reranker.key_env)
