"""An output format as the fields of a request that make a server's decoder keep to it.

| `enforce` | JSON Schema | choice, regex | servers |
|---|---|---|---|
| `json_schema` | `response_format` with the schema, strict | none | OpenAI and most others |
| `json_object` | `response_format` without it: some JSON object | none | older ones |
| `vllm` | `structured_outputs.json` | `.choice`, `.regex` | vLLM from 0.12 on |
| `llama.cpp` | as `json_schema` | `grammar` (GBNF) | llama.cpp's `llama-server` |
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from typing import Any, Final

from harness.models.base import ModelError
from harness.models.openai.gbnf import choice_grammar, regex_grammar
from harness.models.specs import Enforce
from harness.world.formats import (
    Choice,
    FreeText,
    JsonSchema,
    OutputFormat,
    Regex,
    format_name,
    schema_text,
)

__all__ = ["enforcing"]

_LONGEST_NAME: Final = 64


def enforcing(output_format: OutputFormat, how: Enforce) -> dict[str, Any]:
    """The fields to add to a request; none for free text, of which nothing is asked.

    Raises:
        ModelError: `grammar`, that server has no field for such a format.
    """
    if isinstance(output_format, FreeText):
        return {}
    fields = _WAYS[how](output_format)
    if fields is None:
        raise ModelError(
            "grammar", f'enforce = "{how}" has no way to ask for {format_name(output_format)}'
        )
    return fields


def _json_schema(output_format: OutputFormat) -> dict[str, Any] | None:
    if not isinstance(output_format, JsonSchema):
        return None
    return {"response_format": _response_format(output_format)}


def _json_object(output_format: OutputFormat) -> dict[str, Any] | None:
    if not isinstance(output_format, JsonSchema):
        return None
    return {"response_format": {"type": "json_object"}}


def _vllm(output_format: OutputFormat) -> dict[str, Any] | None:
    match output_format:
        case JsonSchema(schema=schema):
            return {"structured_outputs": {"json": _plain(schema)}}
        case Choice(options):
            return {"structured_outputs": {"choice": list(options)}}
        case Regex(pattern):
            return {"structured_outputs": {"regex": pattern}}
    return None


def _llama_cpp(output_format: OutputFormat) -> dict[str, Any] | None:
    match output_format:
        case Choice(options):
            return {"grammar": choice_grammar(options)}
        case Regex(pattern):
            return {"grammar": regex_grammar(pattern)}
    return _json_schema(output_format)


_WAYS: Final[Mapping[Enforce, Callable[[OutputFormat], dict[str, Any] | None]]] = {
    "json_schema": _json_schema,
    "json_object": _json_object,
    "vllm": _vllm,
    "llama.cpp": _llama_cpp,
}


def _response_format(output_format: JsonSchema) -> dict[str, Any]:
    # The name is for the model to read; servers refuse most characters in it.
    name = re.sub(r"[^A-Za-z0-9_-]", "_", output_format.name)[:_LONGEST_NAME] or "answer"
    schema = {"name": name, "schema": _plain(output_format.schema), "strict": True}
    return {"type": "json_schema", "json_schema": schema}


def _plain(schema: object) -> Any:  # noqa: ANN401  (any JSON)
    return json.loads(schema_text(schema))
