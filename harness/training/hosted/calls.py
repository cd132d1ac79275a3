"""Calls to a provider: a key in a header, JSON back, and one line that says what failed.

| status | what it becomes | again? |
|---|---|---|
| 401, 403 | `ConfigError`: the key | no |
| 404 | `ConfigError`: the url or the model's name | no |
| any 4xx about a quota or a bill | `RunError` | no |
| 429 | `RunError` | yes |
| any other 4xx | `ConfigError`: what the provider says | no |
| 5xx, no connection, one that broke | `RunError` | yes |
| anything else | `ConfigError`: the url | no |
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable, Mapping
from http import HTTPStatus
from typing import Any, Final, Self, TypeVar

from harness.errors import ConfigError, HarnessError, RunError
from harness.models.openai.endpoint import Endpoint
from harness.transport.bodies import read_body
from harness.transport.messages import answered, one_line, quota_is_spent
from harness.transport.retries import Retries, retry_after
from harness.transport.sessions import Sessions
from harness.transport.timebound import TimeBound

__all__ = ["CallFailedError", "Caller", "Retries", "again"]

_SILENCE_SECONDS: Final = 300.0
_OK: Final = range(200, 300)
_CLIENT_ERRORS: Final = range(400, 500)
_SERVER_ERRORS: Final = range(500, 600)
_GO_ON: Final = "the same command goes on where this stopped"

_T = TypeVar("_T")


class CallFailedError(Exception):
    """A call that failed: `error` is for the user; `again` says that another may succeed.

    `after` is when (seconds), as the provider asks; `status` is None where no answer came.
    """

    def __init__(
        self,
        error: HarnessError,
        *,
        again: bool = False,
        after: float | None = None,
        status: int | None = None,
    ) -> None:
        super().__init__(str(error))
        self.error = error
        self.again = again
        self.after = after
        self.status = status


async def again(step: Callable[[], Awaitable[_T]], retries: Retries) -> _T:
    """Take a step, again where that may help.

    A step that makes something must first look whether it is there: a reply that was lost does not
    say whether its request was carried out.

    Raises:
        CallFailedError: no other call helps, or none has helped.
    """
    attempt = 1
    while True:
        try:
            return await step()
        except CallFailedError as error:
            pause = retries.pause(attempt, error.after) if error.again else None
            if pause is None:
                raise _tried(error, attempt) from None
        await asyncio.sleep(pause)
        attempt += 1


def _tried(failed: CallFailedError, attempts: int) -> CallFailedError:
    if attempts == 1:
        return failed
    error = type(failed.error)(f"{failed.error}; tried {attempts} times")
    return CallFailedError(error, after=failed.after, status=failed.status)


class Caller:
    """Sockets to one provider, open within a block."""

    def __init__(self, endpoint: Endpoint) -> None:
        """Read the key; raises `ConfigError` where it is missing and the provider another machine."""
        self.endpoint = endpoint
        self._key = endpoint.key()
        self._sessions = Sessions()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._sessions.close()

    async def call(self, method: str, path: str, doing: str, **request: Any) -> Mapping[str, Any]:  # noqa: ANN401  (as aiohttp has it)
        """One call and its JSON object, in which the key is hidden.

        `doing` says in a message what was tried; `request` is the rest that aiohttp takes.

        Raises:
            CallFailedError: see the table above; messages are one line, without the key.
        """
        import aiohttp  # noqa: PLC0415  (slow, and only endpoints need it)

        try:
            with TimeBound(_SILENCE_SECONDS) as silence:
                async with self._sessions.here().request(
                    method,
                    f"{self.endpoint.url}{path}",
                    headers=self._key.header(),
                    allow_redirects=False,
                    **request,
                ) as response:
                    body = await read_body(response, silence)
                text = self._key.hide(body.decode("utf-8", "replace"))
                after = retry_after(response.headers.get("Retry-After"))
        except (aiohttp.ClientError, OSError) as error:
            # A timeout is an OSError.
            what = f"no answer came; does the server run, and is url right? {_GO_ON}"
            why = self._key.hide(str(error)) or type(error).__name__
            raise self._failed(RunError, doing, what, why, again=True) from None
        if response.status not in _OK:
            raise self._refused(response.status, text, doing, after)
        try:
            data = self._key.hide_in(json.loads(text))  # again: it may have been escaped
        except (ValueError, RecursionError):
            data = None
        if not isinstance(data, Mapping):
            what = "no fine-tuning API is there; look at url"
            raise self._failed(ConfigError, doing, what, f"the server sent {text}")
        return data

    def _refused(self, status: int, body: str, doing: str, after: float | None) -> CallFailedError:
        kind, what, another = self._meaning(status, body)
        answer = answered(status, body)
        return self._failed(kind, doing, what, answer, again=another, after=after, status=status)

    def _meaning(self, status: int, body: str) -> tuple[type[HarnessError], str, bool]:
        """Which error, what to do about it, and whether another call may help."""
        kind: type[HarnessError] = ConfigError
        what, another = "no fine-tuning API is there; look at url", False
        model = self.endpoint.model
        if status in {401, 403}:
            what = (
                f"the key is refused; look at the environment variable {self.endpoint.key_variable}"
            )
        elif status in _CLIENT_ERRORS and quota_is_spent(body):
            kind, what = RunError, f"the quota is used up; raise it at the provider, then {_GO_ON}"
        elif status == HTTPStatus.NOT_FOUND:
            what = f"nothing is there; look at url and at the model's name {model!r}"
        elif status == HTTPStatus.TOO_MANY_REQUESTS:
            kind, what, another = RunError, f"too many requests; wait, then {_GO_ON}", True
        elif status in _CLIENT_ERRORS:
            what = f"refused; look at what it says, and at the model's name {model!r}"
        elif status in _SERVER_ERRORS:
            kind, what, another = RunError, f"the server failed; later {_GO_ON}", True
        return kind, what, another

    def _failed(
        self,
        kind: type[HarnessError],
        doing: str,
        what: str,
        why: str,
        *,
        again: bool = False,
        after: float | None = None,
        status: int | None = None,
    ) -> CallFailedError:
        message = one_line(f"{self.endpoint.url}: {doing}: {what} ({why}")
        return CallFailedError(kind(f"{message})"), again=again, after=after, status=status)
