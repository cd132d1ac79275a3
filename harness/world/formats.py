"""Output formats: what an answer must look like, and how the prompt asks for it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, Generic, Literal, TypeVar, get_args

from harness.errors import DataError, nearest

Draft = Literal["draft4", "draft6", "draft7", "2019-09", "2020-12"]

_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class FreeText:
    """Any text; the answer is the whole of it."""

    instruction: str = ""


@dataclass(frozen=True, slots=True)
class Choice:
    """Exactly one of `options`."""

    options: tuple[str, ...]
    instruction: str = ""


@dataclass(frozen=True, slots=True)
class Regex:
    """A text that `pattern` matches in full."""

    pattern: str
    instruction: str = ""


@dataclass(frozen=True, slots=True)
class JsonSchema:
    """JSON that is valid under `schema` in its declared `draft`.

    `value_pointer` (RFC 6901) names the field that answers the question; `name` stands for the
    schema in reports. `source_pointer` names an object with the number (`passage`) and the day (`date`)
    of the passage that the answer rests on; empty where none is asked for. `ordered` asks for the keys in the order of the schema, which is counted and
    does not make an answer invalid.
    """

    name: str
    schema: Mapping[str, Any] = field(hash=False)
    draft: Draft = "2020-12"
    value_pointer: str = "/value"
    instruction: str = ""
    source_pointer: str = ""
    ordered: bool = False


@dataclass(frozen=True, slots=True)
class Csv:
    """CSV (RFC 4180): a header line with exactly `columns`, in that order, and at least one record.

    `value_column` answers the question.
    """

    columns: tuple[str, ...]
    value_column: str
    delimiter: str = ","
    instruction: str = ""


@dataclass(frozen=True, slots=True)
class Xml:
    """XML: an element `root` of one or more elements `row`, each with exactly `columns` inside.

    Columns are elements that hold text, each once, in any order. `value_column` answers the question.
    """

    columns: tuple[str, ...]
    value_column: str
    root: str = "rows"
    row: str = "row"
    instruction: str = ""


OutputFormat = FreeText | Choice | Regex | JsonSchema | Csv | Xml

_KINDS: dict[str, Any] = {
    "text": FreeText,
    "choice": Choice,
    "regex": Regex,
    "json": JsonSchema,
    "csv": Csv,
    "xml": Xml,
}
_LISTS = frozenset({"options", "columns"})
_OPTIONAL = frozenset({"source_pointer", "ordered"})  # written only where they say something

DRAFTS: tuple[Draft, ...] = get_args(Draft)
_ANY_DRAFT = "json-schema.org/schema"
_DIALECTS: dict[str, Draft] = {
    "json-schema.org/draft-04/schema": "draft4",
    "json-schema.org/draft-06/schema": "draft6",
    "json-schema.org/draft-07/schema": "draft7",
    "json-schema.org/draft/2019-09/schema": "2019-09",
    "json-schema.org/draft/2020-12/schema": "2020-12",
}


class Same(Generic[_T]):
    """A schema, or a format, as a key of a cache: the same object, since `1 == True` for equality."""

    def __init__(self, object_: _T) -> None:
        self.object = object_

    def __hash__(self) -> int:
        return id(self.object)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Same) and other.object is self.object


def schema_text(schema: object) -> str:
    """A schema as JSON text, by which equal ones may share what is made of them.

    Raises:
        DataError: it holds what JSON does not have.
    """
    return _schema_text(Same(schema))


@lru_cache(maxsize=4096)
def _schema_text(same: Same[object]) -> str:
    try:
        return json.dumps(_plain(same.object))
    except (TypeError, ValueError, RecursionError) as error:
        raise DataError(f"a schema holds what JSON does not have: {error}") from error


def _plain(value: object) -> object:
    """Mappings and tuples of a frozen schema as dictionaries and lists."""
    if isinstance(value, Mapping):
        return {str(key): _plain(item) for key, item in value.items()}
    return [_plain(item) for item in value] if isinstance(value, list | tuple) else value


def declared_draft(schema: object, default: Draft = "2020-12") -> Draft:
    """The draft that a schema's `$schema` names; `default` where it names none.

    Raises:
        DataError: it names another dialect, which none of our validators knows.
    """
    named = schema.get("$schema") if isinstance(schema, Mapping) else None
    if named is None:
        return default
    place = str(named).strip().lower().partition("://")[2].rstrip("#/")
    place = place.replace("/hyper-schema", "/schema")
    if place == _ANY_DRAFT:
        return default
    if place not in _DIALECTS:
        raise DataError(f"$schema {named!r} is none of the drafts {', '.join(DRAFTS)}")
    return _DIALECTS[place]


def format_name(output_format: OutputFormat) -> str:
    """What a format is called in reports: its schema's name, else its kind (choice, csv, ...)."""
    return output_format.name if isinstance(output_format, JsonSchema) else _kind(output_format)


def _kind(output_format: OutputFormat) -> str:
    return next(name for name, cls in _KINDS.items() if isinstance(output_format, cls))


def format_to_dict(output_format: OutputFormat) -> dict[str, Any]:
    """A JSON-ready dictionary with a `kind` of text, choice, regex, json, csv or xml."""
    return dict(_format_to_dict(Same(output_format)))


@lru_cache(maxsize=4096)
def _format_to_dict(same: Same[OutputFormat]) -> dict[str, Any]:
    output_format = same.object
    fields = {name: getattr(output_format, name) for name in output_format.__slots__}
    fields = {k: v for k, v in fields.items() if k not in _OPTIONAL or v}
    return {"kind": _kind(output_format)} | {
        k: list(v) if isinstance(v, tuple) else v for k, v in fields.items()
    }


def format_from_dict(data: Mapping[str, Any]) -> OutputFormat:
    """The inverse of `format_to_dict`; raises `DataError` naming an unknown kind or key."""
    kind = data.get("kind", "text")
    if kind not in _KINDS:
        raise DataError(f"unknown output format {kind!r}: {nearest(str(kind), _KINDS)}")
    cls = _KINDS[kind]
    fields = {k: tuple(v) if k in _LISTS else v for k, v in data.items() if k != "kind"}
    for key in fields:
        if key not in cls.__slots__:
            raise DataError(
                f"output format {kind!r} has no key {key!r}: {nearest(key, cls.__slots__)}"
            )
    if cls is JsonSchema:
        fields["draft"] = _draft(fields)
        for key, kind_of, words in (
            ("source_pointer", str, "a text"),
            ("ordered", bool, "true or false"),
        ):
            if not isinstance(fields.get(key, kind_of()), kind_of):
                raise DataError(f"output format 'json': {key} must be {words}, not {fields[key]!r}")
    try:
        output_format: OutputFormat = cls(**fields)
    except TypeError as error:
        raise DataError(f"output format {kind!r}: {error}") from error
    return output_format


def _draft(fields: Mapping[str, Any]) -> Any:  # noqa: ANN401  (checked with the format)
    """The draft that is given, else the one that the schema declares."""
    given = fields.get("draft")
    return declared_draft(fields.get("schema")) if given is None else given
