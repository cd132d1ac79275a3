"""Listening until Ctrl-C or a termination signal."""

from __future__ import annotations

import asyncio
import errno
import signal
from collections.abc import AsyncGenerator, Callable, Mapping
from contextlib import asynccontextmanager, suppress
from typing import Final

from aiohttp import web

from harness.errors import ConfigError
from harness.models.lab.model import LabModel
from harness.serving.application import application
from harness.serving.worker import Worker

__all__ = ["serve", "serving"]

_GRACE_SECONDS: Final = 0.2
"""What answers in progress get when the server stops."""


def serve(
    models: Mapping[str, LabModel], host: str, port: int, announce: Callable[[str], None]
) -> None:
    """Serve until Ctrl-C or a termination signal; `announce` gets the url once requests are taken.

    Raises:
        ConfigError: the port is in use, or nothing can listen there.
    """

    async def run() -> None:
        stopped = _stopped()
        async with serving(models, host, port) as url:
            announce(url)
            await stopped.wait()

    with suppress(KeyboardInterrupt):
        asyncio.run(run())


def _stopped() -> asyncio.Event:
    """What is set when the process is asked to end, also where its parent ignores Ctrl-C."""
    stopped = asyncio.Event()
    loop = asyncio.get_running_loop()
    with suppress(NotImplementedError):  # Windows: Ctrl-C is a KeyboardInterrupt there
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, stopped.set)
    return stopped


@asynccontextmanager
async def serving(
    models: Mapping[str, LabModel], host: str, port: int
) -> AsyncGenerator[str, None]:
    """Serve these models under their names within the block; gives what `/chat/completions` is put behind.

    Port 0 is any free one.

    Raises:
        ConfigError: the port is in use, or nothing can listen there.
    """
    worker = Worker()
    runner = web.AppRunner(
        application(models, worker),
        access_log=None,
        handler_cancellation=True,  # who has gone needs no answer
        shutdown_timeout=_GRACE_SECONDS,
    )
    try:
        await runner.setup()
        await _listen(runner, host, port)
        address, bound, *_ = runner.addresses[0]
        yield f"http://{f'[{address}]' if ':' in address else address}:{bound}/v1"
    finally:
        await runner.cleanup()
        worker.close()


async def _listen(runner: web.AppRunner, host: str, port: int) -> None:
    try:
        await web.TCPSite(runner, host, port).start()
    except (OSError, UnicodeError) as error:
        if isinstance(error, OSError) and error.errno == errno.EADDRINUSE:
            raise ConfigError(
                f"port {port} of {host} is in use: name another with --port, or 0 for any free one"
            ) from error
        raise ConfigError(f"cannot listen on port {port} of {host!r}: {error}") from error
