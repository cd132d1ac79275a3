"""One call of an endpoint: sent, and read as it streams."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

from harness import fastjson
from harness.models.openai.endpoint import Endpoint
from harness.models.openai.refusals import CallError, refused
from harness.models.openai.reply import Reply
from harness.models.openai.request import Dialect
from harness.models.openai.sse import EventReader
from harness.transport.keys import Key
from harness.transport.retries import retry_after
from harness.transport.sessions import Connect, Sessions

if TYPE_CHECKING:
    from aiohttp import ClientResponse

__all__ = ["Caller"]

_LINGER_SECONDS: Final = 1.0
_LONGEST_BODY: Final = 8_000_000
_OK: Final = 200
_FORMATTED: Final = frozenset({"response_format", "structured_outputs", "grammar"})


class Caller:
    """Calls one endpoint, in words that its server knows."""

    def __init__(
        self,
        endpoint: Endpoint,
        key: Key,
        silence_seconds: float,
        request_seconds: float | None = None,
    ) -> None:
        self._endpoint = endpoint
        self._key = key
        self._url = f"{endpoint.url}/chat/completions"
        self._dialect = Dialect()
        self._sessions = Sessions(silence_seconds)
        self._longest = request_seconds

    async def ask(self, body: Mapping[str, Any], begin: float) -> Reply:
        """The reply to a request; `begin` is the moment from which its times count.

        Raises:
            CallError: there is none, or no whole one; the key is not in it.
        """
        while True:
            sent = self._dialect.spoken(body)
            try:
                if self._longest is None:
                    return await self._call(sent, begin)
                async with asyncio.timeout(self._longest):
                    return await self._call(sent, begin)
            except TimeoutError:
                what = f"no whole answer in {self._longest:g} s; is it overloaded?"
                raise self._failed("timeout", what, "request_seconds", again=True) from None
            except CallError as error:
                failed = error.without(self._key)
            # Raised here, it has no context: what the server said may have the key in it.
            if not self._dialect.learn(sent, failed.words):
                raise failed

    async def close(self) -> None:
        """Close the sockets of the running loop."""
        await self._sessions.close()

    async def _call(self, body: Mapping[str, Any], begin: float) -> Reply:
        import aiohttp  # noqa: PLC0415  (slow, and only endpoints need it)

        formatted = not _FORMATTED.isdisjoint(body)
        connect = Connect()
        reply = Reply(self._endpoint, begin, connect, formatted=formatted)
        try:
            async with self._sessions.here().post(
                self._url,
                data=fastjson.dumps(body),
                headers={"Content-Type": "application/json", **self._key.header()},
                allow_redirects=False,
                trace_request_ctx=connect,
            ) as response:
                if response.status != _OK:
                    raise await self._refused(response, formatted=formatted)
                await _read(response, reply)
        except TimeoutError as error:
            if not reply.complete:
                raise self._failed(
                    "timeout", "nothing came in time; is it overloaded?", error
                ) from None
        except aiohttp.ClientConnectorError as error:
            what = "cannot be reached; does the server run, and is url right?"
            raise self._failed("unreachable", what, error, again=True) from None
        except aiohttp.ClientResponseError as error:
            raise self._failed("bad_reply", "no chat completion; look at url", error) from None
        except (aiohttp.ClientError, OSError) as error:
            if not reply.complete:
                raise self._broken(reply, error) from None
        except ValueError as error:
            raise self._failed("bad_reply", "no chat completion; look at url", error) from None
        if not reply.complete:
            raise self._broken(reply, "the stream ended early")
        return reply

    async def _refused(self, response: ClientResponse, *, formatted: bool) -> CallError:
        return refused(
            self._endpoint,
            response.status,
            (await _body(response)).decode("utf-8", "replace"),
            formatted=formatted,
            after=retry_after(response.headers.get("Retry-After")),
        )

    def _broken(self, reply: Reply, cause: object) -> CallError:
        """A connection that ended before the answer did."""
        after = f"after {reply.characters} characters of" if reply.begun else "before"
        what = f"the connection broke {after} an answer; the server's log may say why"
        return self._failed("server_error", what, cause, again=True)

    def _failed(self, kind: str, what: str, cause: object, *, again: bool = False) -> CallError:
        why = str(cause) or type(cause).__name__
        return CallError(kind, f"{self._endpoint.url}: {what} ({why})", again=again)


async def _read(response: ClientResponse, reply: Reply) -> None:
    """Read until the server has said that this is the end."""
    if response.content_type != "text/event-stream":
        reply.take_whole(await _body(response))
        return
    reader = EventReader()
    async for chunk in response.content.iter_any():
        for data in reader.feed(chunk):
            reply.take_event(data)
        if reply.done:
            break
    if not response.content.at_eof():
        async with asyncio.timeout(_LINGER_SECONDS):  # read to its end, a socket can be used again
            await _body(response)


async def _body(response: ClientResponse) -> bytes:
    """The body, up to a length that no honest one has."""
    body = bytearray()
    async for chunk in response.content.iter_any():
        body += chunk
        if len(body) > _LONGEST_BODY:
            break
    return bytes(body)
