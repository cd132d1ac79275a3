"""Carrying a run out in a thread of its own.

In a notebook, or under a test runner, an event loop may already be running in the caller's thread;
and there Ctrl-C arrives, which must first let the runner save what is in flight.
"""

from __future__ import annotations

import asyncio
import contextlib
import importlib.util
import threading
from collections.abc import Callable
from concurrent.futures import Future

from harness.running.runner import Runner


def run_in_background(runner: Runner) -> None:
    """Run and wait. The first Ctrl-C drains, the second stops at once; see `Runner.interrupt`.

    Raises what `Runner.run` raises.
    """
    started: Future[asyncio.AbstractEventLoop] = Future()
    finished: Future[None] = Future()

    async def carry_out() -> None:
        started.set_result(asyncio.get_running_loop())
        await runner.run()

    def target() -> None:
        loop = asyncio.Runner(loop_factory=_loop_factory())
        try:
            loop.run(carry_out())
        except BaseException as error:  # noqa: BLE001  (raised again where it is waited for)
            finished.set_exception(error)
        else:
            finished.set_result(None)
        # Afterwards, in a thread that nobody waits for: where a user's function has left a connection
        # open in the midst of a reply, uvloop waits for its end for ever.
        loop.close()

    threading.Thread(target=target, name="harness-runner", daemon=True).start()
    while not finished.done():
        try:
            finished.exception()  # waits
        except KeyboardInterrupt:
            if started.done():
                with contextlib.suppress(RuntimeError):  # the loop has just been closed
                    started.result().call_soon_threadsafe(runner.interrupt)
    finished.result()


def _loop_factory() -> Callable[[], asyncio.AbstractEventLoop] | None:
    """`uvloop`'s, where it exists: a call then costs a fraction of the processor's time."""
    if importlib.util.find_spec("uvloop") is None:
        return None
    import uvloop  # noqa: PLC0415  (not on Windows)

    return uvloop.new_event_loop
