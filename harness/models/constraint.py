"""Constrained decoding: an output format as a grammar that says which tokens may come next.

llguidance does the work, on the model's own tokenizer; what a grammar cannot say it refuses, which
is an outcome of the question like any other failure of a model.
"""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Iterable
from contextlib import suppress
from typing import Any, Final, Protocol

import numpy as np
from numpy.typing import NDArray

from harness.models.base import ModelError
from harness.world.formats import (
    Choice,
    Csv,
    FreeText,
    JsonSchema,
    OutputFormat,
    Regex,
    Xml,
    schema_text,
)

__all__ = ["Constrainer", "TokenFilter"]

Logits = NDArray[np.float32]

# One way to write JSON, the one that models see most, so that white space is no choice to make.
_JSON: Final = {"whitespace_flexible": False, "item_separator": ", ", "key_separator": ": "}
_PIECE: Final = re.compile(r"\\.|.", re.DOTALL)
_SPACES: Final = (
    r"\t\n\x0b\f\r \x{a0}\x{1680}\x{2000}-\x{200a}\x{2028}\x{2029}\x{202f}\x{205f}\x{3000}\x{feff}"
)
_CLASSES: Final = {r"\d": "0-9", r"\w": "0-9A-Za-z_", r"\s": _SPACES}
_MARKS: Final = frozenset("^-]\\[&~/")
"""Characters that mean something within brackets of a pattern."""
_VALUES: Final = frozenset({"const", "enum", "default", "examples"})
"""Keywords below which no schema stands."""


class TokenFilter(Protocol):
    """Says of one answer, token by token, what may come next."""

    def restrict(self, logits: Logits) -> None:
        """Make tokens that may not come next impossible, in place; shape (vocabulary,)."""
        ...

    def accept(self, token: int) -> None:
        """Take note of the token that was chosen."""
        ...


class Constrainer:
    """Makes filters for one tokenizer; grammars are compiled once a format."""

    def __init__(self, tokenizer: str, vocabulary: int, end_ids: Iterable[int]) -> None:
        """Read the tokenizer (the text of its `tokenizer.json`).

        `vocabulary` is the width of the model's logits, `end_ids` what ends an answer.
        """
        from llguidance import LLTokenizer  # noqa: PLC0415  (only constrained decoding needs it)

        self._tokenizer = LLTokenizer(
            tokenizer, n_vocab=vocabulary, eos_token=sorted(end_ids), slices=[]
        )
        self._vocabulary = vocabulary
        self._compiled: dict[object, Any] = {}

    def compile(self, formats: Iterable[OutputFormat]) -> None:
        """Compile what can be compiled, so that no answer pays for it."""
        for output_format in formats:
            with suppress(ModelError):  # an outcome of the questions that ask for it
                self.start(output_format)

    def start(self, output_format: OutputFormat) -> TokenFilter | None:
        """A filter for one answer; None for free text, of which nothing is asked.

        Raises:
            ModelError: `grammar`, the format has what the grammar cannot enforce.
        """
        if isinstance(output_format, FreeText):
            return None
        key = _key(output_format)
        if key not in self._compiled:
            self._compiled[key] = self._matcher(output_format)
        return _Filter(self._compiled[key].deep_copy(), self._vocabulary)

    def _matcher(self, output_format: OutputFormat) -> Any:  # noqa: ANN401  (from llguidance)
        from llguidance import LLMatcher  # noqa: PLC0415  (as above)

        matcher = LLMatcher(self._tokenizer, _grammar(output_format), log_level=0)
        if matcher.is_error():
            raise ModelError("grammar", _one_line(matcher.get_error()))
        return matcher


