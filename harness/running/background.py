"""Carrying work out in a thread of its own.

In a notebook, or under a test runner, an event loop may already be running in the caller's thread;
and there Ctrl-C arrives, which must first let the work save what is in flight.
"""

from __future__ import annotations

import asyncio
import contextlib
import importlib.util
import signal
import threading
from collections.abc import Callable, Coroutine, Iterator
from concurrent.futures import Future
from typing import Any, Generic, Protocol, TypeVar

from harness.errors import RunInterruptedError

_T = TypeVar("_T")


class Work(Protocol):
    """What can be carried out once, and interrupted: a `Runner`."""

    async def run(self) -> None:
        """Carry it out."""
        ...

    def interrupt(self) -> None:
        """Ctrl-C was pressed, once more; called in the loop."""
        ...


def run_in_background(work: Work, *, precise: bool = False) -> None:
    """Run and wait; raises what `work.run` raises. Each Ctrl-C interrupts the work.

    `precise` is for work whose timers matter: `uvloop`'s, and its clock, tick in milliseconds.
    """
    started: Future[asyncio.AbstractEventLoop] = Future()
    finished: Future[None] = Future()

    async def carry_out() -> None:
        started.set_result(asyncio.get_running_loop())
        await work.run()

    def target() -> None:
        loop = asyncio.Runner(loop_factory=None if precise else _loop_factory())
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

    def interrupt(loop: Future[asyncio.AbstractEventLoop]) -> None:
        with contextlib.suppress(RuntimeError):  # the loop has just been closed
            loop.result().call_soon_threadsafe(work.interrupt)

    with _on_ctrl_c(lambda: started.add_done_callback(interrupt)):
        finished.result()


def result_in_background(work: Callable[[], Coroutine[Any, Any, _T]], interrupted: str) -> _T:
    """Wait for what the coroutine returns or raises. Ctrl-C cancels it.

    Raises:
        RunInterruptedError: it was cancelled; the message is `interrupted`.
    """
    cancellable = _Cancellable(work)
    run_in_background(cancellable)
    if not cancellable.results:
        raise RunInterruptedError(interrupted)
    return cancellable.results[0]


class BackgroundLoop:
    """An event loop in a thread of its own, for a caller that waits for one thing after another."""

    def __init__(self) -> None:
        self._loop = (_loop_factory() or asyncio.new_event_loop)()
        self._thread = threading.Thread(
            target=self._loop.run_forever, name="harness-loop", daemon=True
        )
        self._thread.start()

    def result(self, work: Coroutine[Any, Any, _T]) -> _T:
        """Wait for what the coroutine returns or raises. Ctrl-C cancels it."""
        future = asyncio.run_coroutine_threadsafe(work, self._loop)
        try:
            return future.result()
        except KeyboardInterrupt:
            future.cancel()
            raise

    def close(self) -> None:
        """End the loop, when what it is at has been done."""
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()


class _Cancellable(Generic[_T]):
    def __init__(self, work: Callable[[], Coroutine[Any, Any, _T]]) -> None:
        self._work = work
        self._task: asyncio.Task[_T] | None = None
        self.results: list[_T] = []

    async def run(self) -> None:
        self._task = asyncio.ensure_future(self._work())
        with contextlib.suppress(asyncio.CancelledError):
            self.results.append(await self._task)

    def interrupt(self) -> None:
        if self._task is not None:
            self._task.cancel()


@contextlib.contextmanager
def _on_ctrl_c(act: Callable[[], None]) -> Iterator[None]:
    """Call `act` for each Ctrl-C, instead of an exception that could strike anywhere.

    Only a main thread is told of it; and who has it ignored, as a shell does for what it starts in
    the background, wants it ignored.
    """
    main = threading.current_thread() is threading.main_thread()
    if not main or signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        yield
        return
    before = signal.signal(signal.SIGINT, lambda *_: act())
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


def _loop_factory() -> Callable[[], asyncio.AbstractEventLoop] | None:
    """`uvloop`'s, where it exists: a call then costs a fraction of the processor's time."""
    if importlib.util.find_spec("uvloop") is None:
        return None
    import uvloop  # noqa: PLC0415  (not on Windows)

    return uvloop.new_event_loop
