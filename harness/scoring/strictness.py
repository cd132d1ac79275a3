"""How strictly an answer keeps to its output format: a ladder of five levels.

| level | JSON Schema | choice | regex | CSV, XML |
|---|---|---|---|---|
| raw | the output is JSON: no fence, prose, NaN, duplicate key, byte order mark | is an option | matches in full | is well-formed |
| extractable | the same without a fence, surrounding prose, a byte order mark | an option but for case and white space | matches without white space around | the same without a fence |
| schema_valid | it is valid under the schema in its declared draft | as extractable | as extractable | has the declared columns |
| formats_valid | and every `format` holds (date, email, uri, ...) | as schema_valid | as schema_valid | as schema_valid |
| right | and the answer is right | | | |

Each level from extractable on implies the one before it, and raw implies extractable. A schema under
which asserting formats makes more values valid (`not`) does not change that: for `formats_valid` both hold.
"""

from __future__ import annotations

from collections import Counter
from contextlib import suppress
from dataclasses import dataclass
from typing import Final

from harness.errors import ConfigError, DataError
from harness.scoring.columns import check_columns, read_records
from harness.scoring.jsontext import (
    Json,
    JsonTextError,
    extract,
    parse_strict,
    pointer_tokens,
)
from harness.scoring.order import in_order
from harness.scoring.repair import repaired
from harness.scoring.schemas import (
    BACKTRACKED,
    backtracks,
    matches,
    pattern_validator,
    schema_validator,
    schema_violations,
)
from harness.scoring.score import Beside, Strictness, Violation
from harness.world.formats import (
    Choice,
    Csv,
    FreeText,
    JsonSchema,
    OutputFormat,
    Regex,
    Xml,
    declared_draft,
)

__all__ = ["check_format", "grade"]

_MAX_MESSAGE: Final = 200
_UNTRIED: Final = Violation(
    "pattern",
    "",
    f"longer than {BACKTRACKED:,} characters, up to which look-around and back references are tried",
)
_LONG: Final = 100_000
_TRUNCATED: Final = frozenset({"length", "max_tokens"})
_REFUSED: Final = frozenset({"refused", "refusal", "content_filter"})


@dataclass(frozen=True, slots=True)
class _Levels:
    raw: bool = False
    extractable: bool = False
    valid: bool = False
    formats: bool = False
    violations: tuple[Violation, ...] = ()
    reordered: bool = False


def grade(
    text: str | None,
    output_format: OutputFormat,
    *,
    right: bool,
    finish_reason: str = "stop",
    failure: str | None = None,
) -> Strictness:
    """Where on the ladder an answer stands.

    Args:
        text: The whole output, None where there is no answer, which stands below the ladder.
        output_format: What was asked for. Free text has no ladder.
        right: Whether the answer's content is right.
        finish_reason: Why the model stopped, as its server says (`stop`, `length`, ...).
        failure: The kind of failure where there is no answer.
    """
    if isinstance(output_format, FreeText):
        there = text is not None
        return Strictness(False, there, there, there, there, right)
    levels = _levels(text, output_format)
    return Strictness(
        strict=True,
        raw=levels.raw,
        extractable=levels.extractable,
        schema_valid=levels.valid,
        formats_valid=levels.formats,
        right=levels.formats and right,
        violations=levels.violations,
        beside=_beside(text, output_format, levels, finish_reason, failure),
    )


def check_format(output_format: OutputFormat) -> None:
    """Refuse a format that no answer could be graded by.

    Raises:
        ConfigError: an invalid schema (its path is named), a remote reference, an invalid pattern
            or pointer, options or columns that are missing or twice there.
    """
    match output_format:
        case JsonSchema():
            pointer_tokens(output_format.value_pointer)
            pointer_tokens(output_format.source_pointer)
            schema_validator(output_format, formats=True)
            _check_draft(output_format)
        case Regex():
            pattern_validator(output_format.pattern)
        case Choice(options):
            if not options:
                raise ConfigError("output format 'choice' has no options")
            twice = next((o for o, count in Counter(options).items() if count > 1), None)
            if twice is not None:
                raise ConfigError(f"output format 'choice' has the option {twice!r} twice")
        case Csv() | Xml():
            check_columns(output_format)


def _check_draft(output_format: JsonSchema) -> None:
    with suppress(DataError):  # a dialect of its own: then the draft that is given counts
        declared = declared_draft(output_format.schema, output_format.draft)
        if declared != output_format.draft:
            raise ConfigError(
                f"output format {output_format.name!r}: draft is {output_format.draft!r}, yet its "
                f"$schema says {declared!r}"
            )