class _Filter:
    def __init__(self, matcher: Any, vocabulary: int) -> None:  # noqa: ANN401  (from llguidance)
        from llguidance import numpy as masks  # noqa: PLC0415  (as above)

        self._matcher = matcher
        self._masks = masks
        self._mask = np.zeros((1, (vocabulary + 31) // 32), np.int32)

    def restrict(self, logits: Logits) -> None:
        self._masks.fill_next_token_bitmask(self._matcher, self._mask)
        if self._matcher.is_error():
            raise ModelError("grammar", _one_line(self._matcher.get_error()))
        self._masks.apply_token_bitmask_inplace(logits, self._mask)

    def accept(self, token: int) -> None:
        self._matcher.consume_token(token)


def _key(output_format: OutputFormat) -> object:
    """What the grammar depends on; of a schema its text, since `1 == True` for equality."""
    if isinstance(output_format, JsonSchema):
        return "json", schema_text(output_format.schema)
    return output_format


def _grammar(output_format: OutputFormat) -> str:
    """The format as llguidance reads it.

    Raises:
        ModelError: `grammar`, it cannot be said in one.
    """
    from llguidance import LLMatcher  # noqa: PLC0415  (as above)

    try:
        match output_format:
            case JsonSchema():
                schema = _translated(json.loads(schema_text(output_format.schema)))
                if isinstance(schema, dict):
                    schema["x-guidance"] = _JSON
                return str(LLMatcher.grammar_from_json_schema(json.dumps(schema)))
            case Choice(options):
                return _lark(" | ".join(json.dumps(option) for option in options))
            case Regex(pattern):
                return str(LLMatcher.grammar_from_regex(_spelled_out(pattern)))
            case Csv():
                return _csv(output_format)
            case Xml():
                return _xml(output_format)
    except ValueError as error:
        raise ModelError("grammar", _one_line(str(error))) from error
    raise AssertionError(f"{output_format} has no grammar")


def _translated(schema: Any) -> Any:  # noqa: ANN401  (any JSON)
    """A schema whose patterns mean in llguidance what they mean in JSON Schema."""
    if isinstance(schema, list):
        return [_translated(item) for item in schema]
    if not isinstance(schema, dict):
        return schema
    changed: dict[str, Any] = {}
    for key, value in schema.items():
        if key == "pattern" and isinstance(value, str):
            changed[key] = _spelled_out(value)
        else:
            changed[key] = value if key in _VALUES else _translated(value)
    return changed


def _spelled_out(pattern: str) -> str:
    r"""The pattern with ECMA's \d, \w and \s spelled out: llguidance takes them for all of Unicode's."""
    inside = False
    parts: list[str] = []
    for found in _PIECE.findall(pattern):
        kind = found.lower()
        if kind in _CLASSES and (found == kind or not inside):
            negated = "" if found == kind else "^"
            parts.append(_CLASSES[kind] if inside else f"[{negated}{_CLASSES[kind]}]")
            continue
        if found in {"[", "]"}:
            inside = found == "["
        parts.append(found)
    return "".join(parts)


def _lark(start: str, *rules: str) -> str:
    return "\n".join([f"start: {start}", *rules])


def _csv(output_format: Csv) -> str:
    mark = output_format.delimiter
    header = io.StringIO()
    csv.writer(header, delimiter=mark, lineterminator="").writerow(output_format.columns)
    fields = f" {json.dumps(mark)} ".join(["FIELD"] * len(output_format.columns))
    # A record of one empty field would be an empty line, which is none.
    least = "+" if len(output_format.columns) == 1 else "*"
    plain = rf'[^"\r\n{re.escape(mark) if mark in _MARKS else mark}]{least}'
    return _lark(
        f'{json.dumps(header.getvalue())} ("\\n" record)+',
        f"record: {fields}",
        f'FIELD: /{plain}|"([^"]|"")*"/',
    )


def _xml(output_format: Xml) -> str:
    root, row = output_format.root, output_format.row
    columns = " ".join(f'"<{name}>" TEXT "</{name}>"' for name in output_format.columns)
    return _lark(
        f'"<{root}>" row+ "</{root}>"',
        f'row: "<{row}>" {columns} "</{row}>"',
        r"TEXT: /[^<>&\x00-\x08\x0b\x0c\x0e-\x1f\x{fffe}\x{ffff}]*/",
    )


def _one_line(text: str) -> str:
    return " ".join(text.split())[:500]
