"""What an output format offers to choose from: a closed list of values, out of which one may guess."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Final

from harness.scoring.jsontext import pointer_tokens
from harness.world.formats import Choice, JsonSchema, OutputFormat, schema_text

__all__ = ["branches", "offered"]

_BRANCHES: Final = ("oneOf", "anyOf", "allOf")


def offered(output_format: OutputFormat, pointer: str | None = None) -> frozenset[str]:
    """The texts of a choice, or of what `enum` and `const` of a schema allow at a JSON pointer.

    Without a pointer it is the field that answers the question. Nothing where the list is open;
    references within a schema are not followed.
    """
    if isinstance(output_format, Choice):
        return frozenset(output_format.options)
    if not isinstance(output_format, JsonSchema):
        return frozenset()
    place = output_format.value_pointer if pointer is None else pointer
    return _allowed(_Schema(output_format), place)


class _Schema:
    """A format as a key of a cache, by the text of its schema."""

    def __init__(self, output_format: JsonSchema) -> None:
        self.schema = output_format.schema
        self._text = schema_text(output_format.schema)

    def __hash__(self) -> int:
        return hash(self._text)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Schema) and other._text == self._text


@lru_cache(maxsize=1024)
def _allowed(schema: _Schema, pointer: str) -> frozenset[str]:
    places: list[object] = [schema.schema]
    for token in pointer_tokens(pointer):
        places = [
            own[token]
            for place in places
            for branch in branches(place)
            if isinstance(own := branch.get("properties"), Mapping) and token in own
        ]
    found = {value for place in places for branch in branches(place) for value in _listed(branch)}
    return frozenset(value for value in found if isinstance(value, str))


def branches(schema: object) -> Iterator[Mapping[str, object]]:
    """The schema and those that it combines by `oneOf`, `anyOf` and `allOf`, however deep."""
    if not isinstance(schema, Mapping):
        return
    yield schema
    for keyword in _BRANCHES:
        inner = schema.get(keyword)
        for branch in inner if isinstance(inner, list | tuple) else ():
            yield from branches(branch)


def _listed(schema: Mapping[str, object]) -> Iterator[object]:
    values = schema.get("enum")
    for value in [*(values if isinstance(values, list | tuple) else ()), schema.get("const")]:
        if isinstance(value, str):
            yield value
