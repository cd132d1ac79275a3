"""Sockets that are kept open between calls: one pool an event loop."""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, Final
from weakref import WeakKeyDictionary

if TYPE_CHECKING:
    from aiohttp import ClientSession, TraceConfig

__all__ = ["Connect", "Sessions"]

_CONNECT_SECONDS: Final = 10.0


@dataclass(slots=True)
class Connect:
    """How long one call took to make its connection; 0 where an open one was used.

    Given as `trace_request_ctx` of a request.
    """

    seconds: float = 0.0


class Sessions:
    """Gives each event loop its pool, without limit: `Target` has one.

    `silence_seconds` is how long nothing may come before a call fails.
    """

    def __init__(self, silence_seconds: float = 300.0) -> None:
        self._silence = silence_seconds
        self._sessions: WeakKeyDictionary[asyncio.AbstractEventLoop, ClientSession] = (
            WeakKeyDictionary()
        )

    def here(self) -> ClientSession:
        """The pool of the running loop."""
        loop = asyncio.get_running_loop()
        if loop not in self._sessions:
            import aiohttp  # noqa: PLC0415  (slow, and only endpoints need it)

            self._sessions[loop] = aiohttp.ClientSession(
                connector=aiohttp.TCPConnector(limit=0),
                cookie_jar=aiohttp.DummyCookieJar(),
                timeout=aiohttp.ClientTimeout(
                    total=None, sock_connect=_CONNECT_SECONDS, sock_read=self._silence
                ),
                trace_configs=[_timing_connections()],
            )
        return self._sessions[loop]

    async def close(self) -> None:
        """Close the pool of the running loop."""
        session = self._sessions.pop(asyncio.get_running_loop(), None)
        if session is not None:
            await session.close()


def _timing_connections() -> TraceConfig:
    import aiohttp  # noqa: PLC0415  (as above)

    async def begins(_: ClientSession, context: SimpleNamespace, __: Any) -> None:  # noqa: ANN401
        context.begun = time.perf_counter()

    async def ends(_: ClientSession, context: SimpleNamespace, __: Any) -> None:  # noqa: ANN401
        connect = context.trace_request_ctx
        if isinstance(connect, Connect):
            connect.seconds += time.perf_counter() - context.begun

    config = aiohttp.TraceConfig()
    config.on_connection_create_start.append(begins)
    config.on_connection_create_end.append(ends)
    return config
