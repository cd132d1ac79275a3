from __future__ import annotations

import json
from types import MappingProxyType

import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.errors import ConfigError
from harness.scoring.jsontext import MAX_DEPTH
from harness.scoring.score import Strictness
from harness.scoring.strictness import check_format, grade
from harness.world.formats import Choice, FreeText, JsonSchema, OutputFormat, Regex

SCHEMA = {
    "type": "object",
    "required": ["value"],
    "properties": {
        "value": {"type": ["string", "number", "null"]},
        "due": {"type": "string", "format": "date"},
        "items": {"type": "array", "items": {"type": "integer"}},
        "a/b": {"const": 1},
    },
    "additionalProperties": False,
}
TICKET = JsonSchema("ticket", SCHEMA)


def rungs(graded: Strictness) -> tuple[bool, bool, bool]:
    return graded.raw, graded.valid, graded.right


@pytest.mark.parametrize("text", ['{"value": "a"}', ' {"value":null}\n', '{"value": 1e5}'])
def test_json_that_fits_is_right_when_its_content_is(text: str) -> None:
    assert rungs(grade(text, TICKET, right=True)) == (True, True, True)
    assert rungs(grade(text, TICKET, right=False)) == (True, True, False)


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        ('```json\n{"value": 1}\n```', "syntax"),
        ('Here it is: {"value": 1}', "syntax"),
        ('{"value": 1} {"value": 2}', "syntax"),
        ('{"value": 1}<|end|>', "syntax"),
        ("{'value': 1}", "syntax"),
        ('{"value": 01}', "syntax"),
        ('{"value": 1,}', "syntax"),
        ('\ufeff{"value": 1}', "syntax"),
        ('{"value": "\t"}', "syntax"),
        ("", "syntax"),
        ('{"value": NaN}', "constant"),
        ('{"value": -Infinity}', "constant"),
        ('{"value": 1, "value": 2}', "duplicate-key"),
        ("[" * 100_000, "depth"),
        ("[" * (MAX_DEPTH + 1) + "]" * (MAX_DEPTH + 1), "depth"),
    ],
)
def test_what_is_not_strictly_json_does_not_parse_and_the_rule_is_named(
    text: str, rule: str
) -> None:
    graded = grade(text, TICKET, right=True)
    assert rungs(graded) == (False, False, False)
    assert [violation.rule for violation in graded.violations] == [rule]


def test_every_broken_rule_is_named_with_its_keyword_and_path() -> None:
    text = '{"due": "soon", "items": [1, "x"], "a/b": 2, "extra": 1}'
    graded = grade(text, TICKET, right=True)
    assert rungs(graded) == (True, False, False)
    assert {(v.rule, v.path) for v in graded.violations} == {
        ("required", ""),
        ("additionalProperties", ""),
        ("format", "/due"),
        ("type", "/items/1"),
        ("const", "/a~1b"),
    }


def test_brackets_in_a_string_are_no_depth() -> None:
    text = json.dumps({"value": "[" * 5000 + '\\"{'})
    assert grade(text, TICKET, right=True).valid


@pytest.mark.parametrize("number", ["9" * 5000, "1e400", "-1e400", "1e-400", "0." + "1" * 5000])
def test_numbers_beyond_a_float_are_json(number: str) -> None:
    assert grade(f'{{"value": {number}}}', TICKET, right=True).valid


def test_half_a_surrogate_pair_is_an_outcome() -> None:
    strict = JsonSchema("word", {"type": "string", "minLength": 3, "pattern": "^a"})
    graded = grade('"\\ud800"', strict, right=True)
    assert (graded.raw, graded.valid) == (True, False)
    assert rungs(grade("\ud800", Regex("a+"), right=True)) == (False, False, False)


def test_a_huge_output_is_graded_and_its_messages_stay_short() -> None:
    graded = grade(json.dumps({"value": ["x" * 1_000_000] * 5}), TICKET, right=True)
    assert (graded.raw, graded.valid) == (True, False)
    assert all(len(violation.message) <= 200 for violation in graded.violations)
    many = grade(json.dumps({"value": 1, "items": ["x"] * 100_000}), TICKET, right=True)
    assert 0 < len(many.violations) <= 50


@pytest.mark.parametrize(
    ("draft", "schema", "text", "valid"),
    [
        ("draft4", {"minimum": 3, "exclusiveMinimum": True}, "3", False),
        ("draft7", {"prefixItems": [{"type": "string"}]}, "[1]", True),
        ("2020-12", {"prefixItems": [{"type": "string"}]}, "[1]", False),
        ("draft7", {"items": [{"type": "string"}]}, "[1]", False),
        ("2020-12", {"$ref": "#/$defs/n", "$defs": {"n": {"type": "integer"}}}, "1.5", False),
        # The declared draft counts, not the one that the schema mentions.
        ("draft7", {"$schema": "https://json-schema.org/draft/2020-12/schema"}, "1", True),
    ],
)
def test_the_declared_draft_decides(draft: str, schema: object, text: str, valid: bool) -> None:
    form = JsonSchema("one", schema, draft=draft)  # type: ignore[arg-type]
    assert grade(text, form, right=True).valid is valid


