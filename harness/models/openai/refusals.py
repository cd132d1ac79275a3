"""What a server answered instead of a completion, as the outcome of a question.

| status | kind | again? |
|---|---|---|
| 429 | `rate_limited` | yes, unless a quota is used up |
| 5xx | `server_error` | yes |
| 401, 403 | `unauthorised` | no |
| 404 | `not_found` | no |
| 400 and other 4xx | `grammar` where it is about the format, `context_length`, else `bad_request` | no |
| 3xx and the rest | `bad_reply` | no |
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

from harness.models.base import ModelError
from harness.models.openai.endpoint import Endpoint
from harness.transport.keys import Key
from harness.transport.messages import answered, quota_is_spent

__all__ = ["CallError", "refused"]

_FORMAT: Final = re.compile(
    r"response_format|json_schema|schema|grammar|guided|structured|regex", re.IGNORECASE
)
_TOO_LONG: Final = re.compile(
    r"context_length|context length|context size|maximum context|context window", re.IGNORECASE
)
_KEY_REFUSED: Final = (
    "unauthorised",
    "the key is refused; look at the environment variable {0.key_variable}",
)
_KNOWN: Final[Mapping[int, tuple[str, str]]] = {
    401: _KEY_REFUSED,
    403: _KEY_REFUSED,
    404: ("not_found", "nothing is there; look at url and the model's name {0.model!r}"),
    429: ("rate_limited", "too many requests; lower the concurrency or ask for a higher limit"),
}
_ABOUT_THE_REQUEST: Final = frozenset({"bad_request", "grammar", "context_length"})
_CLIENT_ERRORS: Final = range(400, 500)
_SERVER_ERRORS: Final = range(500, 600)


class CallError(ModelError):
    """A call that failed; `again` says that another may succeed, `after` when (seconds).

    What a server says stands in the message as it came: with line ends, and maybe the key in it.
    `words` are the server's own about the request, from which a `Dialect` may learn.
    """

    def __init__(
        self,
        kind: str,
        message: str,
        *,
        again: bool = False,
        after: float | None = None,
        words: str = "",
    ) -> None:
        super().__init__(kind, message)
        self.again = again
        self.after = after
        self.words = words

    def without(self, key: Key) -> CallError:
        """The same, fit to be told."""
        return CallError(
            self.kind,
            key.hide(str(self)),
            again=self.again,
            after=self.after,
            words=key.hide(self.words),
        )


def refused(
    endpoint: Endpoint, status: int, body: str, *, formatted: bool, after: float | None = None
) -> CallError:
    """The outcome of a status other than 200.

    `formatted` says that the request asked for a format, `after` is the server's `Retry-After`.
    """
    kind, what = _outcome(endpoint, status, body, formatted=formatted)
    if after is not None:
        what = f"{what}; it asks to wait {after:.0f} s"
    return CallError(
        kind,
        f"{endpoint.url}: {what} ({answered(status, body)})",
        again=kind == "server_error" or (kind == "rate_limited" and not quota_is_spent(body)),
        after=after,
        words=body if kind in _ABOUT_THE_REQUEST else "",
    )


def _outcome(endpoint: Endpoint, status: int, body: str, *, formatted: bool) -> tuple[str, str]:
    """Kind, and what to do about it."""
    if status in _KNOWN:
        kind, what = _KNOWN[status]
        return kind, what.format(endpoint)
    if status in _SERVER_ERRORS:
        return "server_error", "the server failed; its log may say why"
    if status not in _CLIENT_ERRORS:
        return "bad_reply", "no completion; look at url"
    if _TOO_LONG.search(body):
        return "context_length", "the prompt is too long for the model"
    if formatted and _FORMAT.search(body):
        return "grammar", f'this format is refused; see enforce = "{endpoint.enforce}"'
    return "bad_request", "the request is refused"
