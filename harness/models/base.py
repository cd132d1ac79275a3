"""The language model protocol."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final, Literal, Protocol

from harness.world.formats import OutputFormat

Role = Literal["system", "user", "assistant"]
FinishReason = Literal["stop", "length", "refusal", "other"]

_CHARACTERS_PER_TOKEN: Final = 4  # a common rule of thumb for English


@dataclass(frozen=True, slots=True)
class Message:
    """One turn of a chat."""

    role: Role
    content: str


@dataclass(frozen=True, slots=True)
class Generation:
    """What a model returned for one prompt.

    Times are seconds from the call: `first_token_seconds` to the first token, `total_seconds` to
    the last; in both are `queue_seconds`, spent waiting for a turn, and `connect_seconds`. Token
    counts are the model's own; `counted` is False when they had to be estimated. `reasoning_tokens`
    are among the completion's, `cached_tokens` (which a server did not compute anew) among the
    prompt's. `attempts` is the number of calls that it took, `batch` how many prompts were continued
    together with this one, it included: its times are then those of all of them.
    """

    text: str
    prompt_tokens: int
    completion_tokens: int
    first_token_seconds: float
    total_seconds: float
    finish_reason: FinishReason = "stop"
    counted: bool = True
    reasoning_tokens: int = 0
    cached_tokens: int = 0
    queue_seconds: float = 0.0
    connect_seconds: float | None = None
    attempts: int = 1
    batch: int = 1


class LanguageModel(Protocol):
    """Anything that continues a chat."""

    @property
    def name(self) -> str:
        """A short name for reports."""
        ...

    def fingerprint(self) -> str:
        """Content fingerprint of weights and adapter, or of what names them at a provider."""
        ...

    async def generate(
        self,
        messages: Sequence[Message],
        *,
        max_tokens: int,
        enforced: OutputFormat | None = None,
    ) -> Generation:
        """Continue the chat greedily; the decoder enforces the format `enforced`, if there is one.

        A local model computes in the calling thread. Raises `ModelError` when the model fails.
        """
        ...

    def enforce(self, formats: Iterable[OutputFormat]) -> None:
        """Make ready to enforce these formats, so that no answer's time has that in it."""
        ...

    async def close(self) -> None:
        """Release what the model holds."""
        ...


class ModelError(Exception):
    """A call to a model failed: an outcome of that question, never of the run.

    `attempts` is the number of calls that were made.
    """

    def __init__(self, kind: str, message: str, attempts: int = 1) -> None:
        super().__init__(message)
        self.kind = kind
        self.attempts = attempts


def estimated_tokens(text: str) -> int:
    """About how many tokens a text has, where nobody counted; such usage is marked as not counted."""
    return -(-len(text) // _CHARACTERS_PER_TOKEN)
