"""What a server sends behind its headers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from harness.transport.timebound import TimeBound

if TYPE_CHECKING:
    from aiohttp import ClientResponse

__all__ = ["read_body", "read_chunk"]

_LONGEST: Final = 8_000_000


async def read_body(response: ClientResponse, silence: TimeBound) -> bytes:
    """The body, up to a length that no honest one has."""
    body = bytearray()
    while chunk := await read_chunk(response, silence):
        body += chunk
        if len(body) > _LONGEST:
            break
    return bytes(body)


async def read_chunk(response: ClientResponse, silence: TimeBound) -> bytes:
    """What has come of the body, nothing at its end; `silence` begins anew."""
    chunk = await response.content.readany()
    silence.restart()
    return chunk
