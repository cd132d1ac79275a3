"""One task at a time, heard while it runs, and ended when nobody listens."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

import pytest

from harness.serving.worker import Worker


@contextmanager
def working() -> Iterator[Worker]:
    worker = Worker()
    try:
        yield worker
    finally:
        worker.close()


async def nowhere(_: str) -> None:
    pass


def test_pieces_are_delivered_in_order_and_before_the_result() -> None:
    heard: list[str] = []
    first_heard = threading.Event()

    def task(tell: Callable[[str], None]) -> int:
        tell("0")
        assert first_heard.wait(60)
        for number in range(1, 100):
            tell(str(number))
        return 100

    async def hear(piece: str) -> None:
        heard.append(piece)
        first_heard.set()

    with working() as worker:
        assert asyncio.run(worker.run(task, hear)) == 100
    assert heard == [str(number) for number in range(100)]


def test_what_a_task_raises_is_raised() -> None:
    def task(tell: Callable[[str], None]) -> None:
        tell("a")
        raise LookupError("gone")

    with working() as worker, pytest.raises(LookupError, match="gone"):
        asyncio.run(worker.run(task, nowhere))


@pytest.mark.parametrize("how", ["cancelled", "undeliverable"])
def test_a_task_that_nobody_waits_for_ends_and_one_in_line_never_begins(how: str) -> None:
    ended = threading.Event()
    begun = threading.Event()

    def endless(tell: Callable[[str], None]) -> None:
        try:
            while True:
                tell("more")
        finally:
            ended.set()

    async def run(worker: Worker) -> str:
        heard, gone = asyncio.Event(), asyncio.Event()

        async def hear(_: str) -> None:
            heard.set()
            if how == "undeliverable":
                # Not before the one in line is gone: else it could begin at once.
                await gone.wait()
                raise ConnectionResetError

        running = asyncio.create_task(worker.run(endless, hear))
        waiting = asyncio.create_task(worker.run(lambda _: begun.set(), nowhere))
        await heard.wait()
        waiting.cancel()
        with suppress(asyncio.CancelledError):
            await waiting
        gone.set()
        if how == "cancelled":
            running.cancel()
        with suppress(asyncio.CancelledError, ConnectionResetError):
            await running
        return await worker.run(lambda _: "the next", nowhere)

    with working() as worker:
        assert asyncio.run(run(worker)) == "the next"
    assert ended.is_set()
    assert not begun.is_set()
