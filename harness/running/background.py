"""Carrying a run out in a thread of its own.

In a notebook, or under a test runner, an event loop may already be running in the caller's thread;
and there Ctrl-C arrives, which must first let the runner save what is in flight.
"""

from __future__ import annotations

import asyncio
import contextlib
import threading
from concurrent.futures import Future
from typing import Protocol


class Interruptible(Protocol):
    """What can be carried out: a run, or a load test."""

    async def run(self) -> None:
        """Carry it out."""
        ...

    def interrupt(self) -> None:
        """Stop: the first time when what is in flight has been saved, the second time at once."""
        ...


def run_in_background(runner: Interruptible) -> None:
    """Run and wait. The first Ctrl-C drains, the second stops at once; see `interrupt`.

    Raises what `run` raises.
    """
    started: Future[asyncio.AbstractEventLoop] = Future()
    finished: Future[None] = Future()

    async def carry_out() -> None:
        started.set_result(asyncio.get_running_loop())
        await runner.run()

    def target() -> None:
        try:
            asyncio.run(carry_out())
        except BaseException as error:  # noqa: BLE001  (raised again where it is waited for)
            finished.set_exception(error)
        else:
            finished.set_result(None)

    threading.Thread(target=target, name="harness-runner").start()
    while not finished.done():
        try:
            finished.exception()  # waits
        except KeyboardInterrupt:
            if started.done():
                with contextlib.suppress(RuntimeError):  # the loop has just been closed
                    started.result().call_soon_threadsafe(runner.interrupt)
    finished.result()
