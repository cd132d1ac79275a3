"""A question that is put to a server until it is answered, or until that is no use."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Final, Generic, TypeVar

from harness.errors import TargetError
from harness.transport.failures import CallError
from harness.transport.keys import Key
from harness.transport.limits import Limits
from harness.transport.messages import one_line
from harness.transport.retries import Retries
from harness.transport.target import Outcome, Target

__all__ = ["Answered", "Asker", "GivenUp"]

_UNLIMITED: Final = Limits(concurrency=1_000_000)
_OUTCOMES: Final[Mapping[str, Outcome]] = {
    "server_error": "failed",
    "timeout": "failed",
    "unreachable": "unreachable",
}
_HOPELESS: Final = frozenset({"unauthorised", "not_found"})

_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class Answered(Generic[_T]):
    """What a call came to, after `queue_seconds` of waiting for a turn and `attempts` calls."""

    value: _T
    queue_seconds: float
    attempts: int


@dataclass(frozen=True, slots=True)
class GivenUp:
    """Why there is no answer, after so much waiting and so many calls.

    `kind` is a word for the failure, `message` one line without the key.
    """

    kind: str
    message: str
    queue_seconds: float
    attempts: int


@dataclass(slots=True)
class _Effort:
    """What an answer has taken so far: seconds of waiting, and calls by what came of them."""

    queue: float = 0.0
    unreached: int = 0
    throttled: int = 0
    failed: int = 0

    @property
    def calls(self) -> int:
        return self.unreached + self.throttled + self.failed


class Asker:
    """Makes calls of the server at `url`, again where that may help.

    `target` is that server, which others may ask too; without one, calls are not limited. `key` is
    hidden in all that is told of a failure.
    """

    def __init__(
        self,
        url: str,
        key: Key,
        target: Target | None = None,
        retries: Retries | None = None,
    ) -> None:
        self._key = key
        self._retries = retries or Retries()
        self._target = target or Target(url, _UNLIMITED)
        self._answered = False

    @property
    def request_seconds(self) -> float | None:
        """How long one call may take, as the target's limits say."""
        return self._target.limits.request_seconds

    async def ask(
        self, call: Callable[[], Awaitable[_T]], tokens: Callable[[_T], int]
    ) -> Answered[_T] | GivenUp:
        """What `call` returns, made again where it raises a `CallError` that may pass.

        `tokens` says how many tokens what it returns has used.

        Raises:
            TargetError: the server does not come back, refuses the key, or has not what is asked.
        """
        effort = _Effort()
        while True:
            # While a server is down, each question tries in its turn: one of them may be the reason.
            again = effort.calls > 0 and not self._target.is_down
            effort.queue += await self._target.enter(again=again)
            entered = asyncio.get_running_loop().time()
            try:
                value = await call()
            except CallError as error:
                failed = error.without(self._key)
            except BaseException:  # out of time, or a defect of ours: others shall have their turn
                self._target.leave("failed", entered=entered, cause="no answer in time")
                raise
            else:
                self._target.leave("answered", entered=entered, tokens=tokens(value))
                self._answered = True
                return Answered(value, effort.queue, effort.calls + 1)
            # From here on there is no context: what the server said may have the key in it.
            pause = self._after(failed, effort, entered)
            if pause is None:
                tried = f"; tried {effort.calls} times" if effort.calls > 1 else ""
                return GivenUp(failed.kind, self._told(failed) + tried, effort.queue, effort.calls)
            await asyncio.sleep(pause)

    def _after(self, error: CallError, effort: _Effort, entered: float) -> float | None:
        """Tell the target what came of a call; seconds until the next one, None: give up.

        Neither an address at which nobody answers nor a limit of calls is the question's fault: then
        the target knows when to go on, and when not to.
        """
        outcome, cause = _outcome(error), self._told(error)
        after = 0.0
        if outcome == "throttled":
            asked = error.after
            after = self._retries.backoff(effort.throttled + 1) if asked is None else asked
        again = effort.calls > 0
        self._target.leave(outcome, entered=entered, after=after, cause=cause, again=again)
        if self._is_hopeless(error):
            raise TargetError(cause)
        if outcome == "unreachable":
            effort.unreached += 1
            return self._retries.backoff(effort.unreached)
        if outcome == "throttled":
            effort.throttled += 1
            # The target lets nobody in until then.
            left = effort.throttled < self._retries.throttled
            return self._retries.jitter() if left else None
        effort.failed += 1
        return self._retries.pause(effort.failed, error.after) if error.again else None

    def _is_hopeless(self, error: CallError) -> bool:
        """Whether the next question would fare no better: its failure is none of the system's."""
        if error.kind == "rate_limited":
            return not error.again or (error.after or 0.0) > self._retries.longest_asked
        return error.kind in _HOPELESS and not self._answered

    def _told(self, error: CallError) -> str:
        """In one line and without the key; it is hidden first, since half of it is a part too much."""
        return one_line(self._key.hide(str(error)))


def _outcome(error: CallError) -> Outcome:
    if error.kind == "rate_limited":
        return "throttled" if error.again else "refused"
    return _OUTCOMES.get(error.kind, "refused")
