"""How strictly an answer keeps to its output format: raw, then valid, then right.

| step | JSON Schema | choice | regex |
|---|---|---|---|
| raw | the whole output is JSON: no fence, prose, NaN, duplicate key, byte order mark | is an option | matches in full |
| valid | valid under the schema in its declared draft, `format` asserted | as raw | as raw |
| right | the answer is right, too | | |

Patterns are those of JSON Schema (ECMA 262) and run under a step limit, so that none can hang.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import lru_cache
from itertools import islice
from typing import Final, Never

import jsonschema_rs

from harness.errors import ConfigError, nearest
from harness.scoring.jsontext import Json, JsonTextError, parse_strict, pointer_tokens
from harness.scoring.score import Strictness, Violation
from harness.world.formats import Choice, FreeText, JsonSchema, OutputFormat, Regex

_MAX_VIOLATIONS: Final = 50
_MAX_MESSAGE: Final = 200
_LONG: Final = 100_000
_BACKTRACK_LIMIT: Final = 1_000_000
_DRAFTS: Final[dict[str, type[jsonschema_rs.Validator]]] = {
    "draft4": jsonschema_rs.Draft4Validator,
    "draft6": jsonschema_rs.Draft6Validator,
    "draft7": jsonschema_rs.Draft7Validator,
    "2019-09": jsonschema_rs.Draft201909Validator,
    "2020-12": jsonschema_rs.Draft202012Validator,
}


def grade(text: str | None, output_format: OutputFormat, *, right: bool) -> Strictness:
    """Where on the ladder an answer stands; `right` says whether its content is.

    Free text has no ladder. No answer (None) stands below it.
    """
    if isinstance(output_format, FreeText):
        return Strictness(strict=False, raw=text is not None, valid=text is not None, right=right)
    if text is None:
        missing = Violation("answer", "", "there is no answer")
        return Strictness(strict=True, raw=False, valid=False, right=False, violations=(missing,))
    if isinstance(output_format, JsonSchema):
        raw, violations = _grade_json(text, output_format)
    else:
        violations = _grade_text(text, output_format)
        raw = not violations
    valid = raw and not violations
    return Strictness(
        strict=True, raw=raw, valid=valid, right=valid and right, violations=violations
    )


def check_format(output_format: OutputFormat) -> None:
    """Refuse a format that no answer could be graded by.

    Raises:
        ConfigError: an invalid schema (its path is named), a remote reference, an invalid pattern
            or pointer, options that are missing or twice there.
    """
    match output_format:
        case JsonSchema():
            pointer_tokens(output_format.value_pointer)
            _validator(output_format)
        case Regex():
            _pattern_validator(output_format.pattern)
        case Choice(options):
            if not options:
                raise ConfigError("output format 'choice' has no options")
            twice = next((o for i, o in enumerate(options) if o in options[:i]), None)
            if twice is not None:
                raise ConfigError(f"output format 'choice' has the option {twice!r} twice")


def _grade_json(text: str, output_format: JsonSchema) -> tuple[bool, tuple[Violation, ...]]:
    validator = _validator(output_format)
    try:
        value = parse_strict(text)
    except JsonTextError as error:
        return False, (Violation(error.rule, "", str(error)),)
    try:
        if validator.is_valid(value):
            return True, ()
        # A message quotes the value; of a very long output only the rule and path are told.
        errors = (_masked if len(text) > _LONG else _validator)(output_format).iter_errors(value)
        return True, tuple(_violations(errors))
    except UnicodeError:
        return True, (Violation("encoding", "", "a string holds half a surrogate pair"),)
    except (ValueError, RecursionError) as error:
        return True, (Violation("validator", "", str(error)[:_MAX_MESSAGE]),)


def _violations(errors: Iterator[jsonschema_rs.ValidationError]) -> Iterator[Violation]:
    for error in islice(errors, _MAX_VIOLATIONS):
        path = _pointer(error.instance_path)
        yield Violation(error.kind.name, path, error.message[:_MAX_MESSAGE])


def _grade_text(text: str, output_format: Choice | Regex) -> tuple[Violation, ...]:
    if isinstance(output_format, Choice):
        if text in output_format.options:
            return ()
        return (Violation("choice", "", f"is none of {', '.join(output_format.options)}"),)
    try:
        matches = _pattern_validator(output_format.pattern).is_valid(text)
    except ValueError:  # half a surrogate pair cannot be matched
        matches = False
    return () if matches else (Violation("regex", "", f"does not match {output_format.pattern}"),)


def _validator(output_format: JsonSchema) -> jsonschema_rs.Validator:
    return _compiled(output_format, mask=None)


def _masked(output_format: JsonSchema) -> jsonschema_rs.Validator:
    return _compiled(output_format, mask="the value")


@lru_cache(maxsize=256)
def _compiled(output_format: JsonSchema, mask: str | None) -> jsonschema_rs.Validator:
    """The compiled validator; equal formats share one."""
    where = f"output format {output_format.name!r}"
    if output_format.draft not in _DRAFTS:
        raise ConfigError(
            f"{where}: unknown draft {output_format.draft!r}: "
            f"{nearest(output_format.draft, _DRAFTS)}"
        )
    try:
        return _DRAFTS[output_format.draft](
            _plain(output_format.schema), validate_formats=True, retriever=_refuse, mask=mask
        )
    except jsonschema_rs.ValidationError as error:
        path = _pointer(error.instance_path) or "/"
        raise ConfigError(f"{where}: schema is invalid at {path}: {error.message}") from error
    except (ValueError, RecursionError) as error:
        raise ConfigError(f"{where}: schema cannot be read: {error}") from error


@lru_cache(maxsize=256)
def _pattern_validator(pattern: str) -> jsonschema_rs.Validator:
    try:
        return jsonschema_rs.Draft202012Validator(
            {"type": "string", "pattern": f"^(?:{pattern})$"},
            pattern_options=jsonschema_rs.FancyRegexOptions(backtrack_limit=_BACKTRACK_LIMIT),
        )
    except ValueError as error:
        raise ConfigError(
            f"output format 'regex': invalid pattern {pattern!r} (ECMA 262)"
        ) from error


def _refuse(uri: str) -> Never:
    raise ValueError(f"remote references are not followed: {uri}")


def _plain(value: Json) -> Json:
    """Mappings and tuples of a frozen schema as the dictionaries and lists that compile."""
    if isinstance(value, Mapping):
        return {key: _plain(item) for key, item in value.items()}
    return [_plain(item) for item in value] if isinstance(value, list | tuple) else value


def _pointer(path: list[str | int]) -> str:
    return "".join(f"/{str(part).replace('~', '~0').replace('/', '~1')}" for part in path)
