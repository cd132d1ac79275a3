from __future__ import annotations

import asyncio
import itertools
from collections.abc import Callable
from dataclasses import dataclass, field

import pytest
import virtual_time
from hypothesis import given
from hypothesis import strategies as st

from harness.errors import TargetError
from harness.transport.deadline import deadline
from harness.transport.limits import Limits
from harness.transport.target import Outcome, Target

URL = "http://server/v1"


@dataclass
class Server:
    """Takes `seconds` a call; `says` tells from its number what comes of it."""

    seconds: float = 1.0
    says: Callable[[int], Outcome] = lambda _: "answered"
    tokens: int | None = None
    after: float = 0.0
    begun: list[float] = field(default_factory=list)
    most: int = 0
    _now: int = 0

    async def call(self, target: Target) -> tuple[Outcome, float]:
        """One call, admitted by the target."""
        loop = asyncio.get_running_loop()
        waited = await target.enter()
        self.begun.append(loop.time())
        self._now += 1
        self.most = max(self.most, self._now)
        outcome = self.says(len(self.begun))
        entered = loop.time()
        await asyncio.sleep(self.seconds)
        self._now -= 1
        target.leave(
            outcome, entered=entered, tokens=self.tokens, after=self.after, cause="no route"
        )
        return outcome, waited


async def calls(server: Server, target: Target, count: int) -> list[tuple[Outcome, float]]:
    return list(await asyncio.gather(*(server.call(target) for _ in range(count))))


