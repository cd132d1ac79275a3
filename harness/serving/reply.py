"""A completion as OpenAI writes it, whole or in chunks."""

from __future__ import annotations

import time
import uuid
from dataclasses import dataclass, field
from typing import Any

from harness.models.base import Generation

__all__ = ["Reply"]


@dataclass(frozen=True, slots=True)
class Reply:
    """What all pieces of one completion say: `model` as it was asked for, and its fingerprint."""

    model: str
    fingerprint: str
    id: str = field(default_factory=lambda: f"chatcmpl-{uuid.uuid4().hex}")
    created: int = field(default_factory=lambda: int(time.time()))

    def whole(self, generation: Generation) -> dict[str, Any]:
        """The completion in one piece."""
        choice = {
            "index": 0,
            "message": {"role": "assistant", "content": generation.text, "refusal": None},
            "logprobs": None,
            "finish_reason": generation.finish_reason,
        }
        return self._named("chat.completion", [choice], _usage(generation))

    def chunk(self, delta: dict[str, str], finish_reason: str | None = None) -> dict[str, Any]:
        """One piece of a stream."""
        choice = {
            "index": 0,
            "delta": delta,
            "logprobs": None,
            "finish_reason": finish_reason,
        }
        return self._named("chat.completion.chunk", [choice], None)

    def usage(self, generation: Generation) -> dict[str, Any]:
        """The last piece of a stream that was asked for what it took."""
        return self._named("chat.completion.chunk", [], _usage(generation))

    def _named(
        self, kind: str, choices: list[dict[str, Any]], usage: dict[str, int] | None
    ) -> dict[str, Any]:
        return {
            "id": self.id,
            "object": kind,
            "created": self.created,
            "model": self.model,
            "system_fingerprint": self.fingerprint,
            "choices": choices,
            "usage": usage,
        }


def _usage(generation: Generation) -> dict[str, int]:
    prompt, completion = generation.prompt_tokens, generation.completion_tokens
    return {
        "prompt_tokens": prompt,
        "completion_tokens": completion,
        "total_tokens": prompt + completion,
    }
