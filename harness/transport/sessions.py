"""Sockets that are kept open between calls: one pool an event loop."""

from __future__ import annotations

import asyncio
import time
from contextvars import ContextVar
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final
from weakref import WeakKeyDictionary

if TYPE_CHECKING:
    from aiohttp import ClientSession, TCPConnector

__all__ = ["CONNECT", "Connect", "Sessions"]

_CONNECT_SECONDS: Final = 10.0


@dataclass(slots=True)
class Connect:
    """How long one call took to make its connection; 0 where an open one was used."""

    seconds: float = 0.0


CONNECT: Final[ContextVar[Connect | None]] = ContextVar("connect", default=None)
"""Is told how long the connection took of the call that this task makes."""


class Sessions:
    """Gives each event loop its pool, without limit: `Target` has one."""

    def __init__(self) -> None:
        self._sessions: WeakKeyDictionary[asyncio.AbstractEventLoop, ClientSession] = (
            WeakKeyDictionary()
        )

    def here(self) -> ClientSession:
        """The pool of the running loop."""
        loop = asyncio.get_running_loop()
        if loop not in self._sessions:
            import aiohttp  # noqa: PLC0415  (slow, and only endpoints need it)

            self._sessions[loop] = aiohttp.ClientSession(
                connector=_timing_connector(),
                cookie_jar=aiohttp.DummyCookieJar(),
                timeout=aiohttp.ClientTimeout(total=None, sock_connect=_CONNECT_SECONDS),
            )
        return self._sessions[loop]

    async def close(self) -> None:
        """Close the pool of the running loop."""
        session = self._sessions.pop(asyncio.get_running_loop(), None)
        if session is not None:
            await session.close()


def _timing_connector() -> TCPConnector:
    """One that tells `CONNECT`: a trace would, and make each call a tenth dearer."""
    import aiohttp  # noqa: PLC0415  (as above)

    class Timing(aiohttp.TCPConnector):
        async def _create_connection(self, *args: Any, **kwargs: Any) -> Any:  # noqa: ANN401  (aiohttp's)
            begin = time.perf_counter()
            made = await super()._create_connection(*args, **kwargs)
            if (connect := CONNECT.get()) is not None:
                connect.seconds += time.perf_counter() - begin
            return made

    return Timing(limit=0)