def _levels(text: str | None, output_format: OutputFormat) -> _Levels:
    match output_format:
        case _ if text is None:
            return _Levels(violations=(Violation("answer", "", "there is no answer"),))
        case JsonSchema():
            return _json(text, output_format)
        case Choice():
            return _choice(text, output_format)
        case Regex():
            return _regex(text, output_format)
        case Csv() | Xml():
            return _columns(text, output_format)
    raise AssertionError(f"{output_format} has no ladder")


def _json(text: str, output_format: JsonSchema) -> _Levels:
    sent: tuple[Violation, ...] = ()
    try:
        value, raw = parse_strict(text), True
    except JsonTextError as error:
        sent = (Violation(error.rule, "", str(error)),)
        try:
            value, raw = extract(text), False
        except JsonTextError:
            return _Levels(violations=sent)
    if _is_untried(text, output_format):
        return _Levels(raw, extractable=True, violations=(*sent, _UNTRIED))
    valid, formats, broken = _checked(value, output_format, long=len(text) > _LONG)
    reordered = output_format.ordered and valid and not in_order(value, output_format.schema)
    return _Levels(
        raw,
        extractable=True,
        valid=valid,
        formats=formats,
        violations=sent + broken,
        reordered=reordered,
    )


def _checked(
    value: Json, output_format: JsonSchema, *, long: bool
) -> tuple[bool, bool, tuple[Violation, ...]]:
    """Whether a value is valid, whether with its formats, and what it breaks."""
    plain = schema_validator(output_format, formats=False)
    strict = schema_validator(output_format, formats=True)
    try:
        formats = strict.is_valid(value)
        valid = formats if plain is strict else plain.is_valid(value)
        if formats and valid:
            return True, True, ()
        # A message quotes the value; of a very long output only the rule and path are told.
        mask = "the value" if long else None
        told = schema_validator(output_format, formats=not formats, mask=mask)
        return valid, False, schema_violations(told, value)
    except UnicodeError:
        return False, False, (Violation("encoding", "", "a string holds half a surrogate pair"),)
    except (ValueError, RecursionError) as error:
        return False, False, (Violation("validator", "", str(error)[:_MAX_MESSAGE]),)


def _is_untried(text: str, output_format: JsonSchema | Regex) -> bool:
    """Whether a pattern may take too long with so long an output."""
    return len(text) > BACKTRACKED and backtracks(output_format)


def _choice(text: str, output_format: Choice) -> _Levels:
    if text in output_format.options:
        return _Levels(raw=True, extractable=True, valid=True, formats=True)
    stripped = text.strip()
    if stripped in output_format.options:
        rule, there = Violation("whitespace", "", "white space around the option"), True
    elif stripped.casefold() in {option.casefold() for option in output_format.options}:
        rule, there = Violation("case", "", "upper or lower case differs"), True
    else:
        named = ", ".join(output_format.options)
        rule, there = Violation("choice", "", f"is none of {named}"[:_MAX_MESSAGE]), False
    return _Levels(extractable=there, valid=there, formats=there, violations=(rule,))


def _regex(text: str, output_format: Regex) -> _Levels:
    if _is_untried(text, output_format):
        return _Levels(violations=(_UNTRIED,))
    if matches(output_format.pattern, text):
        return _Levels(raw=True, extractable=True, valid=True, formats=True)
    if matches(output_format.pattern, text.strip()):
        rule, there = Violation("whitespace", "", "white space around the match"), True
    else:
        message = f"does not match {output_format.pattern}"[:_MAX_MESSAGE]
        rule, there = Violation("regex", "", message), False
    return _Levels(extractable=there, valid=there, formats=there, violations=(rule,))


def _columns(text: str, output_format: Csv | Xml) -> _Levels:
    found, whole = read_records(text, output_format)
    if not found.parsed:
        return _Levels(violations=found.violations)
    sent = () if whole else (Violation("syntax", "", "stands in a fence or among prose"),)
    valid = not found.violations
    return _Levels(whole, True, valid, valid, sent + found.violations)


def _beside(
    text: str | None,
    output_format: OutputFormat,
    levels: _Levels,
    finish_reason: str,
    failure: str | None,
) -> tuple[Beside, ...]:
    said: list[Beside] = ["reordered"] if levels.reordered else []
    if levels.raw and finish_reason == "stop":
        return tuple(said)
    if text is not None and isinstance(output_format, JsonSchema) and not levels.extractable:
        value = repaired(text)
        if value is not None and _checked(value, output_format, long=True)[0]:
            said.append("repairable")
    if finish_reason in _TRUNCATED:
        said.append("truncated")
    if finish_reason in _REFUSED or failure in _REFUSED:
        said.append("refused")
    if text is not None and not text.strip():
        said.append("empty")
    return tuple(said)
