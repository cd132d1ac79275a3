"""What a server answered instead of a completion, as the outcome of a question.

The kinds are those of `harness.transport.failures`; a refused request may also be about the format
(`grammar`) or the length of the prompt (`context_length`).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

from harness.models.openai.endpoint import Endpoint
from harness.transport.failures import ADVICE, CallError, kind_of, refusal

__all__ = ["refused"]

_FORMAT: Final = re.compile(
    r"response_format|json_schema|schema|grammar|guided|structured|regex", re.IGNORECASE
)
_TOO_LONG: Final = re.compile(
    r"context_length|context length|context size|maximum context|context window", re.IGNORECASE
)
_ADVICE: Final[Mapping[str, str]] = {
    **ADVICE,
    "unauthorised": "the key is refused; look at the environment variable {0.key_variable}",
    "not_found": "nothing is there; look at url and the model's name {0.model!r}",
    "bad_reply": "no completion; look at url",
    "context_length": "the prompt is too long for the model",
    "grammar": 'this format is refused; see enforce = "{0.enforce}"',
}
_ABOUT_THE_REQUEST: Final = frozenset({"bad_request", "grammar", "context_length"})


def refused(
    endpoint: Endpoint, status: int, body: str, after: float | None = None, *, formatted: bool
) -> CallError:
    """The outcome of a status other than 2xx.

    `formatted` says that the request asked for a format, `after` is the server's `Retry-After`.
    """
    kind = _kind(status, body, formatted=formatted)
    return refusal(
        endpoint.url,
        status,
        body,
        kind=kind,
        what=_ADVICE[kind].format(endpoint),
        after=after,
        words=body if kind in _ABOUT_THE_REQUEST else "",
    )


def _kind(status: int, body: str, *, formatted: bool) -> str:
    kind = kind_of(status)
    if kind != "bad_request":
        return kind
    if _TOO_LONG.search(body):
        return "context_length"
    return "grammar" if formatted and _FORMAT.search(body) else kind
