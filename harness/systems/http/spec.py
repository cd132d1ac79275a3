"""An endpoint as declared: what it is sent, and where in its answers what stands."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from harness.errors import ConfigError, nearest
from harness.systems.http.paths import Paths
from harness.systems.http.request import (
    OPEN_PLACE,
    Body,
    RequestTemplate,
    asks,
    body_problems,
    query_problems,
    source,
)
from harness.transport.keys import Key, key_of, variable_problem
from harness.transport.urls import url_problem

__all__ = ["PATH_KEYS", "HttpSpec"]

PATH_KEYS: Final = (
    "text",
    "event_text",
    "error",
    "passages",
    "passage_text",
    "passage_id",
    "passage_day",
    "prompt_tokens",
    "completion_tokens",
    "finish_reason",
)
"""The keys whose values are JSONPaths."""

_BODIED: Final = ("POST", "PUT", "PATCH")
_METHODS: Final = ("GET", *_BODIED)
_TOKEN: Final = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")  # RFC 9110, 5.6.2
_VALUE: Final = re.compile(r"[\x21-\x7e](?:[\x20-\x7e]*[\x21-\x7e])?")
_SECRET: Final = re.compile(
    r"(?:^|[_-])(?:authorization|cookie|(?:api)?key|password|secret|token)$", re.IGNORECASE
)
_OURS: Final = frozenset({"connection", "content-length", "host", "transfer-encoding"})
_JSON: Final = re.compile(r"application/(?:[^;\s]+\+)?json\s*(?:;|$)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class HttpSpec:
    """A system that is asked at `url`, and answers in JSON.

    The values of `query` and `body` are templates that see `question`, `today` and `instruction`;
    `headers` are sent as they are. The key is in the environment variable `key_env`, without which
    none is sent, and goes into the header `key_header` (None: as a bearer token).

    The rest are JSONPaths. The answer stands at `text`, or comes in server-sent events with a piece
    of it at `event_text` in each. What stands at `error`, if anything, says that the server failed.
    `passages` are what was retrieved, best first; within each its text, id and day stand at
    `passage_text` (None: it is a text itself), `passage_id` and `passage_day`.
    """

    url: str
    method: str = "POST"
    key_env: str | None = None
    key_header: str | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    query: Mapping[str, str] = field(default_factory=dict)
    body: Body | None = None
    text: str | None = None
    event_text: str | None = None
    error: str | None = None
    passages: str | None = None
    passage_text: str | None = None
    passage_id: str | None = None
    passage_day: str | None = None
    prompt_tokens: str | None = None
    completion_tokens: str | None = None
    finish_reason: str | None = None

    def problems(self) -> Iterator[tuple[str, str]]:
        """What is wrong, as (key, message)."""
        if problem := url_problem(self.url):
            yield "url", problem
        if self.key_env is not None and (problem := variable_problem(self.key_env)):
            yield "key_env", problem
        yield from _header_problems(self)
        request = tuple(_request_problems(self))
        yield from request
        if not request and not asks(self.body, self.query):
            yield "body", "asks nothing: write {{ question }} in a text of body or query"
        yield from _path_problems(self)

    def key(self) -> Key:
        """The key of the endpoint; raises `ConfigError` where it is missing or none."""
        return Key("") if self.key_env is None else key_of(self.url, self.key_env)

    def request(self) -> RequestTemplate:
        """The templates of what is sent."""
        return RequestTemplate.of(self.body, self.query, as_json=self.sends_json)

    def sent_headers(self) -> dict[str, str]:
        """All headers but that of the key."""
        typed = any(name.lower() == "content-type" for name in self.headers)
        if self.body is None or typed:
            return dict(self.headers)
        return {"Content-Type": "application/json", **self.headers}

    @property
    def sends_json(self) -> bool:
        """Whether the body is JSON, as it is unless the header `Content-Type` says otherwise."""
        types = [text for name, text in self.headers.items() if name.lower() == "content-type"]
        return all(map(_JSON.match, types))

    def paths(self) -> dict[str, str]:
        """The paths that were declared, by their key."""
        declared = {key: getattr(self, key) for key in PATH_KEYS}
        return {key: path for key, path in declared.items() if path is not None}

    def settings(self) -> dict[str, Any]:
        """What was declared, JSON-ready; nothing of the key, and no machine's paths."""
        found: dict[str, Any] = {"url": self.url, "method": self.method}
        for name in ("headers", "query"):
            if table := getattr(self, name):
                found[name] = dict(table)
        if self.body is not None:
            found["body"] = self.body.name if isinstance(self.body, Path) else self.body
        return {"http": found | self.paths()}

    def fingerprint(self) -> Mapping[str, str]:
        """Of what is sent, files' texts included and the key not, and of how answers are read."""
        body = source(self.body) if isinstance(self.body, Path) else self.body
        sent = [self.url, self.method, dict(self.headers), dict(self.query), body]
        return {"request": _digest(sent), "reply": _digest(self.paths())}


def _header_problems(spec: HttpSpec) -> Iterator[tuple[str, str]]:
    seen: set[str] = set()
    for name, text in spec.headers.items():
        if problem := _header_problem(name, text, seen):
            yield f"headers.{name}", problem
        seen.add(name.lower())
    if spec.key_header is None:
        return
    if spec.key_env is None:
        yield "key_header", "needs key_env, the environment variable that holds the key"
    if not _TOKEN.fullmatch(spec.key_header):
        yield "key_header", "must be the name of a header, such as X-Api-Key"
    elif spec.key_header.lower() in {*seen, *_OURS, "content-type"}:
        yield "key_header", f"{spec.key_header!r} is sent for something else"


def _header_problem(name: str, text: str, seen: set[str]) -> str | None:
    if not _TOKEN.fullmatch(name):
        return f"{name!r} is no name of a header"
    if _SECRET.search(name):
        return OPEN_PLACE
    if name.lower() in _OURS:
        return "is set by the harness"
    if name.lower() in seen:
        return "is there twice"
    return None if _VALUE.fullmatch(text) else "must be a text in ASCII without line ends"


def _request_problems(spec: HttpSpec) -> Iterator[tuple[str, str]]:
    if spec.method not in _METHODS:
        yield "method", f"unknown word {spec.method!r}: {nearest(spec.method, _METHODS)}"
    elif spec.method not in _BODIED and spec.body is not None:
        yield "body", f"{spec.method} has none; use query, or another method"
    if spec.body is not None:
        yield from body_problems(spec.body, as_json=spec.sends_json)
    yield from query_problems(spec.query)


def _path_problems(spec: HttpSpec) -> Iterator[tuple[str, str]]:
    if (spec.text is None) == (spec.event_text is None):
        yield "text", "needs exactly one of text and event_text: where in a reply the answer stands"
    for key, path in spec.paths().items():
        try:
            Paths({key: path})
        except ConfigError as error:
            yield key, str(error)
        if key.startswith("passage_") and spec.passages is None:
            yield key, "needs passages: where the passages stand"


def _digest(value: object) -> str:
    return hashlib.sha256(json.dumps(value, sort_keys=True).encode()).hexdigest()[:16]
