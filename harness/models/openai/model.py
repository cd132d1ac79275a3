"""A model behind an OpenAI-compatible endpoint, asked over HTTP and read as it streams.

The times of an answer begin with the call and have in them what its retries took: that is what
whoever asks has to wait. What it waited for its turn at the server is told apart.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Sequence

from harness.models.base import Generation, Message, ModelError
from harness.models.openai.call import Caller
from harness.models.openai.endpoint import Endpoint
from harness.models.openai.enforcement import enforcing
from harness.models.openai.reply import Reply
from harness.models.openai.request import request_body
from harness.transport.asker import Asker, GivenUp
from harness.transport.retries import Retries
from harness.transport.target import Target
from harness.world.formats import OutputFormat

__all__ = ["OpenAIModel"]


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
        self._asker = Asker(endpoint.url, self._key, target, retries)
        self._caller = Caller(endpoint, self._key, silence_seconds, self._asker.request_seconds)

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
        begin = time.perf_counter()
        body = request_body(self._endpoint, messages, max_tokens)
        if enforced is not None:
            body |= enforcing(enforced, self._endpoint.enforce)

        async def call() -> Reply:
            return await self._caller.ask(body, begin)

        came = await self._asker.ask(call, lambda reply: reply.tokens(messages))
        if isinstance(came, GivenUp):
            raise ModelError(came.kind, came.message, came.attempts)
        return came.value.generation(
            messages, self._key, queue_seconds=came.queue_seconds, attempts=came.attempts
        )

    async def close(self) -> None:
        """Close the sockets of the running loop."""
        await self._caller.close()
