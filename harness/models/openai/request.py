"""The body of a request, and what servers have been found not to know of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from harness.models.base import Message
from harness.models.openai.endpoint import Endpoint

__all__ = ["Dialect", "request_body"]

_RENAMED: Final = {"max_tokens": "max_completion_tokens"}
_DISPENSABLE: Final = ("stream_options", "seed")
"""Without the first, tokens are estimated; without the second, a greedy answer is the same."""
_SEED: Final = 0


def request_body(
    endpoint: Endpoint, messages: Sequence[Message], max_tokens: int
) -> dict[str, Any]:
    """A greedy completion, streamed with usage at its end or in one piece."""
    body: dict[str, Any] = {
        "model": endpoint.model,
        "messages": [{"role": turn.role, "content": turn.content} for turn in messages],
        "max_tokens": max_tokens,
        "temperature": endpoint.temperature,
        "seed": _SEED,
    }
    if endpoint.stream:
        body |= {"stream": True, "stream_options": {"include_usage": True}}
    return body


class Dialect:
    """How one server wants to be asked, learned from its refusals and then remembered."""

    def __init__(self) -> None:
        self._refused: set[str] = set()

    def spoken(self, body: Mapping[str, Any]) -> dict[str, Any]:
        """The body without what the server does not know."""
        if not self._refused:
            return dict(body)
        dropped = self._refused.intersection(_DISPENSABLE)
        renamed = {name: _RENAMED[name] for name in self._refused.intersection(_RENAMED)}
        return {renamed.get(key, key): value for key, value in body.items() if key not in dropped}

    def learn(self, sent: Mapping[str, Any], words: str) -> bool:
        """Whether the refusal `words` names a field of `sent` that can be said otherwise or not at all."""
        named = {old for old, new in _RENAMED.items() if old in sent and new in words}
        named |= {name for name in _DISPENSABLE if name in sent and name in words}
        self._refused |= named
        return bool(named)
