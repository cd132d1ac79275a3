"""What a request asks for: read strictly, since a server that ignores a field answers another question."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, NoReturn, TypeVar, get_args

from harness.models.base import Message, Role
from harness.serving.refusal import RefusedError
from harness.world.formats import JsonSchema, OutputFormat

__all__ = ["ChatRequest", "chat_request"]

T = TypeVar("T")

_ONLY: Final[Mapping[str, object]] = {
    "temperature": 0,
    "n": 1,
    "frequency_penalty": 0,
    "presence_penalty": 0,
    "logprobs": False,
}
"""Fields of which one value asks for what is done anyway: one greedy answer."""
_WITHOUT_EFFECT: Final = frozenset({"seed", "top_p", "user"})
"""Fields that change nothing about a greedy answer, whatever they say."""
_LIMITS: Final = ("max_tokens", "max_completion_tokens")
_KNOWN: Final = frozenset(
    {"model", "messages", "response_format", "stream", "stream_options", *_LIMITS}
)
_ROLES: Final[Mapping[str, Role]] = {role: role for role in get_args(Role)}
_ANY_OBJECT: Final = JsonSchema("object", {"type": "object"})
_LONGEST_SHOWN: Final = 60


@dataclass(frozen=True, slots=True)
class ChatRequest:
    """A chat to continue; `max_tokens` is None for as many as the model has room for.

    `include_usage` says whether a stream ends with what it took.
    """

    model: str
    messages: tuple[Message, ...]
    max_tokens: int | None
    enforced: OutputFormat | None
    stream: bool
    include_usage: bool


def chat_request(body: bytes) -> ChatRequest:
    """Read the body of a request.

    Raises:
        RefusedError: it is no JSON object, a field is missing, unknown or of the wrong type, or asks
            for what the server does not do.
    """
    try:
        return _read(_fields(body))
    except RecursionError as error:
        raise RefusedError("the body is nested too deep") from error


def _read(data: Mapping[str, Any]) -> ChatRequest:
    stream = _value(data, "stream", bool, "true or false") or False
    return ChatRequest(
        model=_required(data, "model", str, "a model's name"),
        messages=_messages(data),
        max_tokens=_limit(data),
        enforced=_enforced(data),
        stream=stream,
        include_usage=_include_usage(data, stream=stream),
    )


def _fields(body: bytes) -> dict[str, Any]:
    """The fields that say something; null is as good as absent."""
    try:
        data = json.loads(body.decode("utf-8"), parse_constant=_no_number)
    except ValueError as error:
        raise RefusedError(f"the body is no JSON: {error}") from error
    if not isinstance(data, dict):
        raise RefusedError(f"the body must be a JSON object, not {_shown(data)}")
    fields = {key: value for key, value in data.items() if value is not None}
    for key, value in fields.items():
        if key in _ONLY and not _same(value, _ONLY[key]):
            raise RefusedError(
                f"{key} must be {_shown(_ONLY[key])} or left out, not {_shown(value)}: "
                "the lab model gives one greedy answer",
                param=key,
                code="unsupported_value",
            )
        if key not in _KNOWN and key not in _ONLY and key not in _WITHOUT_EFFECT:
            raise RefusedError(
                f"unknown field {_shown(key)}: this server refuses what it would have to ignore",
                param=key,
                code="unknown_parameter",
            )
    return fields


def _messages(data: Mapping[str, Any]) -> tuple[Message, ...]:
    turns = _required(data, "messages", list, "a list of messages")
    if not turns:
        raise RefusedError("messages must have at least one", param="messages")
    return tuple(_message(turn, f"messages[{index}]") for index, turn in enumerate(turns))


def _message(turn: object, place: str) -> Message:
    if not isinstance(turn, dict):
        raise RefusedError(f"{place} must be an object, not {_shown(turn)}", param=place)
    role = _required(turn, "role", str, "a text", place)
    if role not in _ROLES:
        raise RefusedError(
            f"{place}.role must be one of {', '.join(_ROLES)}, not {_shown(role)}",
            param=f"{place}.role",
        )
    content = _required(turn, "content", str, "a text", place)
    if not _is_unicode(content):
        raise RefusedError(
            f"{place}.content has half of a surrogate pair, which is no character",
            param=f"{place}.content",
        )
    for key, value in turn.items():
        if key not in {"role", "content"} and value is not None:
            raise RefusedError(f"{place}: unknown field {_shown(key)}", param=place)
    return Message(_ROLES[role], content)


def _limit(data: Mapping[str, Any]) -> int | None:
    """The tokens that the answer may have."""
    given = [key for key in _LIMITS if key in data]
    if not given:
        return None
    if len(given) > 1:
        raise RefusedError(f"{' and '.join(given)} are one and the same: give one", param=given[0])
    value = _required(data, given[0], int, "a whole number")
    if value < 1:
        raise RefusedError(f"{given[0]} must be at least 1, not {value}", param=given[0])
    return value


def _enforced(data: Mapping[str, Any]) -> OutputFormat | None:
    """The format that the answer must have; None for any text."""
    place = "response_format"
    given = _value(data, place, dict, "an object")
    if given is None:
        return None
    kind = _required(given, "type", str, "a text", place)
    if kind == "json_schema":
        declared = _required(given, "json_schema", dict, "an object", place)
        place = f"{place}.json_schema"
        return JsonSchema(
            _required(declared, "name", str, "a text", place),
            _required(declared, "schema", dict, "a JSON Schema", place),
        )
    if kind == "json_object":
        return _ANY_OBJECT
    if kind == "text":
        return None
    raise RefusedError(
        f"{place}.type must be json_schema, json_object or text, not {_shown(kind)}",
        param=f"{place}.type",
    )


def _include_usage(data: Mapping[str, Any], *, stream: bool) -> bool:
    options = _value(data, "stream_options", dict, "an object")
    if options is None:
        return False
    if not stream:
        raise RefusedError("stream_options goes with stream = true only", param="stream_options")
    return _value(options, "include_usage", bool, "true or false", place="stream_options") or False


def _required(
    data: Mapping[str, Any], key: str, kind: type[T], words: str, place: str | None = None
) -> T:
    value = _value(data, key, kind, words, place=place)
    if value is None:
        where = _path(place, key)
        raise RefusedError(f"{where} is missing: {words}", param=where)
    return value


def _value(
    data: Mapping[str, Any], key: str, kind: type[T], words: str, *, place: str | None = None
) -> T | None:
    """The value of a field, None where it is absent or null; `words` say what it must be."""
    value = data.get(key)
    if value is None:
        return None
    # For Python true is a whole number.
    if not isinstance(value, kind) or (isinstance(value, bool) and kind is not bool):
        where = _path(place, key)
        raise RefusedError(f"{where} must be {words}, not {_shown(value)}", param=where)
    return value


def _path(place: str | None, key: str) -> str:
    return key if place is None else f"{place}.{key}"


def _same(value: object, only: object) -> bool:
    return value == only and isinstance(value, bool) == isinstance(only, bool)


def _is_unicode(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _no_number(word: str) -> NoReturn:
    raise ValueError(f"{word} is no number of JSON")


def _shown(value: object) -> str:
    text = json.dumps(value)
    return text if len(text) <= _LONGEST_SHOWN else f"{text[:_LONGEST_SHOWN]}..."
