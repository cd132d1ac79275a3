"""A model behind an OpenAI-compatible endpoint, asked over HTTP and read as it streams.

The times of an answer begin with the call and have in them what its retries took: that is what
whoever asks has to wait. Sockets are kept open between calls, one pool an event loop.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final
from weakref import WeakKeyDictionary

from harness.models.base import Generation, Message, ModelError
from harness.models.openai.endpoint import Endpoint
from harness.models.openai.enforcement import enforcing
from harness.models.openai.refusals import CallError, refused
from harness.models.openai.reply import Reply
from harness.models.openai.request import Dialect, request_body
from harness.models.openai.sse import EventReader
from harness.transport.retries import Retries, retry_after
from harness.world.formats import OutputFormat

if TYPE_CHECKING:
    from aiohttp import ClientResponse, ClientSession

__all__ = ["OpenAIModel"]

_CONNECT_SECONDS: Final = 10.0
_LINGER_SECONDS: Final = 1.0
_LONGEST_MESSAGE: Final = 500
_LONGEST_BODY: Final = 8_000_000
_OK: Final = 200
_FORMATTED: Final = frozenset({"response_format", "structured_outputs", "grammar"})


class OpenAIModel:
    """A `LanguageModel` at an endpoint.

    `silence_seconds` is how long nothing may come before a call has failed: more than a suite's
    deadline usually is, which comes first.
    """

    def __init__(
        self,
        endpoint: Endpoint,
        *,
        retries: Retries | None = None,
        silence_seconds: float = 300.0,
    ) -> None:
        """Read the key; raises `ConfigError` where it is missing and the server is another machine."""
        self._endpoint = endpoint
        self._key = endpoint.key()
        self._retries = retries or Retries()
        self._silence = silence_seconds
        self._dialect = Dialect()
        self._sessions: WeakKeyDictionary[asyncio.AbstractEventLoop, ClientSession] = (
            WeakKeyDictionary()
        )

    @property
    def name(self) -> str:
        """What the endpoint calls the model."""
        return self._endpoint.model

    def fingerprint(self) -> str:
        """Of what names the model at its provider, who may change what it stands for."""
        return self._endpoint.fingerprint()

    def enforce(self, formats: Iterable[OutputFormat]) -> None:
        """Nothing: a server compiles a format when it is first asked for it."""

    async def generate(
        self,
        messages: Sequence[Message],
        *,
        max_tokens: int,
        enforced: OutputFormat | None = None,
    ) -> Generation:
        """Ask for a greedy completion, again where that may help, and read it as it streams.

        Raises:
            ModelError: `unreachable`, `timeout`, `rate_limited`, `server_error`, `unauthorised`,
                `not_found`, `bad_request`, `bad_reply`, `context_length`, or `grammar` where the
                server cannot enforce the format. The message is one line, without the key.
        """
        begin, attempt = time.perf_counter(), 1
        body = request_body(self._endpoint, messages, max_tokens)
        if enforced is not None:
            body |= enforcing(enforced, self._endpoint.enforce)
        while True:
            try:
                reply = await self._ask(body, begin)
            except CallError as error:
                failed = error
            else:
                generation = reply.generation(messages)
                return replace(generation, text=self._key.hide(generation.text))
            pause = self._retries.pause(attempt, failed.after) if failed.again else None
            if pause is None:
                # Raised here, it has no context: what the server said may have the key in it.
                raise self._outcome(failed, attempt)
            await asyncio.sleep(pause)
            attempt += 1

    async def close(self) -> None:
        """Close the sockets of the running loop."""
        session = self._sessions.pop(asyncio.get_running_loop(), None)
        if session is not None:
            await session.close()

    async def _ask(self, body: Mapping[str, Any], begin: float) -> Reply:
        """One call, in words that this server knows."""
        while True:
            sent = self._dialect.spoken(body)
            try:
                return await self._call(sent, begin)
            except CallError as error:
                if not self._dialect.learn(sent, error.words):
                    raise

    async def _call(self, body: Mapping[str, Any], begin: float) -> Reply:
        import aiohttp  # noqa: PLC0415  (slow, and only endpoints need it)

        formatted = not _FORMATTED.isdisjoint(body)
        reply = Reply(self._endpoint, begin, formatted=formatted)
        try:
            async with self._session().post(
                f"{self._endpoint.url}/chat/completions",
                json=body,
                headers=self._key.header(),
                allow_redirects=False,
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
            raise self._failed("unreachable", what, error) from None
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
            await _text(response),
            formatted=formatted,
            after=retry_after(response.headers.get("Retry-After")),
        )

    def _broken(self, reply: Reply, cause: object) -> CallError:
        """A connection that ended before the answer did; before its first token it is made anew."""
        if reply.begun:
            what = f"the connection broke after {reply.characters} characters of an answer"
            return self._failed("bad_reply", what, cause)
        what = "the connection broke before an answer; the server's log may say why"
        return self._failed("server_error", what, cause, again=True)

    def _failed(self, kind: str, what: str, cause: object, *, again: bool = False) -> CallError:
        why = str(cause) or type(cause).__name__
        return CallError(kind, f"{self._endpoint.url}: {what} ({why})", again=again)

    def _outcome(self, error: CallError, attempts: int) -> ModelError:
        """In one line and without the key; it is hidden first, since half of it is a part too much."""
        tried = f"; tried {attempts} times" if attempts > 1 else ""
        return ModelError(error.kind, f"{_one_line(self._key.hide(str(error)))}{tried}")

    def _session(self) -> ClientSession:
        """The pool of sockets of the running loop, without limit: the runner has one."""
        loop = asyncio.get_running_loop()
        if loop not in self._sessions:
            import aiohttp  # noqa: PLC0415  (as above)

            self._sessions[loop] = aiohttp.ClientSession(
                connector=aiohttp.TCPConnector(limit=0),
                cookie_jar=aiohttp.DummyCookieJar(),
                timeout=aiohttp.ClientTimeout(
                    total=None, sock_connect=_CONNECT_SECONDS, sock_read=self._silence
                ),
            )
        return self._sessions[loop]


async def _read(response: ClientResponse, reply: Reply) -> None:
    """Read until the server has said that this is the end."""
    if response.content_type != "text/event-stream":
        reply.take_whole(await _text(response))
        return
    reader = EventReader()
    async for chunk in response.content.iter_any():
        for data in reader.feed(chunk):
            reply.take_event(data)
        if reply.done:
            break
    async with asyncio.timeout(_LINGER_SECONDS):  # read to its end, a socket can be used again
        await _text(response)


async def _text(response: ClientResponse) -> str:
    """The body, up to a length that no honest one has."""
    body = bytearray()
    async for chunk in response.content.iter_any():
        body += chunk
        if len(body) > _LONGEST_BODY:
            break
    return body.decode("utf-8", "replace")


def _one_line(text: str) -> str:
    """At most 500 characters, and none that a terminal would take for a command."""
    printable = "".join(character if character.isprintable() else " " for character in text)
    return " ".join(printable.split())[:_LONGEST_MESSAGE]
