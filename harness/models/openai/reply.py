"""A completion as it arrives, piece by piece, and what it amounts to."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from typing import Any, Final, Literal, NamedTuple

from harness import fastjson
from harness.models.base import FinishReason, Generation, Message, estimated_tokens
from harness.models.openai.endpoint import Endpoint
from harness.models.openai.refusals import refused
from harness.transport.failures import CallError
from harness.transport.keys import Key
from harness.transport.messages import words_of
from harness.transport.sessions import Connect

__all__ = ["Reply"]

_DONE: Final = b"[DONE]"
_REASONS: Final[Mapping[str, FinishReason]] = {
    "stop": "stop",
    "length": "length",
    "content_filter": "refusal",
}
_REASONING: Final = ("reasoning_content", "reasoning")
"""Where servers put what a model thinks before it answers: tokens, but no part of the text."""
_TOKENS: Final = ("content", "refusal", *_REASONING)


class Reply:
    """Takes the events of a stream, or a whole completion, and notes when its tokens came."""

    def __init__(self, endpoint: Endpoint, begin: float, *, formatted: bool) -> None:
        """`begin` is the moment of the call, on the clock of `time.perf_counter`.

        `formatted` says that a format was asked for, which an error may then be about.
        """
        self._endpoint = endpoint
        self._begin = begin
        self._formatted = formatted
        self._content: list[str] = []
        self._refusal: list[str] = []
        self._finish: str | None = None
        self._usage: _Usage | None = None
        self._first: float | None = None
        self._last: float | None = None
        self.connect = Connect()
        self.done = False  # whether the stream has been said to be over

    @property
    def begun(self) -> bool:
        """Whether a token has come."""
        return self._first is not None

    @property
    def complete(self) -> bool:
        """Whether the server has said that this is the end."""
        return self.done or self._finish is not None

    @property
    def characters(self) -> int:
        """Of the text so far."""
        return sum(map(len, self._content))

    def take_event(self, data: bytes) -> None:
        """One event of a stream.

        Raises:
            CallError: `bad_reply`, it is no chunk of a completion; or the error that it holds.
        """
        if data == _DONE or data.strip() == _DONE:
            self.done = True
            return
        self._take(data, "delta")

    def take_end(self) -> None:
        """Nothing: a server that is done says so."""

    def take_whole(self, body: bytes) -> None:
        """A completion from a server that does not stream: all its tokens come now.

        Raises:
            CallError: as `take_event`.
        """
        self._take(body, "message")
        self.done = True

    def tokens(self, messages: Sequence[Message]) -> int:
        """Of the prompt and the completion, estimated as in `generation` where they were not told."""
        usage = self._usage or _estimated(messages, self._text())
        return usage.prompt + usage.completion

    def generation(
        self, messages: Sequence[Message], key: Key, *, queue_seconds: float, attempts: int
    ) -> Generation:
        """The completion without the key, after so much waiting for a turn and so many calls.

        Tokens that were not told are estimated, the prompt's from `messages`.
        """
        text = self._text()
        usage = self._usage or _estimated(messages, text)
        end = time.perf_counter() if self._last is None else self._last
        return Generation(
            text=key.hide(text),
            prompt_tokens=usage.prompt,
            completion_tokens=usage.completion,
            reasoning_tokens=usage.reasoning,
            cached_tokens=usage.cached,
            connect_seconds=self.connect.seconds,
            first_token_seconds=(end if self._first is None else self._first) - self._begin,
            total_seconds=end - self._begin,
            queue_seconds=queue_seconds,
            attempts=attempts,
            finish_reason="refusal" if self._refusal else _REASONS.get(self._finish or "", "other"),
            counted=self._usage is not None,
        )

    def _text(self) -> str:
        return "".join(self._content) or "".join(self._refusal)

    def _take(self, data: bytes, part: Literal["delta", "message"]) -> None:
        now = time.perf_counter()
        try:
            chunk = fastjson.loads(data)
        except (ValueError, RecursionError):
            raise self._bad("no JSON", data) from None
        if not isinstance(chunk, dict):
            raise self._bad("no chunk of a completion", data)
        if chunk.get("error"):
            raise self._error(chunk["error"], data.decode("utf-8", "replace"))
        if chunk.get("usage"):
            self._usage = _usage(chunk["usage"]) or self._usage
        choices = chunk.get("choices")
        if not isinstance(choices, list):
            raise self._bad("no choices", data)
        for choice in choices[:1]:
            if not isinstance(choice, dict):
                raise self._bad("no choice", data)
            piece = choice.get(part)
            if piece:
                self._take_piece(piece, now, data)
            self._finish = str(choice.get("finish_reason") or "") or self._finish

    def _take_piece(self, piece: Any, now: float, data: bytes) -> None:  # noqa: ANN401  (any JSON)
        if not isinstance(piece, dict):
            raise self._bad("no message", data)
        for name, kept in (("content", self._content), ("refusal", self._refusal)):
            value = piece.get(name)
            if not value:
                continue
            if not isinstance(value, str):
                raise self._bad(f"{name} that is no text", data)
            kept.append(value)
        if any(piece.get(name) for name in _TOKENS):
            self._first = now if self._first is None else self._first
            self._last = now

    def _bad(self, what: str, data: bytes) -> CallError:
        where = f"{self._endpoint.url}: no chat completion; look at url"
        said = data.decode("utf-8", "replace")
        return CallError("bad_reply", f"{where} (the server sent {what}: {said})")

    def _error(self, error: Any, text: str) -> CallError:  # noqa: ANN401  (any JSON)
        """An error that came with status 200."""
        code = error.get("code") if isinstance(error, Mapping) else None
        if isinstance(code, int) and not isinstance(code, bool):
            return refused(self._endpoint, code, text, formatted=self._formatted)
        told = f"{self._endpoint.url}: the server broke off; its log may say why"
        return CallError("server_error", f"{told} ({words_of(text)})", again=True)


class _Usage(NamedTuple):
    """Tokens; those of `reasoning` are among the completion's, the `cached` among the prompt's."""

    prompt: int
    completion: int
    reasoning: int = 0
    cached: int = 0


def _estimated(messages: Sequence[Message], text: str) -> _Usage:
    prompt = sum(estimated_tokens(message.content) for message in messages)
    return _Usage(prompt, estimated_tokens(text))


def _usage(usage: Any) -> _Usage | None:  # noqa: ANN401  (any JSON)
    """What a server tells of its tokens; None where it does not."""
    prompt = _count(usage, "prompt_tokens")
    completion = _count(usage, "completion_tokens")
    if prompt is None or completion is None:
        return None
    reasoning = _count(usage.get("completion_tokens_details"), "reasoning_tokens")
    cached = _count(usage.get("prompt_tokens_details"), "cached_tokens")
    return _Usage(prompt, completion, reasoning or 0, cached or 0)


def _count(counts: Any, name: str) -> int | None:  # noqa: ANN401  (any JSON)
    count = counts.get(name) if isinstance(counts, Mapping) else None
    good = isinstance(count, int) and not isinstance(count, bool) and count >= 0
    return count if good else None