@given(st.integers(1, 20), st.integers(1, 60))
def test_never_more_calls_are_in_flight_than_stated(concurrency: int, count: int) -> None:
    server = Server()
    found = virtual_time.run(calls(server, Target(URL, Limits(concurrency)), count))
    assert len(found) == count
    assert server.most == min(concurrency, count)
    assert [waited for _, waited in found] == [float(i // concurrency) for i in range(count)]


def test_calls_are_spread_over_the_minute() -> None:
    server = Server(seconds=0.0)
    limits = Limits(concurrency=100, requests_per_minute=120)
    virtual_time.run(calls(server, Target(URL, limits), 121))
    assert server.begun[-1] == pytest.approx(60, abs=1)
    for begin, end in itertools.pairwise(server.begun[3:]):
        assert end - begin == pytest.approx(0.5)


def test_tokens_are_spread_over_the_minute() -> None:
    server = Server(seconds=0.1, tokens=1000)
    limits = Limits(concurrency=2, tokens_per_minute=60_000)
    virtual_time.run(calls(server, Target(URL, limits), 60))
    assert server.begun[-1] == pytest.approx(58, abs=2)


def test_a_server_that_is_asked_too_much_is_left_alone_and_then_asked_less() -> None:
    server = Server(says=lambda n: "throttled" if n <= 8 else "answered", after=5.0)
    notes: list[str] = []
    target = Target(URL, Limits(8))
    target.note = notes.append
    virtual_time.run(calls(server, target, 8))
    assert target.window == 4  # all eight were sent before it was narrowed
    virtual_time.run(calls(Server(), target, 1))
    assert notes == [
        f"{URL} is asked too much: 4 calls at a time from now on, and a pause of 5.0 s"
    ]


def test_a_pause_that_is_asked_for_is_kept_and_the_window_grows_again() -> None:
    async def scene() -> None:
        target = Target(URL, Limits(8))
        throttled = Server(says=lambda _: "throttled", after=7.0)
        await throttled.call(target)
        assert target.window == 4
        server = Server()
        await calls(server, target, 100)
        assert server.begun[:5] == [8.0, 8.0, 8.0, 8.0, 9.0]
        assert target.window == 8
        assert server.most == 8

    virtual_time.run(scene())


def test_what_was_asked_before_comes_first() -> None:
    async def scene() -> list[str]:
        target, order = Target(URL, Limits(1)), []

        async def call(name: str, *, again: bool) -> None:
            await target.enter(again=again)
            order.append(name)
            await asyncio.sleep(1)
            target.leave("answered", entered=0.0)

        await asyncio.gather(
            call("first", again=False), call("second", again=False), call("retry", again=True)
        )
        return order

    assert virtual_time.run(scene()) == ["first", "retry", "second"]


def test_a_server_that_is_down_is_tried_by_one_call_at_a_time_until_it_is_up() -> None:
    notes: list[str] = []

    async def scene() -> tuple[Server, Target]:
        target = Target(URL, Limits(10))
        target.note = notes.append
        await Server(seconds=0.0).call(target)
        server = Server(says=lambda n: "failed" if n <= 17 else "answered")
        found = await calls(server, target, 40)
        assert [outcome for outcome, _ in found].count("failed") == 17
        return server, target

    server, target = virtual_time.run(scene())
    assert not target.is_down
    # Ten fail after a second, and four that came in the places of the first; then it is one at a time,
    # after pauses of 1, 2, 4 and 8 seconds.
    assert server.begun[14:18] == [2.0, 5.0, 10.0, 19.0]
    assert notes == [
        f"{URL} is down: 5 calls in a row failed (no route)",
        f"{URL} is up again",
    ]


def test_a_short_outage_is_looked_after_more_often() -> None:
    server = Server(0.1, says=lambda n: "answered" if n > 9 else "failed")
    target = Target(URL, Limits(1, outage_seconds=12.0))

    async def scene() -> None:
        await Server().call(target)
        await calls(server, target, 12)

    virtual_time.run(scene())
    gaps = [later - earlier for earlier, later in itertools.pairwise(server.begun)]
    pauses = [round(gap - server.seconds, 6) for gap in gaps[2:8]]
    assert pauses == [0.1, 0.2, 0.4, 0.8, 1.5, 1.5]  # from a 120th of it to an eighth


def test_failures_with_an_answer_between_them_are_no_outage() -> None:
    server = Server(says=lambda n: "answered" if n % 3 == 0 else "failed")
    target = Target(URL, Limits(1))
    virtual_time.run(calls(server, target, 100))
    assert server.begun == [float(n) for n in range(100)]


def test_a_server_that_stays_down_ends_all_that_wait() -> None:
    async def scene() -> list[object]:
        target = Target(URL, Limits(4, outage_seconds=30.0))
        await Server().call(target)
        server = Server(says=lambda _: "failed")
        work = (server.call(target) for _ in range(50))
        return list(await asyncio.gather(*work, return_exceptions=True))

    found = virtual_time.run(scene())
    ended = [str(one) for one in found if isinstance(one, TargetError)]
    assert len(ended) + sum(isinstance(one, tuple) for one in found) == 50
    assert len(ended) > 30
    assert all("calls in a row failed, the last one: no route" in message for message in ended)


@pytest.mark.parametrize(("outcome", "tried"), [("unreachable", 4), ("failed", 3)])
def test_a_server_that_was_never_up_is_given_up_at_once(outcome: Outcome, tried: int) -> None:
    async def scene() -> float:
        target, server = Target(URL), Server(says=lambda _: outcome)
        for _ in range(tried - 1):
            await server.call(target)
        with pytest.raises(TargetError, match="has not answered once") as caught:
            await server.call(target)
        assert f"{tried} calls in a row failed, the last one: no route" in str(caught.value)
        return asyncio.get_running_loop().time()

    assert virtual_time.run(scene()) == tried


def test_who_gives_up_waiting_frees_the_place() -> None:
    async def scene() -> float:
        target, loop = Target(URL, Limits(1)), asyncio.get_running_loop()
        await target.enter()
        waiting = [asyncio.create_task(target.enter()) for _ in range(3)]
        await asyncio.sleep(1)
        waiting[0].cancel()
        await asyncio.sleep(0)
        target.leave("answered", entered=0.0)
        waiting[1].cancel()  # let in at this moment, and gone
        await asyncio.wait(waiting)
        assert [task.cancelled() for task in waiting] == [True, True, False]
        return loop.time()

    assert virtual_time.run(scene()) == 1.0


def test_a_deadline_does_not_run_while_a_call_waits_for_its_turn() -> None:
    async def scene() -> list[str]:
        target = Target(URL, Limits(1))

        async def call(seconds: float) -> str:
            try:
                with deadline(3.0):
                    await Server(seconds).call(target)
            except TimeoutError:
                return "timeout"
            return "answered"

        return list(await asyncio.gather(*(call(2.0) for _ in range(5)), call(4.0)))

    assert virtual_time.run(scene()) == ["answered"] * 5 + ["timeout"]
