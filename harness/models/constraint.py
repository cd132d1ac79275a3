"""Constrained decoding: an output format as a grammar that says which tokens may come next.

llguidance does the work, on the model's own tokenizer; what a grammar cannot say it refuses, which
is an outcome of the question like any other failure of a model.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import Any, Final, Protocol

import numpy as np
from numpy.typing import NDArray

from harness.models.base import ModelError
from harness.world.formats import Choice, Csv, FreeText, JsonSchema, OutputFormat, Regex, Xml

__all__ = ["Constrainer", "TokenFilter"]

Logits = NDArray[np.float32]

# One way to write JSON, the one that models see most, so that white space is no choice to make.
_JSON: Final = {"whitespace_flexible": False, "item_separator": ", ", "key_separator": ": "}
_GRAMMARS: Final = 256
_PIECE: Final = re.compile(r"\\.|.", re.DOTALL)
_ESCAPES: Final = {r"\d": "0-9", r"\w": "0-9A-Za-z_"}
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

    def start(self, output_format: OutputFormat) -> TokenFilter | None:
        """A filter for one answer; None for free text, of which nothing is asked.

        Raises:
            ModelError: `grammar`, the format has what the grammar cannot enforce.
        """
        if isinstance(output_format, FreeText):
            return None
        from llguidance import LLMatcher  # noqa: PLC0415  (as above)

        matcher = LLMatcher(self._tokenizer, _grammar(output_format), log_level=0)
        if matcher.is_error():
            raise ModelError("grammar", _one_line(matcher.get_error()))
        return _Filter(matcher, self._vocabulary)


class _Filter:
    def __init__(self, matcher: Any, vocabulary: int) -> None:  # noqa: ANN401  (from llguidance)
        self._matcher = matcher
        self._mask = np.zeros((1, (vocabulary + 31) // 32), np.int32)

    def restrict(self, logits: Logits) -> None:
        from llguidance.numpy import (  # noqa: PLC0415  (as above)
            apply_token_bitmask_inplace,
            fill_next_token_bitmask,
        )

        fill_next_token_bitmask(self._matcher, self._mask)
        if self._matcher.is_error():
            raise ModelError("grammar", _one_line(self._matcher.get_error()))
        apply_token_bitmask_inplace(logits, self._mask)

    def accept(self, token: int) -> None:
        self._matcher.consume_token(token)


@lru_cache(maxsize=_GRAMMARS)
def _grammar(output_format: OutputFormat) -> str:
    """The format as llguidance reads it.

    Raises:
        ModelError: `grammar`, it cannot be said in one.
    """
    from llguidance import LLMatcher  # noqa: PLC0415  (as above)

    try:
        match output_format:
            case JsonSchema():
                schema = {**_translated(output_format.schema), "x-guidance": _JSON}
                return str(LLMatcher.grammar_from_json_schema(json.dumps(schema)))
            case Choice(options):
                return _lark(" | ".join(json.dumps(option) for option in options))
            case Regex(pattern):
                return str(LLMatcher.grammar_from_regex(_ascii(pattern)))
            case Csv():
                return _csv(output_format)
            case Xml():
                return _xml(output_format)
    except ValueError as error:
        raise ModelError("grammar", _one_line(str(error))) from error
    raise AssertionError(f"{output_format} has no grammar")


def _translated(schema: Any) -> Any:  # noqa: ANN401  (any JSON)
    """A schema whose patterns mean in llguidance what they mean in JSON Schema."""
    if isinstance(schema, Mapping):
        return {
            key: _ascii(value)
            if key == "pattern" and isinstance(value, str)
            else value
            if key in _VALUES
            else _translated(value)
            for key, value in schema.items()
        }
    return [_translated(item) for item in schema] if isinstance(schema, list | tuple) else schema


def _ascii(pattern: str) -> str:
    r"""The pattern with `\d` and `\w` spelled out: llguidance takes them for all of Unicode's."""
    inside = False
    parts: list[str] = []
    for found in _PIECE.findall(pattern):
        if found in _ESCAPES:
            parts.append(_ESCAPES[found] if inside else f"[{_ESCAPES[found]}]")
            continue
        if found in {"[", "]"}:
            inside = found == "["
        parts.append(found)
    return "".join(parts)


def _lark(start: str, *rules: str) -> str:
    return "\n".join([f"start: {start}", *rules])


def _csv(output_format: Csv) -> str:
    mark = output_format.delimiter
    header = json.dumps(mark.join(output_format.columns))
    fields = f" {json.dumps(mark)} ".join(["FIELD"] * len(output_format.columns))
    plain = rf'[^"\r\n{"" if mark.isalnum() else chr(92)}{mark}]*'
    return _lark(
        f'{header} ("\\n" record)+',
        f"record: {fields}",
        f'FIELD: /{plain}|"([^"]|"")*"/',
    )


def _xml(output_format: Xml) -> str:
    root, row = output_format.root, output_format.row
    columns = " ".join(f'"<{name}>" TEXT "</{name}>"' for name in output_format.columns)
    return _lark(
        f'"<{root}>" row+ "</{root}>"', f'row: "<{row}>" {columns} "</{row}>"', "TEXT: /[^<>&]*/"
    )


def _one_line(text: str) -> str:
    return " ".join(text.split())[:500]