def test_a_frozen_schema_compiles() -> None:
    frozen = MappingProxyType({"enum": (1, 2), "properties": MappingProxyType({})})
    assert grade("1", JsonSchema("frozen", frozen), right=True).valid


def test_a_choice_is_exact() -> None:
    form = Choice(("yes", "no"))
    assert rungs(grade("yes", form, right=True)) == (True, True, True)
    for text in ("Yes", "yes.", "yes\n", " yes", "maybe", ""):
        assert rungs(grade(text, form, right=True)) == (False, False, False), text


def test_a_pattern_matches_in_full() -> None:
    form = Regex(r"\d{4}|CVE-\d+")
    assert grade("2026", form, right=True).right
    assert grade("CVE-1", form, right=True).right
    for text in ("2026\n", "a2026", "CVE-1x", "\u0662\u0660\u0662\u0666", ""):
        assert not grade(text, form, right=True).raw, text


def test_a_pattern_that_would_backtrack_for_ever_ends() -> None:
    assert not grade("a" * 50_000, Regex(r"(?=a)(a+)+\1b"), right=True).raw
    slow = JsonSchema("slow", {"pattern": r"^(?=a)(a|aa)+$"})
    assert not grade(json.dumps("a" * 5000 + "!"), slow, right=True).valid


def test_free_text_has_no_ladder_and_no_answer_no_rung() -> None:
    free = grade("anything", FreeText(), right=True)
    assert (free.strict, free.right) == (False, True)
    for form in (TICKET, Choice(("a",)), Regex("a")):
        missing = grade(None, form, right=False)
        assert missing.strict
        assert rungs(missing) == (False, False, False)


@pytest.mark.parametrize(
    ("form", "message"),
    [
        (JsonSchema("a", {"properties": {"x": {"type": "strng"}}}), "at /properties/x/type"),
        (JsonSchema("a", {"properties": {"x": {"pattern": "["}}}), "at /properties/x/pattern"),
        (JsonSchema("a", {"$ref": "https://example.org/s"}), "remote references"),
        (JsonSchema("a", {"$ref": "#/$defs/none"}), "/\\$defs/none"),
        (JsonSchema("a", {}, draft="draft5"), "did you mean"),  # type: ignore[arg-type]
        (JsonSchema("a", {}, value_pointer="value"), "does not begin with '/'"),
        (Choice(()), "no options"),
        (Choice(("a", "b", "a")), "'a' twice"),
        (Regex("("), "invalid pattern"),
    ],
)
def test_a_format_that_nothing_could_be_graded_by_is_refused(
    form: OutputFormat, message: str
) -> None:
    with pytest.raises(ConfigError, match=message) as refused:
        check_format(form)
    assert "\n" not in str(refused.value)


def test_good_formats_are_accepted() -> None:
    for form in (FreeText(), TICKET, Choice(("a", "b")), Regex("a|b")):
        check_format(form)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=20,
)
TEXTS = st.text() | JSON.map(json.dumps) | st.binary().map(lambda b: b.decode("latin-1"))
FORMATS = st.sampled_from([FreeText(), TICKET, Choice(("yes", "no")), Regex(r"[a-z]*")])


@given(st.none() | TEXTS, FORMATS, st.booleans())
def test_no_text_breaks_the_ladder(text: str | None, form: OutputFormat, right: bool) -> None:
    graded = grade(text, form, right=right and text is not None)
    if graded.strict:
        assert graded.right <= graded.valid <= graded.raw
        assert graded.valid == (not graded.violations)


OBJECTS = st.fixed_dictionaries(
    {},
    optional={
        "value": st.none() | st.integers() | st.text() | st.lists(st.integers()),
        "items": st.lists(st.integers() | st.text(max_size=1)),
        "a/b": st.sampled_from([1, 1.0, 2, True]),
        "extra": st.none(),
    },
)


@given(OBJECTS, st.sampled_from([None, 2]))
def test_validity_agrees_with_another_validator_however_it_is_serialised(
    value: dict[str, object], indent: int | None
) -> None:
    expected = jsonschema.Draft202012Validator(SCHEMA).is_valid(value)
    assert grade(json.dumps(value, indent=indent), TICKET, right=True).valid is expected
