"""A system behind an HTTP endpoint, asked as its declaration says."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from typing import Final

from harness.retrieval.base import Passage
from harness.systems.base import Answer, Failure, Preparation, Strategy, Timing, Usage
from harness.systems.function import estimated_usage
from harness.systems.http.paths import Paths
from harness.systems.http.reply import Reply, Told
from harness.systems.http.spec import HttpSpec
from harness.systems.sandbox import TemplateProblem
from harness.transport.asker import Answered, Asker, GivenUp
from harness.transport.failures import ADVICE, CallError, kind_of, refusal
from harness.transport.messages import one_line
from harness.transport.retries import Retries
from harness.transport.target import Target
from harness.transport.wire import Request, Wire
from harness.world.questions import Question

__all__ = ["HttpSystem"]

_SILENCE_SECONDS: Final = 300.0
"""More than a suite's deadline usually is, which comes first."""

_ADVICE: Final[Mapping[str, str]] = {
    **ADVICE,
    "not_found": "nothing is there; look at url",
    "bad_reply": "no answer; look at url",
}


class HttpSystem:
    """Asks an endpoint; `target` is its server, which other systems may share.

    The times of an answer begin with the question and have in them what its retries took. There is a
    first token only where the answer is streamed, and tokens that are not told are estimated.
    """

    strategy: Strategy = "external"

    def __init__(
        self,
        name: str,
        spec: HttpSpec,
        target: Target | None = None,
        *,
        retries: Retries | None = None,
    ) -> None:
        """Read the key; raises `ConfigError` where it is missing and the server is another machine."""
        self.name = name
        self._spec = spec
        self._key = spec.key()
        self._headers = {**spec.sent_headers(), **self._key.header(spec.key_header)}
        self._template = spec.request()
        self._paths = Paths(spec.paths())
        self._asker = Asker(spec.url, self._key, target, retries)
        self._wire = Wire(
            spec.url,
            shown=spec.url,
            wanted="answer",
            silence_seconds=_SILENCE_SECONDS,
            request_seconds=self._asker.request_seconds,
        )

    def fingerprint(self) -> Mapping[str, str]:
        """What is sent and how answers are read; nobody tells what computes them."""
        return self._spec.fingerprint()

    async def prepare(self, day: date) -> Preparation:
        """Nothing is prepared: the endpoint looks after itself."""
        return Preparation(day)

    async def answer(self, question: Question, day: date) -> Answer:
        """Ask, again where that may help.

        Raises:
            TargetError: the server does not come back, refuses the key, or has nothing at the url.
        """
        begin = time.perf_counter()
        try:
            request = self._request(question, day)
        except TemplateProblem as problem:
            return _failed(GivenUp("template", one_line(str(problem)), 0.0, 0), begin)

        async def call() -> Told:
            reply = Reply(self._spec.url, self._paths, begin)
            await self._wire.send(request, reply, self._refused)
            return reply.told()

        came = await self._asker.ask(call, lambda told: _tokens(_usage(told, question)))
        if isinstance(came, GivenUp):
            return _failed(came, begin)
        return self._answer(came, question)

    async def close(self) -> None:
        """Close the sockets of the running loop."""
        await self._wire.close()

    def _request(self, question: Question, day: date) -> Request:
        data, query = self._template.render(
            question=question.text,
            today=day.isoformat(),
            instruction=question.format.instruction,
        )
        return Request(self._headers, data, self._spec.method, query)

    def _answer(self, came: Answered[Told], question: Question) -> Answer:
        told = came.value
        timing = Timing(
            queue=came.queue_seconds, connect=told.connect_seconds, total=told.total_seconds
        )
        if (first := told.first_token_seconds) is not None:
            waited = came.queue_seconds + told.connect_seconds
            timing = replace(timing, first_token=first - waited, decode=told.total_seconds - first)
        return Answer(
            self._key.hide(told.text),
            tuple(map(self._hidden, told.passages)),
            _usage(told, question),
            timing,
            self._key.hide(told.finish_reason),
            attempts=came.attempts,
        )

    def _hidden(self, passage: Passage) -> Passage:
        hide = self._key.hide
        return replace(passage, document_id=hide(passage.document_id), text=hide(passage.text))

    def _refused(self, status: int, body: str, after: float | None) -> CallError:
        url, kind = self._spec.url, kind_of(status)
        what = self._key_advice() if kind == "unauthorised" else _ADVICE[kind]
        return refusal(url, status, body, kind=kind, what=what, after=after)

    def _key_advice(self) -> str:
        if self._spec.key_env is None:
            return "a key is wanted; name its environment variable with key_env"
        return f"the key is refused; look at the environment variable {self._spec.key_env}"


def _failed(why: GivenUp, begin: float) -> Answer:
    timing = Timing(queue=why.queue_seconds, total=time.perf_counter() - begin)
    failure = Failure(why.kind, why.message)
    return Answer(None, timing=timing, failure=failure, attempts=why.attempts)


def _usage(told: Told, question: Question) -> Usage:
    """The endpoint's own count, or an estimate of what it does not tell."""
    prompt, completion = told.prompt_tokens, told.completion_tokens
    estimated = estimated_usage(question, told.text)
    return Usage(
        estimated.prompt_tokens if prompt is None else prompt,
        estimated.completion_tokens if completion is None else completion,
        counted=None not in {prompt, completion},
    )


def _tokens(usage: Usage) -> int:
    return usage.prompt_tokens + usage.completion_tokens
