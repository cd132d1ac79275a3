"""Training examples: a user message and the answer to learn."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass

__all__ = ["Example", "examples_fingerprint"]


@dataclass(frozen=True, slots=True)
class Example:
    """`prompt` is the whole user message, `answer` the reply; `kind` says what it teaches."""

    prompt: str
    answer: str
    kind: str


def examples_fingerprint(examples: Iterable[Example]) -> str:
    """SHA-256 (first 16 hex digits) over prompts and answers in their order."""
    digest = hashlib.sha256()
    for example in examples:
        digest.update(json.dumps([example.prompt, example.answer]).encode())
    return digest.hexdigest()[:16]
