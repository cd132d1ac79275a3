"""The bytes that a stub server sends: OpenAI's completions, whole or streamed, and refusals."""

from __future__ import annotations

import json
from http import HTTPStatus
from itertools import pairwise
from typing import Final

_HEAD: Final = b"HTTP/1.1 %d %b\r\nContent-Type: application/json\r\nContent-Length: %d\r\n%b\r\n"
_STREAM: Final = (
    b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream; charset=utf-8\r\n"
    b"Transfer-Encoding: chunked\r\n\r\n"
)
_WHOLE: Final = (
    b'{"id":"stub","object":"chat.completion","created":0,"model":"stub","choices":[{"index":0,'
    b'"message":{"role":"assistant","content":%b},"finish_reason":"stop"}],"usage":%b}'
)
_CHUNK: Final = b'{"id":"stub","object":"chat.completion.chunk","created":0,"model":"stub",%b}'
_PIECE: Final = b'"choices":[{"index":0,"delta":{"content":%b},"finish_reason":null}]'
_STOP: Final = b'"choices":[{"index":0,"delta":{},"finish_reason":"stop"}]'
_USAGE: Final = b'"choices":[],"usage":%b'
_COUNTS: Final = b'{"prompt_tokens":%d,"completion_tokens":%d,"total_tokens":%d}'
_CHUNK_SIZE_BASE: Final = len(b"data: \n\n")


def reply(status: int, body: bytes, headers: bytes = b"") -> bytes:
    """A response with a JSON body; `headers` end with their line ends."""
    return _HEAD % (status, HTTPStatus(status).phrase.encode(), len(body), headers) + body


def refusal(status: int, message: str, headers: bytes = b"") -> bytes:
    """A response with an error in OpenAI's shape."""
    error = {"message": message, "type": "stub", "code": status}
    return reply(status, json.dumps({"error": error}).encode(), headers)


def whole(text: str, tokens: int, prompt_tokens: int) -> bytes:
    """A completion in one piece."""
    count = len(_pieces(text, tokens))
    return reply(200, _WHOLE % (json.dumps(text).encode(), _usage(prompt_tokens, count)))


def stream(text: str, tokens: int, prompt_tokens: int, *, counted: bool) -> list[bytes]:
    """A streamed completion: what is sent with each token.

    The first has the head of the response as well, the last has its end and, where it is to be
    `counted`, the usage.
    """
    pieces = _pieces(text, tokens)
    events = [_event(_PIECE % json.dumps(piece).encode()) for piece in pieces]
    events[0] = _STREAM + events[0]
    usage = _event(_USAGE % _usage(prompt_tokens, len(pieces))) if counted else b""
    events[-1] += _event(_STOP) + usage + _framed(b"[DONE]") + b"0\r\n\r\n"
    return events


def _pieces(text: str, tokens: int) -> list[str]:
    """The text in `tokens` parts, or in its characters where it has fewer."""
    count = max(1, min(tokens, len(text)))
    cuts = [len(text) * place // count for place in range(count + 1)]
    return [text[start:end] for start, end in pairwise(cuts)]


def _usage(prompt: int, completion: int) -> bytes:
    return _COUNTS % (prompt, completion, prompt + completion)


def _event(fields: bytes) -> bytes:
    return _framed(_CHUNK % fields)


def _framed(data: bytes) -> bytes:
    """A server-sent event in a chunk of its own."""
    return b"%x\r\ndata: %b\n\n\r\n" % (len(data) + _CHUNK_SIZE_BASE, data)
