"""The order of keys, and the closed lists of a format."""

from __future__ import annotations

import json
from typing import Any

import pytest

from harness.scoring.offered import offered
from harness.scoring.order import in_order
from harness.scoring.strictness import grade
from harness.world.formats import Choice, FreeText, JsonSchema

AB: dict[str, Any] = {"type": "object", "properties": {"a": {}, "b": {}}}
NESTED: dict[str, Any] = {"properties": {"x": AB, "y": {"items": AB}}}
BRANCHED: dict[str, Any] = {
    "oneOf": [
        {"properties": {"kind": {"const": "new"}, "day": {}}},
        {"properties": {"kind": {"enum": ["old", None]}, "week": {}}},
    ]
}


@pytest.mark.parametrize(
    ("text", "schema", "kept"),
    [
        ('{"a": 1, "b": 2}', AB, True),
        ('{"b": 2, "a": 1}', AB, False),
        ('{"b": 2}', AB, True),
        ('{"z": 0, "a": 1, "q": 3, "b": 2}', AB, True),
        ('{"x": {"a": 1, "b": 2}, "y": []}', NESTED, True),
        ('{"x": {"b": 1, "a": 2}, "y": []}', NESTED, False),
        ('{"x": {}, "y": [{"a": 1, "b": 2}, {"b": 1, "a": 2}]}', NESTED, False),
        ('{"kind": "old", "week": 3}', BRANCHED, True),
        ('{"week": 3, "kind": "old"}', BRANCHED, False),
        ("[1, 2]", AB, True),
        ("null", {}, True),
    ],
)
def test_keys_stand_in_the_order_of_the_schema(text: str, schema: object, kept: bool) -> None:
    assert in_order(json.loads(text), schema) is kept


def test_another_order_is_said_and_stays_valid() -> None:
    asked = JsonSchema("ab", AB, value_pointer="/a", ordered=True)
    graded = grade('{"b": 2, "a": 1}', asked, right=True)
    assert graded.right
    assert graded.beside == ("reordered",)
    assert grade('{"a": 1, "b": 2}', asked, right=True).beside == ()
    assert grade('{"b": 2, "a": 1}', JsonSchema("ab", AB), right=True).beside == ()


def test_closed_lists_are_found_at_their_places() -> None:
    form = JsonSchema("branched", BRANCHED, value_pointer="/kind")
    assert offered(form) == {"new", "old"}
    assert offered(form, "/day") == frozenset()
    assert offered(form, "/nowhere/at/all") == frozenset()
    assert offered(Choice(("yes", "no"))) == {"yes", "no"}
    assert offered(FreeText()) == frozenset()


@pytest.mark.parametrize(
    ("schema", "listed"),
    [
        ({"anyOf": [{"enum": ["a"]}, {"const": "b"}]}, {"a", "b"}),
        ({"anyOf": [{"enum": ["a"]}, {"type": "null"}]}, {"a"}),
        ({"anyOf": [{"enum": ["a"]}, {"type": "string"}]}, set()),
        ({"enum": [1, 2.5, None, True]}, {"1", "2.5", "yes"}),
        ({"allOf": [{"type": "string"}, {"enum": ["a"]}]}, {"a"}),
        ({"type": "string"}, set()),
        (True, set()),
    ],
)
def test_a_list_is_closed_only_where_every_branch_is(schema: object, listed: set[str]) -> None:
    form = JsonSchema("one", {"properties": {"x": schema}}, value_pointer="/x")
    assert offered(form) == listed
