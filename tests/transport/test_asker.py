"""A call is made again where that may help, and what is given up is told in one line without the key."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Awaitable, Callable

import pytest

from harness.errors import TargetError
from harness.transport.asker import Answered, Asker, GivenUp
from harness.transport.failures import CallError
from harness.transport.keys import Key
from harness.transport.limits import Limits
from harness.transport.retries import Retries
from harness.transport.target import Target

URL = "http://127.0.0.1:9/ask"
KEY = Key("planted-0123456789")
QUICK = Retries(attempts=3, first_seconds=0.0, throttled=4)


def playing(*outcomes: CallError | str) -> Callable[[], Awaitable[str]]:
    """A call that comes to one outcome after the other; the last one stays."""
    left = list(outcomes)

    async def call() -> str:
        outcome = left.pop(0) if len(left) > 1 else left[0]
        if isinstance(outcome, CallError):
            raise outcome
        return outcome

    return call


def ask(*outcomes: CallError | str, target: Target | None = None) -> Answered[str] | GivenUp:
    return asyncio.run(Asker(URL, KEY, target, QUICK).ask(playing(*outcomes), len))


def failed(kind: str, message: str = "no", *, again: bool = True, **more: float) -> CallError:
    return CallError(kind, f"{URL}: {message}", again=again, **more)


@pytest.mark.parametrize(
    ("bad", "calls"),
    [
        ([], 1),
        ([failed("server_error")] * 2, 3),
        ([failed("timeout"), failed("rate_limited", after=0.0)], 3),
        ([failed("rate_limited", after=0.0)] * 3, 4),
        ([failed("unreachable")] * 3, 4),
    ],
)
def test_what_may_pass_is_asked_again(bad: list[CallError], calls: int) -> None:
    came = ask(*bad, "yes")
    assert isinstance(came, Answered)
    assert (came.value, came.attempts) == ("yes", calls)
    assert came.queue_seconds >= 0.0


@pytest.mark.parametrize(
    ("error", "tried"),
    [
        (failed("server_error"), "; tried 3 times"),
        (failed("rate_limited", after=0.0), "; tried 4 times"),
        (failed("bad_request", again=False), ""),
        (failed("bad_reply", again=False), ""),
    ],
)
def test_what_does_not_pass_is_given_up(error: CallError, tried: str) -> None:
    came = ask(error)
    assert isinstance(came, GivenUp)
    assert (came.kind, came.message) == (error.kind, f"{URL}: no{tried}")
    assert came.attempts == int((re.findall(r"\d", tried) or ["1"])[0])


def test_what_is_told_is_one_line_without_the_key() -> None:
    came = ask(failed("bad_reply", f"\x1b[31m{'x' * 470}\nplanted-0123456789", again=False))
    assert isinstance(came, GivenUp)
    assert len(came.message) <= 500
    assert came.message.isprintable()
    assert "plant" not in came.message


@pytest.mark.parametrize(
    "error",
    [
        failed("unauthorised", "planted-0123456789", again=False),
        failed("not_found", again=False),
        failed("rate_limited", again=False),
        failed("rate_limited", after=3600.0),
    ],
)
def test_what_the_next_question_would_meet_too_is_no_outcome(error: CallError) -> None:
    with pytest.raises(TargetError) as caught:
        ask(error)
    assert "planted" not in str(caught.value)
    assert caught.value.__context__ is None


def test_a_refusal_after_an_answer_is_an_outcome() -> None:
    async def run() -> Answered[str] | GivenUp:
        asker = Asker(URL, KEY, None, QUICK)
        await asker.ask(playing("yes"), len)
        return await asker.ask(playing(failed("not_found", again=False)), len)

    came = asyncio.run(run())
    assert isinstance(came, GivenUp)
    assert came.kind == "not_found"


def test_the_target_lets_the_next_one_in_whatever_came_of_a_call() -> None:
    async def run() -> list[str]:
        target = Target(URL, Limits(concurrency=1, request_seconds=7.0))
        asker = Asker(URL, KEY, target, QUICK)
        assert asker.request_seconds == 7.0
        never = asyncio.ensure_future(asker.ask(asyncio.Event().wait, lambda _: 0))
        await asyncio.sleep(0)
        never.cancel()
        await asyncio.wait([never])
        plays = [playing(failed("bad_reply", again=False)), playing(failed("server_error"), "yes")]
        came = [await asker.ask(play, len) for play in plays]
        return [type(one).__name__ for one in came]

    assert asyncio.run(run()) == ["GivenUp", "Answered"]
