"""How a call of a server fails, and what its status means.

| status | kind | again? |
|---|---|---|
| 429 | `rate_limited` | yes, unless a quota is used up |
| 5xx | `server_error` | yes |
| 401, 403 | `unauthorised` | no |
| 404 | `not_found` | no |
| 400 and other 4xx | `bad_request` | no |
| 3xx and the rest | `bad_reply` | no |
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from harness.transport.keys import Key
from harness.transport.messages import answered, quota_is_spent

__all__ = ["ADVICE", "CallError", "kind_of", "refusal"]

ADVICE: Final[Mapping[str, str]] = {
    "rate_limited": "too many requests; lower the concurrency or ask for a higher limit",
    "server_error": "the server failed; its log may say why",
    "bad_request": "the request is refused",
}
"""What to do about kinds of failure, whatever is asked."""

_KNOWN: Final[Mapping[int, str]] = {
    401: "unauthorised",
    403: "unauthorised",
    404: "not_found",
    429: "rate_limited",
}
_CLIENT_ERRORS: Final = range(400, 500)
_SERVER_ERRORS: Final = range(500, 600)


class CallError(Exception):
    """A call that failed; `again` says that another may succeed, `after` when (seconds).

    `kind` is the word for it as the outcome of a question. What a server says stands in the message
    as it came: with line ends, and maybe the key in it. `words` are the server's own about the
    request, from which whoever asks may learn.
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
        super().__init__(message)
        self.kind = kind
        self.again = again
        self.after = after
        self.words = words

    def without(self, key: Key) -> CallError:
        """The same without the key, fit to be told."""
        return CallError(
            self.kind,
            key.hide(str(self)),
            again=self.again,
            after=self.after,
            words=key.hide(self.words),
        )


def kind_of(status: int) -> str:
    """The kind of failure that a status other than 2xx is."""
    if status in _KNOWN:
        return _KNOWN[status]
    if status in _SERVER_ERRORS:
        return "server_error"
    return "bad_request" if status in _CLIENT_ERRORS else "bad_reply"


def refusal(
    url: str,
    status: int,
    body: str,
    *,
    kind: str,
    what: str,
    after: float | None = None,
    words: str = "",
) -> CallError:
    """The failure of a call that was answered with `status` and `body`.

    `what` says what that means and what to do, `after` is the server's `Retry-After`.
    """
    if after is not None:
        what = f"{what}; it asks to wait {after:.0f} s"
    return CallError(
        kind,
        f"{url}: {what} ({answered(status, body)})",
        again=kind == "server_error" or (kind == "rate_limited" and not quota_is_spent(body)),
        after=after,
        words=words,
    )
