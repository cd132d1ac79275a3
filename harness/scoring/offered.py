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

    Without a pointer it is the field that answers the question. Nothing where the list is open,
    which it is when one of several branches leaves it open; numbers are given as text, and
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
    lists = [_listed(place) for place in places]
    return frozenset().union(*lists) if all(lists) else frozenset()


def branches(schema: object) -> Iterator[Mapping[str, object]]:
    """The schema and those that it combines by `oneOf`, `anyOf` and `allOf`, however deep."""
    if not isinstance(schema, Mapping):
        return
    yield schema
    for keyword in _BRANCHES:
        inner = schema.get(keyword)
        for branch in inner if isinstance(inner, list | tuple) else ():
            yield from branches(branch)


def _listed(schema: object) -> frozenset[str]:
    """What one place allows; nothing where it, or one of its alternatives, is open."""
    if not isinstance(schema, Mapping):
        return frozenset()
    own = schema.get("enum")
    values = list(own) if isinstance(own, list | tuple) else []
    values += [schema["const"]] if "const" in schema else []
    if values:
        return frozenset(_text(value) for value in values if value is not None)
    for keyword in ("oneOf", "anyOf"):
        inner = schema.get(keyword)
        if isinstance(inner, list | tuple) and inner:
            lists = [_listed(one) for one in inner if one != {"type": "null"}]
            return frozenset().union(*lists) if all(lists) else frozenset()
    found = [_listed(one) for one in schema.get("allOf", ()) if isinstance(one, Mapping)]
    return next((one for one in found if one), frozenset())


def _text(value: object) -> str:
    return ("yes" if value else "no") if isinstance(value, bool) else str(value)
