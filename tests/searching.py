"""A server on this machine that really embeds and reranks, by words and what they mean.

Texts are bags of words, and words that mean the same are one: so it knows what the built-in embedder
does not. What it sends comes in no order, and with tokens counted.
"""

from __future__ import annotations

import base64
import re
import struct
import zlib
from collections.abc import Mapping
from typing import Any, ClassVar

from aiohttp import web
from loopback import Call, Loopback, Play

MEANINGS: Mapping[str, str] = {
    "depot": "warehouse", "store": "warehouse", "opens": "unlocks", "answers": "unlocks",
}  # fmt: skip
DIMENSIONS = 256


class SearchServer(Loopback):
    """Plays come first, one a call; then it embeds and reranks, and chats as `talks` says."""

    paths: ClassVar = ("/chat/completions", "/embeddings", "/rerank")

    def __init__(self, *plays: Play, talks: Play | None = None) -> None:
        self.talks = talks
        super().__init__(*plays)

    def play(self, call: Call) -> Play:
        if len(self.calls) <= len(self.plays):
            return self.plays[len(self.calls) - 1]
        if call.request.path.endswith("/embeddings"):
            return embeddings
        if call.request.path.endswith("/rerank"):
            return rerank
        assert self.talks is not None
        return self.talks

    @property
    def embedded(self) -> list[str]:
        """Every text of every call for embeddings, in order."""
        calls = [call for call in self.calls if call.request.path.endswith("/embeddings")]
        return [text for call in calls for text in call.body["input"]]


async def embeddings(call: Call) -> web.StreamResponse:
    texts = call.body["input"]
    dimensions = call.body.get("dimensions", DIMENSIONS)
    as_bytes = call.body.get("encoding_format") == "base64"
    data: list[dict[str, Any]] = []
    for index, text in enumerate(texts):
        numbers = vector(text, dimensions)
        packed = base64.b64encode(struct.pack(f"<{dimensions}f", *numbers)).decode()
        data.append({"index": index, "embedding": packed if as_bytes else numbers})
    return web.json_response({"data": data[::-1], "usage": {"prompt_tokens": tokens(*texts)}})


async def rerank(call: Call) -> web.StreamResponse:
    query, documents = call.body["query"], call.body["documents"]
    results = [
        {"index": index, "relevance_score": judgement(query, text)}
        for index, text in enumerate(documents)
    ]
    results.sort(key=lambda result: -result["relevance_score"])
    counted = tokens(*documents) + len(documents) * tokens(query)
    return web.json_response({"results": results, "usage": {"total_tokens": counted}})


async def rerank_texts(call: Call) -> web.StreamResponse:
    """The other dialect: `texts` in, a bare list out."""
    if "texts" not in call.body:
        message = "Failed to deserialize the JSON body: missing field `texts` at line 1"
        return web.Response(text=message, status=422)
    query = call.body["query"]
    ranks = [
        {"index": index, "score": judgement(query, text)}
        for index, text in enumerate(call.body["texts"])
    ]
    return web.json_response(ranks[::-1])


def vector(text: str, dimensions: int = DIMENSIONS) -> list[float]:
    """How often each word comes, hashed; longer than 1, as models' vectors may be."""
    numbers = [0.0] * dimensions
    for word in words(text):
        numbers[zlib.crc32(word.encode()) % dimensions] += 3.0
    return numbers


def judgement(query: str, text: str) -> float:
    """The share of the query's words that the text has, halved where it denies something."""
    asked, said = set(words(query)), set(words(text))
    share = len(asked & said) / len(asked) if asked else 0.0
    return share / 2 if {"not", "no"} & said else share


def words(text: str) -> list[str]:
    return [MEANINGS.get(word, word) for word in re.findall(r"[\w.]+", text.lower())]


def tokens(*texts: str) -> int:
    return sum(len(words(text)) for text in texts)
