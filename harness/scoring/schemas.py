"""Compiled validators: JSON Schema in its declared draft, and patterns.

Patterns are those of JSON Schema (ECMA 262). Most are matched in time that grows with the text and no
more (Rust's `regex`). Those with look-around or back references backtrack: up to a limit of steps, each
of which may read the whole text, so they are tried on texts up to a length only.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from functools import lru_cache
from itertools import islice
from typing import Final, Never

import jsonschema_rs

from harness.errors import ConfigError, nearest
from harness.scoring.jsontext import Json
from harness.scoring.score import Violation
from harness.world.formats import JsonSchema, Regex, Same, schema_text

__all__ = [
    "BACKTRACKED",
    "backtracks",
    "matches",
    "pattern_validator",
    "schema_validator",
    "schema_violations",
]

BACKTRACKED: Final = 10_000
"""Characters of an output up to which patterns that backtrack are tried: a second for the worst."""

_MAX_VIOLATIONS: Final = 50
_MAX_MESSAGE: Final = 200
_FORMAT: Final = '"format"'
_BACKTRACKING: Final = jsonschema_rs.FancyRegexOptions(backtrack_limit=200_000)
_LINEAR: Final = jsonschema_rs.RegexOptions()
_DRAFTS: Final[dict[str, type[jsonschema_rs.Validator]]] = {
    "draft4": jsonschema_rs.Draft4Validator,
    "draft6": jsonschema_rs.Draft6Validator,
    "draft7": jsonschema_rs.Draft7Validator,
    "2019-09": jsonschema_rs.Draft201909Validator,
    "2020-12": jsonschema_rs.Draft202012Validator,
}


def schema_validator(
    output_format: JsonSchema, *, formats: bool, mask: str | None = None
) -> jsonschema_rs.Validator:
    """The compiled validator, with `format` asserted or not; formats of one text share it.

    `mask` stands in messages for values.

    Raises:
        ConfigError: an unknown draft, an invalid schema (its path is named), a remote reference.
    """
    return _of_format(Same(output_format), formats, mask)


@lru_cache(maxsize=4096)
def _of_format(same: Same[JsonSchema], formats: bool, mask: str | None) -> jsonschema_rs.Validator:
    """One that has no `format` to assert is the same either way."""
    output_format = same.object
    text = schema_text(output_format.schema)
    asserted = formats and _FORMAT in text
    return _compiled(output_format.name, output_format.draft, text, asserted, mask)


@lru_cache(maxsize=512)
def _compiled(
    name: str, draft: str, text: str, formats: bool, mask: str | None
) -> jsonschema_rs.Validator:
    where = f"output format {name!r}"
    if draft not in _DRAFTS:
        raise ConfigError(f"{where}: unknown draft {draft!r}: {nearest(draft, _DRAFTS)}")
    try:
        return _DRAFTS[draft](
            json.loads(text),
            validate_formats=formats,
            retriever=_refuse,
            mask=mask,
            pattern_options=_BACKTRACKING,
        )
    except jsonschema_rs.ValidationError as error:
        path = _pointer(error.instance_path) or "/"
        raise ConfigError(f"{where}: schema is invalid at {path}: {error.message}") from error
    except (ValueError, RecursionError) as error:
        raise ConfigError(f"{where}: schema cannot be read: {error}") from error


@lru_cache(maxsize=256)
def pattern_validator(pattern: str) -> jsonschema_rs.Validator:
    """A validator of texts that `pattern` matches in full; `ConfigError` when it is no pattern."""
    try:
        return jsonschema_rs.Draft202012Validator(_whole(pattern), pattern_options=_BACKTRACKING)
    except ValueError as error:
        raise ConfigError(
            f"output format 'regex': invalid pattern {pattern!r} (ECMA 262)"
        ) from error


def backtracks(output_format: JsonSchema | Regex) -> bool:
    """Whether a pattern in it has look-around or back references."""
    if isinstance(output_format, Regex):
        return not _is_linear("2020-12", json.dumps(_whole(output_format.pattern)))
    return not _is_linear(output_format.draft, schema_text(output_format.schema))


@lru_cache(maxsize=512)
def _is_linear(draft: str, text: str) -> bool:
    try:
        _DRAFTS[draft](json.loads(text), retriever=_refuse, pattern_options=_LINEAR)
    except ValueError:  # of a schema that has compiled with the other engine, so it is a pattern
        return False
    return True


def _whole(pattern: str) -> dict[str, str]:
    return {"type": "string", "pattern": f"^(?:{pattern})$"}


def matches(pattern: str, text: str) -> bool:
    """Whether the pattern matches the whole text, within the step limit."""
    try:
        return pattern_validator(pattern).is_valid(text)
    except ValueError:  # half a surrogate pair cannot be matched
        return False


def schema_violations(validator: jsonschema_rs.Validator, value: Json) -> tuple[Violation, ...]:
    """The rules that `value` breaks, at most 50, each with its keyword and its JSON path."""
    return tuple(_violations(validator.iter_errors(value)))


def _violations(errors: Iterator[jsonschema_rs.ValidationError]) -> Iterator[Violation]:
    for error in islice(errors, _MAX_VIOLATIONS):
        path = _pointer(error.instance_path)
        kind = error.kind
        rule = kind.name
        if isinstance(kind, jsonschema_rs.ValidationErrorKind.Format):
            rule = f"format: {kind.format}"
        yield Violation(rule, path, error.message[:_MAX_MESSAGE])


def _refuse(uri: str) -> Never:
    raise ValueError(f"remote references are not followed: {uri}")


def _pointer(path: list[str | int]) -> str:
    return "".join(f"/{str(part).replace('~', '~0').replace('/', '~1')}" for part in path)
