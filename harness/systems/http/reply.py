"""What an endpoint answers, in one piece or in events, and what stands in it."""

from __future__ import annotations

import time
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final

from harness import fastjson
from harness.retrieval.base import UNDATED, Passage
from harness.systems.http.paths import Paths
from harness.transport.failures import CallError
from harness.transport.messages import words_of
from harness.transport.sessions import Connect

__all__ = ["Reply", "Told"]

_DONE: Final = b"[DONE]"
_STREAMED: Final = "event_text"


@dataclass(frozen=True, slots=True)
class Told:
    """A whole answer; what the endpoint does not tell is None, or empty.

    Seconds count from the beginning of the call, in which retries and waiting are included.
    """

    text: str
    passages: tuple[Passage, ...]
    prompt_tokens: int | None
    completion_tokens: int | None
    finish_reason: str
    connect_seconds: float
    first_token_seconds: float | None
    total_seconds: float


class Reply:
    """Takes what comes, and notes when the pieces of the text came.

    Of what stands in several events (passages, tokens, the finish reason) the last counts.
    """

    def __init__(self, url: str, paths: Paths, begin: float) -> None:
        """`begin` is the moment of the call, on the clock of `time.perf_counter`."""
        self._url = url
        self._paths = paths
        self._begin = begin
        self._text_key = _STREAMED if _STREAMED in paths else "text"
        self._pieces: list[str] = []
        self._latest: dict[str, list[Any]] = {}
        self._came: object = None
        self._first: float | None = None
        self._last: float | None = None
        self.connect = Connect()
        self.done = False

    @property
    def complete(self) -> bool:
        """Whether the server has said that this is the end."""
        return self.done

    @property
    def begun(self) -> bool:
        """Whether a piece of the text has come."""
        return self._first is not None

    @property
    def characters(self) -> int:
        """Of the text so far."""
        return sum(map(len, self._pieces))

    def take_event(self, data: bytes) -> None:
        """One event of a stream; an empty one only keeps the connection open.

        Raises:
            CallError: `bad_reply`, no stream is expected, it is no JSON, or has something else where
                a text should stand; `server_error`, it says that the server failed.
        """
        if self._text_key != _STREAMED:
            what = "it sent a stream of events: say with event_text where in each the text stands"
            raise self._bad(what, data)
        data = data.strip()
        if data == _DONE:
            self.done = True
        elif data:
            self._take(data)

    def take_end(self) -> None:
        """The stream is over, and so is the answer."""
        self.done = True

    def take_whole(self, body: bytes) -> None:
        """An answer in one piece.

        Raises:
            CallError: as `take_event`.
        """
        if self._text_key == _STREAMED:
            what = (
                "it sent no stream of events: say with text, not event_text, where the text stands"
            )
            raise self._bad(what, body)
        self._take(body)
        self.done = True

    def told(self) -> Told:
        """The whole answer.

        Raises:
            CallError: `bad_reply`, there was no text, or passages are not what was declared.
        """
        if not self._pieces:
            raise self._bad(f"no text at {self._paths.shown(self._text_key)}", self._came)
        streamed = self._text_key == _STREAMED
        end = time.perf_counter() if self._last is None else self._last
        return Told(
            text="".join(self._pieces),
            passages=self._passages(),
            prompt_tokens=self._count("prompt_tokens"),
            completion_tokens=self._count("completion_tokens"),
            finish_reason=self._finish_reason(),
            connect_seconds=self.connect.seconds,
            first_token_seconds=self._first - self._begin if streamed and self._first else None,
            total_seconds=end - self._begin,
        )

    def _take(self, data: bytes) -> None:
        now = time.perf_counter()
        try:
            value = self._came = fastjson.loads(data)
        except (ValueError, RecursionError):
            raise self._bad("no JSON; look at url", data) from None
        for failure in self._found("error", value):
            if failure:
                told = f"{self._url}: the server says that it failed; its log may say why"
                raise CallError("server_error", f"{told} ({_words(failure)})", again=True)
        for piece in self._found(self._text_key, value):
            if not isinstance(piece, str):
                what = f"something else than a text at {self._paths.shown(self._text_key)}"
                raise self._bad(what, value)
            self._pieces.append(piece)
            if piece:
                self._first = now if self._first is None else self._first
                self._last = now
        for key in ("passages", "prompt_tokens", "completion_tokens", "finish_reason"):
            if found := self._found(key, value):
                self._latest[key] = found

    def _found(self, key: str, value: object) -> list[Any]:
        """All that stands there and is not null."""
        try:
            return [found for found in self._paths.find(key, value) if found is not None]
        except RecursionError:
            raise self._bad(f"JSON too deep for {self._paths.shown(key)}", value) from None

    def _passages(self) -> tuple[Passage, ...]:
        nodes = self._latest.get("passages", [])
        return tuple(self._passage(node, len(nodes) - place) for place, node in enumerate(nodes))

    def _passage(self, node: object, score: float) -> Passage:
        """A passage; only the order of scores has a meaning."""
        text = self._passage_text(node)
        ids, days = self._found("passage_id", node), self._found("passage_day", node)
        if any(isinstance(name, bool) or not isinstance(name, str | int) for name in ids[:1]):
            raise self._bad(f"no id at {self._paths.shown('passage_id')}", node)
        return Passage(
            document_id=str(ids[0]) if ids else "",
            day=self._day(days[0], node) if days else UNDATED,
            text=text,
            score=score,
        )

    def _passage_text(self, node: object) -> str:
        inside = "passage_text" in self._paths
        texts = self._found("passage_text", node) if inside else [node]
        if texts and all(isinstance(text, str) for text in texts):
            return "".join(map(str, texts))
        key = "passage_text" if inside else "passages"
        hint = "" if inside else "; say with passage_text where in it that stands"
        raise self._bad(f"a passage without a text at {self._paths.shown(key)}{hint}", node)

    def _day(self, cell: object, node: object) -> date:
        try:
            return datetime.fromisoformat(str(cell)).date()
        except ValueError:
            what = f"no day such as 2026-08-22 at {self._paths.shown('passage_day')}"
            raise self._bad(what, node) from None

    def _count(self, key: str) -> int | None:
        count = self._latest.get(key, [None])[0]
        good = isinstance(count, int) and not isinstance(count, bool) and count >= 0
        return count if good else None

    def _finish_reason(self) -> str:
        reason = self._latest.get("finish_reason", ["stop"])[0]
        return reason if isinstance(reason, str) else "other"

    def _bad(self, what: str, came: object) -> CallError:
        return CallError("bad_reply", f"{self._url}: {what} (the server sent {_spelled(came)})")


def _spelled(came: object) -> str:
    """What came: bytes as they are, JSON in its usual spelling, so that a key in it is found."""
    if isinstance(came, bytes):
        return came.decode("utf-8", "replace")
    try:
        return fastjson.dumps(came).decode()
    except RecursionError:
        return "JSON that is too deep to be shown"


def _words(failure: object) -> str:
    return failure if isinstance(failure, str) else words_of(_spelled(failure))
