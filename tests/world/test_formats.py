"""Output formats travel as dictionaries and come back the same."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.errors import DataError
from harness.world.formats import (
    Choice,
    Csv,
    FreeText,
    JsonSchema,
    OutputFormat,
    Regex,
    Xml,
    declared_draft,
    format_from_dict,
    format_name,
    format_to_dict,
)

JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=5,
)
FORMATS = st.one_of(
    st.builds(FreeText, st.text()),
    st.builds(Choice, st.lists(st.text(), min_size=1).map(tuple), st.text()),
    st.builds(Regex, st.text(), st.text()),
    st.builds(
        JsonSchema,
        st.text(),
        st.dictionaries(st.text(), JSON_VALUES),
        st.sampled_from(["draft4", "draft6", "draft7", "2019-09", "2020-12"]),
        st.text(),
        st.text(),
    ),
)


@given(FORMATS)
def test_a_format_survives_json(output_format: OutputFormat) -> None:
    assert format_from_dict(json.loads(json.dumps(format_to_dict(output_format)))) == output_format


@pytest.mark.parametrize(
    ("data", "message"),
    [
        ({"kind": "jsn"}, "unknown output format 'jsn': did you mean 'json'?"),
        ({"kind": "choice", "option": ["a"]}, "has no key 'option': did you mean 'options'?"),
        ({"kind": "json", "name": "n"}, "output format 'json': .*schema"),
    ],
)
def test_a_wrong_format_is_named(data: dict[str, Any], message: str) -> None:
    with pytest.raises(DataError, match=message):
        format_from_dict(data)


COLUMNS = st.lists(st.text(min_size=1), min_size=1).map(tuple)


@given(
    st.builds(Csv, COLUMNS, st.text(), st.text(), st.text()) | st.builds(Xml, COLUMNS, st.text())
)
def test_columns_survive_json(output_format: OutputFormat) -> None:
    assert format_from_dict(json.loads(json.dumps(format_to_dict(output_format)))) == output_format


@pytest.mark.parametrize(
    ("schema", "draft"),
    [
        ({"$schema": "http://json-schema.org/draft-04/schema#"}, "draft4"),
        ({"$schema": "http://json-schema.org/draft-07/schema"}, "draft7"),
        ({"$schema": "http://json-schema.org/draft-06/hyper-schema#"}, "draft6"),
        ({"$schema": "https://json-schema.org/draft/2019-09/schema"}, "2019-09"),
        ({"$schema": "http://json-schema.org/schema#"}, "2020-12"),
        ({}, "2020-12"),
        (True, "2020-12"),
    ],
)
def test_a_schema_declares_its_draft(schema: object, draft: str) -> None:
    found = format_from_dict({"kind": "json", "name": "n", "schema": schema})
    assert isinstance(found, JsonSchema)
    assert found.draft == declared_draft(schema) == draft
    given = {"kind": "json", "name": "n", "schema": schema, "draft": "draft6"}
    assert format_from_dict(given) == JsonSchema("n", schema, "draft6")  # type: ignore[arg-type]


def test_a_dialect_that_nobody_knows_is_named() -> None:
    schema = {"$schema": "https://example.org/mine"}
    with pytest.raises(DataError, match=r"'https://example\.org/mine' is none of the drafts"):
        format_from_dict({"kind": "json", "name": "n", "schema": schema})


def test_text_is_the_format_that_needs_no_name() -> None:
    assert format_from_dict({}) == FreeText()


def test_a_schema_does_not_hinder_hashing() -> None:
    assert hash(JsonSchema("n", {"type": "object"})) == hash(JsonSchema("n", {"type": "array"}))


@pytest.mark.parametrize(
    ("output_format", "name"),
    [
        (JsonSchema("nested", {}), "nested"),
        (Choice(("a", "b")), "choice"),
        (Regex("a"), "regex"),
        (Csv(("a",), "a"), "csv"),
        (Xml(("a",), "a"), "xml"),
        (FreeText(), "text"),
    ],
)
def test_a_schema_has_a_name_of_its_own_and_the_rest_that_of_its_kind(
    output_format: OutputFormat, name: str
) -> None:
    assert format_name(output_format) == name


@pytest.mark.parametrize(
    ("key", "value", "message"),
    [
        ("source_pointer", 5, "source_pointer must be a text, not 5"),
        ("source_pointer", None, "source_pointer must be a text, not None"),
        ("ordered", "no", "ordered must be true or false, not 'no'"),
    ],
)
def test_options_of_another_type_are_refused(key: str, value: object, message: str) -> None:
    with pytest.raises(DataError, match=message):
        format_from_dict({"kind": "json", "name": "x", "schema": {}, key: value})
