"""One server as all calls to it see it: how many may be in flight, when, and whether it is up.

Calls in flight are limited to a window. It begins at the stated concurrency, halves when the server
says that it is asked too much (429), and grows by one for each window of calls that succeed
(additive increase, multiplicative decrease: Chiu and Jain 1989).

A server is taken to be down when a few first calls of different questions have failed in a row, or a
few calls found nobody (circuit breaker; Nygard 2007, Release It!, chapter 5). A call that is made
again and fails again may be its question's fault, and says nothing of the server. All then wait
while one call at a time tries again, less and less often. What waits has not failed; when the
server has been down for the limits' `outage_seconds`, or has never answered at all, the run ends and
can be resumed.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Literal

from harness.errors import TargetError
from harness.transport.deadline import paused
from harness.transport.limits import Limits, Pace

__all__ = ["Outcome", "Target"]

Outcome = Literal["answered", "throttled", "failed", "unreachable", "refused"]
"""Of a call: an answer came; too much is asked; none came, or one that blames the server; there was
no connection; any other."""

_FEWEST_FAILURES: Final = 3
_MOST_FAILURES: Final = 5  # or as many as are in flight at once, if those are fewer
_UNREACHED: Final = 4  # of a server that nobody has reached yet: its address is wrong, or it is off
_FIRST_PAUSE: Final = 1.0  # of an outage that may last long; else these shares of what it may last
_LONGEST_PAUSE: Final = 15.0
_FIRST_SHARE: Final = 1 / 120
_LONGEST_SHARE: Final = 1 / 8


@dataclass(slots=True)
class _Outage:
    """Since when nothing has come (the loop's time, and the clock's), and when that was noticed."""

    since: float
    at: str
    noticed: float
    cause: str
    pause: float


class Target:
    """Who wants to call enters, and leaves with what came of it; for one event loop."""

    def __init__(self, url: str, limits: Limits | None = None) -> None:
        self.url = url
        self.note: Callable[[str], None] = lambda _: None
        """Told when the server goes down, comes back, or says that it is asked too much."""
        self._limits = limits or Limits()
        self._window = float(self._limits.concurrency)
        self._in_flight = 0
        self._waiting: deque[asyncio.Future[None]] = deque()
        self._requests = Pace(self._limits.requests_per_minute)
        self._tokens = Pace(self._limits.tokens_per_minute)
        self._mean_tokens = 0.0
        self._answered = 0
        self._held_until = 0.0
        self._narrowed_at = 0.0
        self._failures = 0
        self._first_failure: tuple[float, str] | None = None
        self._reached = False
        self._outage: _Outage | None = None
        self._timer: asyncio.TimerHandle | None = None

    @property
    def limits(self) -> Limits:
        """As stated."""
        return self._limits

    @property
    def window(self) -> int:
        """How many calls may be in flight now."""
        return 1 if self._outage is not None else max(1, int(self._window))

    @property
    def is_down(self) -> bool:
        """Whether calls in a row have failed so often that it is only tried now and then."""
        return self._outage is not None

    async def enter(self, *, again: bool = False) -> float:
        """Wait for permission to make a call; returns the seconds that took.

        A call that is made `again` goes before those that have not been made yet. Every `enter` that
        returns must be followed by one `leave`.

        Raises:
            TargetError: the server has been down too long.
        """
        loop = asyncio.get_running_loop()
        begin = loop.time()
        if self._waiting or not self._may_enter(begin):
            turn = loop.create_future()
            (self._waiting.appendleft if again else self._waiting.append)(turn)
            self._schedule(begin)
            with paused():
                await self._wait(turn)
            return loop.time() - begin
        self._admit(begin)
        return 0.0

    def leave(
        self,
        outcome: Outcome,
        *,
        entered: float,
        tokens: int | None = None,
        after: float = 0.0,
        cause: str = "",
        again: bool = False,
    ) -> None:
        """The call that `enter` let in is over; `again` says that it was not its question's first.

        `entered` is the loop's time at which it was let in, `tokens` what it used, `after` for how many
        seconds a server that is asked too much is left alone, `cause` why no answer came.

        Raises:
            TargetError: none came for too long.
        """
        now = asyncio.get_running_loop().time()
        self._in_flight -= 1
        if tokens is not None:
            self._tokens.take(now, tokens - self._mean_tokens)
            self._answered += 1
            self._mean_tokens += (tokens - self._mean_tokens) / min(self._answered, 100)
        if outcome in {"failed", "unreachable"}:
            if outcome == "unreachable" or not again or self._outage is not None:
                self._failed(now, entered, outcome, cause)
        else:
            self._alive()
        if outcome == "throttled":
            self._throttled(now, entered, after)
        elif outcome == "answered" and self._window < self._limits.concurrency:
            self._window = min(self._limits.concurrency, self._window + 1 / self._window)
        self._schedule(now)

    async def _wait(self, turn: asyncio.Future[None]) -> None:
        try:
            await turn
        except asyncio.CancelledError:
            if turn.done() and not turn.cancelled() and turn.exception() is None:
                self._in_flight -= 1  # it was let in, and does not come
            elif turn in self._waiting:
                self._waiting.remove(turn)
            self._schedule(asyncio.get_running_loop().time())
            raise

    def _may_enter(self, now: float) -> bool:
        return self._in_flight < self.window and self._wait_seconds(now) <= 0

    def _wait_seconds(self, now: float) -> float:
        """Until the next call may be made, places in the window apart."""
        return max(self._held_until - now, self._requests.wait(now), self._tokens.wait(now))

    def _admit(self, now: float) -> None:
        self._in_flight += 1
        self._requests.take(now)
        self._tokens.take(now, self._mean_tokens)

    def _schedule(self, now: float) -> None:
        """Let in who may, and come back when the next may."""
        while self._waiting and self._may_enter(now):
            turn = self._waiting.popleft()
            if not turn.done():
                self._admit(now)
                turn.set_result(None)
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if self._waiting and self._in_flight < self.window:
            self._timer = asyncio.get_running_loop().call_later(self._wait_seconds(now), self._tick)

    def _tick(self) -> None:
        self._timer = None
        self._schedule(asyncio.get_running_loop().time())

    def _throttled(self, now: float, entered: float, after: float) -> None:
        self._held_until = max(self._held_until, now + after)
        if entered < self._narrowed_at:
            return  # it was sent before the window was narrowed, and says nothing new
        self._narrowed_at = now
        self._window = max(1.0, self._window / 2)
        self.note(
            f"{self.url} is asked too much: {self.window} calls at a time from now on, "
            f"and a pause of {self._held_until - now:.1f} s"
        )

    def _failed(self, now: float, entered: float, outcome: Outcome, cause: str) -> None:
        self._failures += 1
        if self._first_failure is None:
            self._first_failure = (now, datetime.now().astimezone().strftime("%H:%M:%S"))
        outage = self._outage
        if outage is None:
            if self._failures < self._bearable(outcome):
                return
            pause = min(_FIRST_PAUSE, self._limits.outage_seconds * _FIRST_SHARE)
            outage = self._outage = _Outage(*self._first_failure, now, cause, pause)
            self.note(f"{self.url} is down: {self._failures} calls in a row failed ({cause})")
            if not self._reached:
                self._give_up(outage)
        elif entered <= outage.noticed:
            return  # it was in flight when the others failed, and says nothing new
        else:
            outage.cause = cause
            longest = min(_LONGEST_PAUSE, self._limits.outage_seconds * _LONGEST_SHARE)
            outage.pause = min(longest, outage.pause * 2)
            if now - outage.since >= self._limits.outage_seconds:
                self._give_up(outage)
        self._held_until = max(self._held_until, now + outage.pause)

    def _bearable(self, outcome: Outcome) -> int:
        """So many failures in a row mean that the server is down."""
        if outcome == "unreachable" and not self._reached:
            return _UNREACHED
        return max(_FEWEST_FAILURES, min(_MOST_FAILURES, self._limits.concurrency))

    def _alive(self) -> None:
        self._reached = True
        self._failures = 0
        self._first_failure = None
        if self._outage is not None:
            self._outage = None
            self.note(f"{self.url} is up again")

    def _give_up(self, outage: _Outage) -> None:
        since = f"has been down since {outage.at}" if self._reached else "has not answered once"
        message = f"{self.url} {since}: {self._failures} calls in a row failed, the last one: {outage.cause}"
        while self._waiting:
            turn = self._waiting.popleft()
            if not turn.done():
                turn.set_exception(TargetError(message))
        raise TargetError(message)
