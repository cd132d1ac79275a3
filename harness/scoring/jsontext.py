"""JSON as it was sent (strict) and JSON as a reader would still find it (lenient)."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from decimal import Decimal
from itertools import islice
from typing import Any, Final

from harness.errors import ConfigError

Json = Any  # what a JSON reader returns

MAX_DEPTH: Final = 200
"""Deeper nesting is refused: validators stop at 255 and Python's own reader soon after 900."""

_MAX_DIGITS: Final = 300
_MAX_STARTS: Final = 20
"""Fences and brackets of prose at which a value is looked for."""

_STRING: Final = re.compile(r'"(?:[^"\\]|\\.)*+"?', re.DOTALL)
_BRACKET: Final = re.compile(r"[\[{\]}]")
_FENCE: Final = re.compile(r"```[ \t]*[\w-]*[ \t]*\n?(.*?)```", re.DOTALL)


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
            an infinity), `duplicate-key` or `depth`.
    """
    if _too_deep(text):
        raise JsonTextError("depth", f"nested deeper than {MAX_DEPTH} levels")
    try:
        return _DECODER.decode(text) if not text.startswith("\ufeff") else _reject_bom()
    except json.JSONDecodeError as error:
        raise JsonTextError("syntax", f"{error.msg} at character {error.pos}") from error


def extract(text: str) -> Json:
    """The JSON value that is left of `text` without a fence, surrounding prose or a BOM.

    It must be JSON as strict as `parse_strict` asks for.

    Raises:
        JsonTextError: there is none; of several reasons the first one is given.
    """
    return _found(text, _DECODER)


def find(text: str) -> Json:
    """The JSON value of `text`, or of a fenced block, or of an object or list in prose.

    Later duplicates of a key win, and NaN is a number, as in most readers.

    Raises:
        JsonTextError: there is none.
    """
    return _found(text, _READER)


def _found(text: str, decoder: json.JSONDecoder) -> Json:
    if _too_deep(text):
        raise JsonTextError("depth", f"nested deeper than {MAX_DEPTH} levels")
    problem: JsonTextError | None = None
    blocks = islice(_FENCE.finditer(text), _MAX_STARTS)
    for candidate in (text, *(block.group(1) for block in blocks)):
        try:
            return decoder.decode(candidate.strip().removeprefix("\ufeff"))
        except JsonTextError as error:
            problem = problem or error
        except ValueError:
            continue
    for opening in "{[":
        for start in islice(re.finditer(re.escape(opening), text), _MAX_STARTS):
            try:
                return decoder.raw_decode(text, start.start())[0]
            except JsonTextError as error:
                problem = problem or error
            except ValueError:
                continue
    raise problem or JsonTextError("syntax", "no whole JSON value in the text")


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
        keys = [key for key, _ in pairs]
        twice = next(key for i, key in enumerate(keys) if key in keys[:i])
        raise JsonTextError("duplicate-key", f"key {twice[:80]!r} appears twice")
    return value


def _no_constant(name: str) -> Json:
    raise JsonTextError("constant", f"{name} is not JSON")


def _integer(digits: str) -> int | Decimal:
    return int(digits) if len(digits) <= _MAX_DIGITS else Decimal(digits)


def _number(digits: str) -> float | Decimal:
    value = float(digits)
    return Decimal(digits) if value in {float("inf"), float("-inf")} else value


_DECODER: Final = json.JSONDecoder(
    object_pairs_hook=_unique,
    parse_constant=_no_constant,
    parse_int=_integer,
    parse_float=_number,
)
_READER: Final = json.JSONDecoder(parse_int=_integer, parse_float=_number)
