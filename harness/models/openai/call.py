"""One call of an endpoint, in words that its server knows."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any, Final

from harness import fastjson
from harness.models.openai.endpoint import Endpoint
from harness.models.openai.refusals import refused
from harness.models.openai.reply import Reply
from harness.models.openai.request import Dialect
from harness.transport.failures import CallError
from harness.transport.keys import Key
from harness.transport.wire import Request, Wire

__all__ = ["Caller"]

_FORMATTED: Final = frozenset({"response_format", "structured_outputs", "grammar"})


class Caller:
    """Calls one endpoint, and remembers what its server does not know."""

    def __init__(
        self,
        endpoint: Endpoint,
        key: Key,
        silence_seconds: float,
        request_seconds: float | None = None,
    ) -> None:
        self._endpoint = endpoint
        self._key = key
        self._headers = {"Content-Type": "application/json", **key.header()}
        self._dialect = Dialect()
        self._wire = Wire(
            f"{endpoint.url}/chat/completions",
            shown=endpoint.url,
            wanted="chat completion",
            silence_seconds=silence_seconds,
            request_seconds=request_seconds,
        )

    async def ask(self, body: Mapping[str, Any], begin: float) -> Reply:
        """The reply to a request; `begin` is the moment from which its times count.

        Raises:
            CallError: there is none, or no whole one; the key is not in it.
        """
        while True:
            sent = self._dialect.spoken(body)
            try:
                return await self._call(sent, begin)
            except CallError as error:
                failed = error.without(self._key)
            # Raised here, it has no context: what the server said may have the key in it.
            if not self._dialect.learn(sent, failed.words):
                raise failed

    async def close(self) -> None:
        """Close the sockets of the running loop."""
        await self._wire.close()

    async def _call(self, body: Mapping[str, Any], begin: float) -> Reply:
        formatted = not _FORMATTED.isdisjoint(body)
        reply = Reply(self._endpoint, begin, formatted=formatted)
        await self._wire.send(
            Request(self._headers, fastjson.dumps(body)),
            reply,
            partial(refused, self._endpoint, formatted=formatted),
        )
        return reply
