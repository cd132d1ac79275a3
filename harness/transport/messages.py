"""What servers say when they fail, made fit for one line of ours."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any, Final

__all__ = ["answered", "one_line", "quota_is_spent", "words_of"]

_LONGEST: Final = 500
_SPENT: Final = re.compile(r"insufficient_quota|exceeded_quota|billing")


def answered(status: int, body: str) -> str:
    """A status with its phrase and the server's words, as they came."""
    try:
        phrase = f" {HTTPStatus(status).phrase}"
    except ValueError:
        phrase = ""
    said = words_of(body)
    return f"{status}{phrase}{': ' if said else ''}{said}"


def words_of(body: str) -> str:
    """The message within an error's body; the body itself where it has none."""
    try:
        return _message(json.loads(body))
    except (ValueError, RecursionError):
        return body.strip()


def quota_is_spent(body: str) -> bool:
    """Whether a refusal is about money, so that waiting does not help."""
    return _SPENT.search(body) is not None


def one_line(text: str) -> str:
    """At most 500 characters, and none that a terminal would take for a command."""
    printable = "".join(character if character.isprintable() else " " for character in text)
    return " ".join(printable.split())[:_LONGEST]


def _message(data: Any) -> str:  # noqa: ANN401  (any JSON)
    """OpenAI says `error.message`; others `message`, `error`, or `detail` with a list of problems."""
    while isinstance(data, Mapping):
        inner = next((data[key] for key in ("error", "message", "detail") if data.get(key)), None)
        if inner is None:
            break
        data = inner
    return data if isinstance(data, str) else json.dumps(data)
