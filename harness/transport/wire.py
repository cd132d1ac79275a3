"""One call of a server: sent, and read as its answer arrives."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, Protocol

from harness.transport.bodies import read_body, read_chunk
from harness.transport.failures import CallError
from harness.transport.retries import retry_after
from harness.transport.sessions import CONNECT, Connect, Sessions
from harness.transport.sse import EventReader
from harness.transport.timebound import TimeBound

if TYPE_CHECKING:
    from aiohttp import ClientResponse

__all__ = ["Receiver", "Refusing", "Request", "Wire"]

_LINGER_SECONDS: Final = 1.0
_SUCCESS: Final = range(200, 300)

Refusing = Callable[[int, str, float | None], CallError]
"""The failure that a status other than 2xx is, from it, the body and `Retry-After` in seconds."""


@dataclass(frozen=True, slots=True)
class Request:
    """What is sent: `query` goes behind the url, `data` is the body."""

    headers: Mapping[str, str]
    data: bytes | None = None
    method: str = "POST"
    query: Mapping[str, str] = field(default_factory=dict)


class Receiver(Protocol):
    """Takes what is answered, in events or in one piece, and knows how far it is.

    What it cannot take it raises as `CallError`.
    """

    @property
    def connect(self) -> Connect:
        """Is told how long the connection took."""
        ...

    @property
    def done(self) -> bool:
        """Whether nothing more is to be read."""
        ...

    @property
    def complete(self) -> bool:
        """Whether the answer is whole, though its end may not have been said."""
        ...

    @property
    def begun(self) -> bool:
        """Whether a part of the answer's text has come."""
        ...

    @property
    def characters(self) -> int:
        """Of the text so far."""
        ...

    def take_event(self, data: bytes) -> None:
        """One event of a stream."""
        ...

    def take_end(self) -> None:
        """The stream is over, between two events and as HTTP says it should be."""
        ...

    def take_whole(self, body: bytes) -> None:
        """An answer in one piece."""
        ...


class Wire:
    """Makes calls of one url, which `shown` stands for in messages.

    `wanted` is what the server should answer with, as messages say it. A call fails when nothing
    came for `silence_seconds`, or no whole answer in `request_seconds`.
    """

    def __init__(
        self,
        url: str,
        *,
        shown: str,
        wanted: str,
        silence_seconds: float,
        request_seconds: float | None = None,
    ) -> None:
        self._url = url
        self._shown = shown
        self._unwanted = f"no {wanted}; look at url"
        self._sessions = Sessions()
        self._silence = silence_seconds
        self._longest = request_seconds

    async def send(self, request: Request, receiver: Receiver, refused: Refusing) -> None:
        """Send the request; its whole answer is in the receiver then.

        Raises:
            CallError: there is none, or no whole one.
        """
        if self._longest is None:
            await self._send(request, receiver, refused)
            return
        try:
            with TimeBound(self._longest):
                await self._send(request, receiver, refused)
        except TimeoutError:
            what = f"no whole answer in {self._longest:g} s; is it overloaded?"
            raise self._failed("timeout", what, "request_seconds", again=True) from None

    async def close(self) -> None:
        """Close the sockets of the running loop."""
        await self._sessions.close()

    async def _send(self, request: Request, receiver: Receiver, refused: Refusing) -> None:
        import aiohttp  # noqa: PLC0415  (slow, and only endpoints need it)

        CONNECT.set(receiver.connect)
        try:
            with TimeBound(self._silence) as silence:
                async with self._sessions.here().request(
                    request.method,
                    self._url,
                    params=request.query or None,
                    data=request.data,
                    headers=request.headers,
                    allow_redirects=False,
                ) as response:
                    if response.status not in _SUCCESS:
                        raise await _refusal(response, silence, refused)
                    await _read(response, silence, receiver)
        except TimeoutError as error:
            if not receiver.complete:
                raise self._failed(
                    "timeout", "nothing came in time; is it overloaded?", error
                ) from None
        except aiohttp.ClientConnectorError as error:
            what = "cannot be reached; does the server run, and is url right?"
            raise self._failed("unreachable", what, error, again=True) from None
        except aiohttp.ClientResponseError as error:
            raise self._failed("bad_reply", self._unwanted, error) from None
        except (aiohttp.ClientError, OSError) as error:
            if not receiver.complete:
                raise self._broken(receiver, error) from None
        except ValueError as error:
            raise self._failed("bad_reply", self._unwanted, error) from None
        if not receiver.complete:
            raise self._broken(receiver, "the stream ended early")

    def _broken(self, receiver: Receiver, cause: object) -> CallError:
        """A connection that ended before the answer did."""
        after = f"after {receiver.characters} characters of" if receiver.begun else "before"
        what = f"the connection broke {after} an answer; the server's log may say why"
        return self._failed("server_error", what, cause, again=True)

    def _failed(self, kind: str, what: str, cause: object, *, again: bool = False) -> CallError:
        why = str(cause) or type(cause).__name__
        return CallError(kind, f"{self._shown}: {what} ({why})", again=again)


async def _refusal(response: ClientResponse, silence: TimeBound, refused: Refusing) -> CallError:
    body = (await read_body(response, silence)).decode("utf-8", "replace")
    return refused(response.status, body, retry_after(response.headers.get("Retry-After")))


async def _read(response: ClientResponse, silence: TimeBound, receiver: Receiver) -> None:
    """Read until the server has said that this is the end."""
    if response.content_type != "text/event-stream":
        receiver.take_whole(await read_body(response, silence))
        return
    reader = EventReader()
    while chunk := await read_chunk(response, silence):
        for data in reader.feed(chunk):
            receiver.take_event(data)
        if receiver.done:
            break
    else:
        if not reader.inside:
            receiver.take_end()
    if not response.content.at_eof():
        with TimeBound(_LINGER_SECONDS):  # read to its end, a socket can be used again
            await read_body(response, silence)
