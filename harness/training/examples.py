"""Training examples: a user message and the answer to learn."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass

__all__ = ["Example", "chat_jsonl", "examples_fingerprint"]


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


def chat_jsonl(examples: Iterable[Example]) -> bytes:
    """One chat a line, as providers of fine-tuning read it: a user's turn and the answer to it."""
    lines = (
        json.dumps(
            {
                "messages": [
                    {"role": "user", "content": example.prompt},
                    {"role": "assistant", "content": example.answer},
                ]
            }
        )
        for example in examples
    )
    return "".join(f"{line}\n" for line in lines).encode()
