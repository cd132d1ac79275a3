"""A model behind an OpenAI-compatible endpoint, asked over HTTP and read as it streams.

The times of an answer begin with the call and have in them what its retries took: that is what
whoever asks has to wait. What it waited for its turn at the server is told apart.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from harness.errors import TargetError
from harness.models.base import Generation, Message, ModelError
from harness.models.openai.call import Caller
from harness.models.openai.endpoint import Endpoint
from harness.models.openai.enforcement import enforcing
from harness.models.openai.refusals import CallError
from harness.models.openai.reply import Reply
from harness.models.openai.request import request_body
from harness.transport.limits import Limits
from harness.transport.messages import one_line
from harness.transport.retries import Retries
from harness.transport.target import Outcome, Target
from harness.world.formats import OutputFormat

__all__ = ["OpenAIModel"]

_UNLIMITED: Final = Limits(concurrency=1_000_000)
_OUTCOMES: Final[Mapping[str, Outcome]] = {
    "server_error": "failed",
    "timeout": "failed",
    "unreachable": "unreachable",
}


_HOPELESS: Final = frozenset({"unauthorised", "not_found"})


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


class OpenAIModel:
    """A `LanguageModel` at an endpoint.

    `target` is the server, which other models may share; without one, calls are not limited.
    `silence_seconds` is how long nothing may come before a call has failed: more than a suite's
    deadline usually is, which comes first.
    """

    def __init__(
        self,
        endpoint: Endpoint,
        target: Target | None = None,
        *,
        retries: Retries | None = None,
        silence_seconds: float = 300.0,
    ) -> None:
        """Read the key; raises `ConfigError` where it is missing and the server is another machine."""
        self._endpoint = endpoint
        self._key = endpoint.key()
        self._retries = retries or Retries()
        self._target = target or Target(endpoint.url, _UNLIMITED)
        longest = self._target.limits.request_seconds
        self._caller = Caller(endpoint, self._key, silence_seconds, longest)
        self._answered = False

    @property
    def name(self) -> str:
        """What the endpoint calls the model."""
        return self._endpoint.model

    def fingerprint(self) -> str:
        """Of what names the model at its provider, who may change what it stands for."""
        return self._endpoint.fingerprint()

    def enforce(self, formats: Iterable[OutputFormat]) -> None:
        """Nothing: a server compiles a format when it is first asked for it."""

    async def generate(
        self,
        messages: Sequence[Message],
        *,
        max_tokens: int,
        enforced: OutputFormat | None = None,
    ) -> Generation:
        """Ask for a greedy completion, again where that may help, and read it as it streams.

        Raises:
            ModelError: `timeout`, `rate_limited`, `server_error`, `unauthorised`,
                `not_found`, `bad_request`, `bad_reply`, `context_length`, or `grammar` where the
                server cannot enforce the format. The message is one line, without the key.
            TargetError: the server does not come back, refuses the key, or has no such model.
        """
        begin, effort = time.perf_counter(), _Effort()
        body = request_body(self._endpoint, messages, max_tokens)
        if enforced is not None:
            body |= enforcing(enforced, self._endpoint.enforce)
        while True:
            # While a server is down, each question tries in its turn: one of them may be the reason.
            again = effort.calls > 0 and not self._target.is_down
            effort.queue += await self._target.enter(again=again)
            entered = asyncio.get_running_loop().time()
            try:
                reply = await self._caller.ask(body, begin)
            except CallError as error:
                failed = error
            except asyncio.CancelledError:
                self._target.leave("failed", entered=entered, cause="no answer in time")
                raise
            else:
                return self._answer(reply, messages, effort, entered)
            pause = self._after(failed, effort, entered)
            if pause is None:
                tried = f"; tried {effort.calls} times" if effort.calls > 1 else ""
                raise ModelError(failed.kind, one_line(str(failed)) + tried)
            await asyncio.sleep(pause)

    async def close(self) -> None:
        """Close the sockets of the running loop."""
        await self._caller.close()

    def _answer(
        self, reply: Reply, messages: Sequence[Message], effort: _Effort, entered: float
    ) -> Generation:
        found = reply.generation(messages)
        tokens = found.prompt_tokens + found.completion_tokens
        self._target.leave("answered", entered=entered, tokens=tokens)
        self._answered = True
        return replace(
            found,
            text=self._key.hide(found.text),
            queue_seconds=effort.queue,
            attempts=effort.calls + 1,
        )

    def _after(self, error: CallError, effort: _Effort, entered: float) -> float | None:
        """Tell the target what came of a call; seconds until the next one, None: give up.

        Neither a server that is down nor a limit of calls is the question's fault: then the target
        knows when to go on, and when not to.
        """
        outcome, cause = _outcome(error), one_line(str(error))
        after = 0.0
        if outcome == "throttled":
            asked = error.after
            after = self._retries.backoff(effort.throttled + 1) if asked is None else asked
        self._target.leave(outcome, entered=entered, after=after, cause=cause)
        if self._is_hopeless(error):
            raise TargetError(cause)
        if outcome == "unreachable" or (outcome == "failed" and self._target.is_down):
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


def _outcome(error: CallError) -> Outcome:
    if error.kind == "rate_limited":
        return "throttled" if error.again else "refused"
    return _OUTCOMES.get(error.kind, "refused")
