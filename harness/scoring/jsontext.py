"""JSON as it was sent (strict) and JSON as a reader would still find it (lenient)."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import suppress
from decimal import Decimal, InvalidOperation
from functools import lru_cache
from itertools import chain
from typing import Any, Final

from harness.errors import ConfigError

Json = Any  # what a JSON reader returns

MAX_DEPTH: Final = 200
"""Deeper nesting is refused: validators stop at 255 and Python's own reader soon after 900."""

_MAX_DIGITS: Final = 300
_MAX_STARTS: Final = 20
"""Fenced blocks, and brackets in prose, at which a value is looked for."""

_STRING: Final = re.compile(r'"(?:[^"\\]|\\.)*+"?', re.DOTALL)
_BRACKET: Final = re.compile(r"[\[{\]}]")
_FENCE: Final = "```"
_INFO: Final = re.compile(r"[ \t]*+[\w-]*+[ \t]*+\n?")
"""What may follow an opening fence: the name of a language."""


class JsonTextError(ValueError):
    """A text is not JSON; `rule` is a stable word for the reason."""

    def __init__(self, rule: str, message: str) -> None:
        super().__init__(message)
        self.rule = rule


def parse_strict(text: str) -> Json:
    """The value of `text`, which must be JSON from end to end (RFC 8259).

    Numbers too large for a float or an everyday integer come back as `Decimal`.

    Raises:
        JsonTextError: `syntax` (fences, prose, trailing text and a BOM included), `constant` (NaN or
            an infinity), `duplicate-key`, `number` (an exponent beyond all use) or `depth`.
    """
    if _too_deep(text):
        raise JsonTextError("depth", f"nested deeper than {MAX_DEPTH} levels")
    try:
        return _DECODER.decode(text) if not text.startswith("\ufeff") else _reject_bom()
    except json.JSONDecodeError as error:
        raise JsonTextError("syntax", f"{error.msg} at character {error.pos}") from error
    except RecursionError as error:
        raise JsonTextError("depth", "nested too deep") from error


def extract(text: str) -> Json:
    """The JSON value that is left of `text` without a fence, surrounding prose or a BOM.

    For what `parse_strict` refused. It must be JSON as strict as that asks for. Of several values in prose the first
    object is taken, else the first list; what stands inside broken JSON is no value.

    Raises:
        JsonTextError: there is none.
    """
    # As it stands it has been tried: only what is taken off can help.
    return _found(text, _DECODER, whole=text.lstrip().startswith("\ufeff"))


def find(text: str) -> Json:
    """The JSON value that a lenient reader takes from `text`; where it looks is as in `extract`.

    Later duplicates of a key win, and NaN is a number.

    Raises:
        JsonTextError: there is none.
    """
    return _found(text, _READER, whole=True)


def fenced(text: str) -> Iterator[str]:
    """The contents of fenced blocks, without the line that names a language; the first twenty."""
    place = 0
    for _ in range(_MAX_STARTS):
        opening = text.find(_FENCE, place)
        closing = text.find(_FENCE, opening + len(_FENCE)) if opening >= 0 else -1
        if closing < 0:
            return
        info = _INFO.match(text, opening + len(_FENCE), closing)
        yield text[info.end() if info is not None else opening + len(_FENCE) : closing]
        place = closing + len(_FENCE)


def _found(text: str, decoder: json.JSONDecoder, *, whole: bool) -> Json:
    if _too_deep(text):
        raise JsonTextError("depth", f"nested deeper than {MAX_DEPTH} levels")
    try:
        for candidate in chain((text,) if whole else (), fenced(text)):
            try:
                return decoder.decode(candidate.strip().removeprefix("\ufeff"))
            except json.JSONDecodeError:
                continue
        values = list(_values(text, decoder))
    except RecursionError as error:
        raise JsonTextError("depth", "nested too deep") from error
    for kind in (dict, list):
        for value in values:
            if isinstance(value, kind):
                return value
    raise JsonTextError("syntax", "no whole JSON value in the text")


def _values(text: str, decoder: json.JSONDecoder) -> Iterator[Json]:
    """Objects and lists among prose; none from within another bracket, whole or broken."""
    depth = starts = done = 0
    for bracket in _BRACKET.finditer(text):
        if bracket.start() < done:
            continue
        if bracket.group() in "]}":
            depth = max(0, depth - 1)
            continue
        if depth == 0 and starts < _MAX_STARTS:
            starts += 1
            with suppress(json.JSONDecodeError):
                value, done = decoder.raw_decode(text, bracket.start())
                yield value
                continue
        depth += 1


def resolve(value: Json, pointer: str) -> Json:
    """What the JSON pointer (RFC 6901) names in `value`.

    Raises:
        KeyError: `value` has no such place.
    """
    for token in pointer_tokens(pointer):
        if isinstance(value, Mapping):
            value = value[token]
        elif isinstance(value, list) and token.isdecimal() and len(token) <= len(str(len(value))):
            if int(token) >= len(value):
                raise KeyError(token)
            value = value[int(token)]
        else:
            raise KeyError(token)
    return value


@lru_cache(maxsize=1024)
def pointer_tokens(pointer: str) -> tuple[str, ...]:
    """The unescaped reference tokens of a JSON pointer; `ConfigError` when it is none."""
    if not pointer:
        return ()
    if not pointer.startswith("/"):
        raise ConfigError(f"JSON pointer {pointer!r} does not begin with '/'")
    return tuple(t.replace("~1", "/").replace("~0", "~") for t in pointer[1:].split("/"))


def _too_deep(text: str) -> bool:
    if text.count("[") + text.count("{") <= MAX_DEPTH:
        return False
    depth = 0
    for bracket in _BRACKET.finditer(_STRING.sub("", text)):
        depth += 1 if bracket.group() in "[{" else -1
        if depth > MAX_DEPTH:
            return True
    return False


def _reject_bom() -> Json:
    raise JsonTextError("syntax", "begins with a byte order mark")


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    value = dict(pairs)
    if len(value) != len(pairs):
        counted = Counter(key for key, _ in pairs)
        twice = next(key for key, count in counted.items() if count > 1)
        raise JsonTextError("duplicate-key", f"key {twice[:80]!r} appears twice")
    return value


def _no_constant(name: str) -> Json:
    raise JsonTextError("constant", f"{name} is not JSON")


def _integer(digits: str) -> int | Decimal:
    return int(digits) if len(digits) <= _MAX_DIGITS else _large(digits)


def _number(digits: str) -> float | Decimal:
    value = float(digits)
    return _large(digits) if value in {float("inf"), float("-inf")} else value


def _large(digits: str) -> Decimal:
    try:
        return Decimal(digits)
    except InvalidOperation as error:
        raise JsonTextError("number", "a number with an exponent beyond all use") from error


_DECODER: Final = json.JSONDecoder(
    object_pairs_hook=_unique,
    parse_constant=_no_constant,
    parse_int=_integer,
    parse_float=_number,
)
_READER: Final = json.JSONDecoder(parse_int=_integer, parse_float=_number)
