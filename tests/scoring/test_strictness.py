from __future__ import annotations

import json
from collections import Counter
from itertools import pairwise
from random import Random
from types import MappingProxyType

import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.errors import ConfigError
from harness.scoring.jsontext import MAX_DEPTH
from harness.scoring.reading import read
from harness.scoring.schemas import BACKTRACKED, backtracks
from harness.scoring.score import Strictness
from harness.scoring.strictness import check_format, grade
from harness.world.formats import Choice, Csv, FreeText, JsonSchema, OutputFormat, Regex, Xml

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
    assert (graded.raw, graded.valid) == (False, False)
    assert graded.violations[0].rule == rule


@pytest.mark.parametrize(
    ("text", "levels"),
    [
        # raw, extractable, schema-valid, formats
        ('{"value": 1}', (True, True, True, True)),
        ('{"due": "2026-13-01", "value": 1}', (True, True, True, False)),
        ('{"due": 1, "value": 1}', (True, True, False, False)),
        ('Here it is: {"value": 1}', (False, True, True, True)),
        ('```json\n{"value": 1}\n```', (False, True, True, True)),
        ('It has {braces}. So: {"value": 1} Good?', (False, True, True, True)),
        ('\ufeff{"value": 1}', (False, True, True, True)),
        ('{"value": 1}<|end|>', (False, True, True, True)),
        ('```\n{"value": []}\n```', (False, True, False, False)),
        ('Note: {"value": 1, "value": 2}', (False, False, False, False)),
        ('Note: {"value": NaN}', (False, False, False, False)),
        ("{'value': 1}", (False, False, False, False)),
        ("no", (False, False, False, False)),
    ],
)
def test_every_level_holds_where_the_ladder_says(text: str, levels: tuple[bool, ...]) -> None:
    graded = grade(text, TICKET, right=True)
    found = (graded.raw, graded.extractable, graded.schema_valid, graded.formats_valid)
    assert found == levels
    assert graded.valid == (levels[0] and levels[3])
    assert graded.right == levels[3]


@pytest.mark.parametrize(
    ("text", "extractable"),
    [
        ('{"ticket": {"value": "x"}, "due": "20', False),  # cut off: what is inside is not it
        ('{"a": {"value": 1}, "b": 2, "b": 3}', False),
        ('{"score": NaN, "x": {"value": 1}}', False),
        ('{"score": NaN, "value": "a"} {"value": "b"}', False),
        ('Here: [{"value": 1}, {"value": 2}]', False),  # a list is extracted, and is not valid
        ('As [1] says: {"value": 1}', True),
        ('```\nnothing\n```\n```json\n{"value": 1}\n```', True),
        ('It is 5" wide: {"value": 1}', True),
    ],
)
def test_nothing_is_taken_out_of_broken_json(text: str, extractable: bool) -> None:
    assert grade(text, TICKET, right=True).schema_valid is extractable


def test_a_list_in_prose_is_a_value_too() -> None:
    assert grade('Sure: [{"value": 1}]', JsonSchema("l", {"type": "array"}), right=True).right


HOSTILE = {
    "brackets behind a quote": '"' + "[" * 10_000,
    "objects behind an inch": 'It is 5" wide: ' + '{"a":' * 10_000,
    "a vast exponent": '{"value": 1e99999999999999999999}',
    "an open fence of blanks": "```" + " " * 300_000,
    "an open fence of letters": "```" + "a" * 300_000,
    "a key twice among many": "{" + ",".join(f'"k{n}":1' for n in range(50_000)) + ',"k1":2}',
    "a repeated token": "{'" * 3_000,
    "a repeated opening": "{" * 20_000,
    "fences without end": "```json\n" * 20_000,
    "braces of prose": "{x} " * 50_000,
    "an open string": '{"value": "' + "x" * 3_000_000,
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_outputs_are_graded_and_read(name: str) -> None:
    for form in (TICKET, Choice(("a", "b")), Regex("a*"), CSV, XML):
        graded = grade(HOSTILE[name], form, right=False)
        read(HOSTILE[name], form)
        assert not graded.valid


def test_schemas_that_are_equal_but_not_the_same_are_told_apart() -> None:
    one, true = (JsonSchema("c", {"const": value}) for value in (1, True))
    assert grade("1", one, right=True).valid
    assert grade("true", true, right=True).valid
    assert not grade("1", true, right=True).valid


def test_a_format_that_is_forbidden_keeps_the_levels_in_order() -> None:
    form = JsonSchema("no day", {"not": {"format": "date"}})
    assert not grade('"soon"', form, right=True).schema_valid  # unasserted, any text is a date
    assert not grade('"soon"', form, right=True).formats_valid
    assert not grade('"2026-01-01"', form, right=True).formats_valid


@pytest.mark.parametrize(
    ("text", "finish_reason", "failure", "beside"),
    [
        ("{'value': 1}", "stop", None, ("repairable",)),
        ('{"value": "a", "due": "2026', "length", None, ("repairable", "truncated")),
        ("{'due': 1}", "stop", None, ()),  # mended, it would still not be valid
        ("I cannot help with that.", "content_filter", None, ("refused",)),
        (None, "stop", "refused", ("refused",)),
        (None, "stop", "timeout", ()),
        (" \n", "stop", None, ("empty",)),
        ('{"value": 1}', "length", None, ("truncated",)),
        ('{"value": 1}', "stop", None, ()),
    ],
)
def test_what_stands_beside_the_ladder(
    text: str | None, finish_reason: str, failure: str | None, beside: tuple[str, ...]
) -> None:
    graded = grade(text, TICKET, right=False, finish_reason=finish_reason, failure=failure)
    assert graded.beside == beside


def test_every_broken_rule_is_named_with_its_keyword_and_path() -> None:
    text = '{"due": "soon", "items": [1, "x"], "a/b": 2, "extra": 1}'
    graded = grade(text, TICKET, right=True)
    assert rungs(graded) == (True, False, False)
    assert {(v.rule, v.path) for v in graded.violations} == {
        ("required", ""),
        ("additionalProperties", ""),
        ("format: date", "/due"),
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
    for text, rule in (("yes\n", "whitespace"), (" yes", "whitespace"), ("YES ", "case")):
        graded = grade(text, form, right=True)
        assert (graded.raw, graded.valid) == (False, False), text
        assert (graded.extractable, graded.formats_valid, graded.right) == (True, True, True), text
        assert [violation.rule for violation in graded.violations] == [rule]
    for text in ("yes.", "yes, it is", "maybe", ""):
        graded = grade(text, form, right=True)
        assert (graded.extractable, graded.valid, graded.right) == (False, False, False), text
        assert [violation.rule for violation in graded.violations] == ["choice"]


def test_a_pattern_matches_in_full() -> None:
    form = Regex(r"\d{4}|CVE-\d+")
    assert grade("2026", form, right=True).right
    assert grade("CVE-1", form, right=True).right
    for text in ("2026\n", "a2026", "CVE-1x", "\u0662\u0660\u0662\u0666", ""):
        assert not grade(text, form, right=True).raw, text
    assert grade(" 2026\n", form, right=True).extractable
    assert not grade("a2026", form, right=True).extractable


CSV = Csv(("product", "due"), "due")
XML = Xml(("product", "due"), "due", root="tickets", row="ticket")
ROWS = "<tickets><ticket><due>1</due><product>a</product></ticket></tickets>"


@pytest.mark.parametrize(
    ("text", "form", "levels", "broken"),
    [
        ("product,due\na,1\n", CSV, (True, True, True), set()),
        ('product,due\r\n"a, b",1\r\n\r\n', CSV, (True, True, True), set()),
        ("product,due\na\u2028b,1\n", CSV, (True, True, True), set()),
        ("```csv\nproduct,due\na,1\n```", CSV, (False, True, True), {("syntax", "")}),
        ("product,due\na,1\nb\n", CSV, (True, True, False), {("fields", "/2")}),
        ("product,due\n", CSV, (True, True, False), {("records", "")}),
        ("\nproduct,due\na,1\n", CSV, (False, False, False), {("header", "")}),
        (f"product,due\na,{'1' * 200_000}\n", CSV, (False, False, False), {("field-limit", "")}),
        ("due,product\n1,a\n", CSV, (False, False, False), {("header", "")}),
        ("The product is due.", CSV, (False, False, False), {("header", "")}),
        ("", CSV, (False, False, False), {("header", "")}),
        ('product,due\n"a,1\n', CSV, (False, False, False), {("syntax", "")}),
        (ROWS, XML, (True, True, True), set()),
        (f"Here:\n```xml\n{ROWS}\n```", XML, (False, True, True), {("syntax", "")}),
        (ROWS.replace("tickets", "rows"), XML, (True, True, False), {("root", "")}),
        ("<tickets/>", XML, (True, True, False), {("records", "")}),
        ("<tickets><x/></tickets>", XML, (True, True, False), {("row", "/1")}),
        (
            "<tickets><ticket><due><b/></due><note/></ticket></tickets>",
            XML,
            (True, True, False),
            {("column", "/1/product"), ("column", "/1"), ("text", "/1/due")},
        ),
        (ROWS.replace("<due>", "and <due>"), XML, (True, True, False), {("elements", "/1")}),
        (f"{ROWS[:-10]} Hope it helps</tickets>", XML, (True, True, False), {("elements", "")}),
        (ROWS.replace("<due>", '<due id="1">'), XML, (True, True, False), {("text", "/1/due")}),
        ("<!DOCTYPE a [<!ENTITY b 'c'>]><tickets/>", XML, (False, False, False), {("syntax", "")}),
        ("<a>" * 20_000, XML, (False, False, False), {("syntax", "")}),
        ("<a>" * 20_000 + "</a>" * 20_000, XML, (True, True, False), {("root", ""), ("row", "/1")}),
        ("tickets: none", XML, (False, False, False), {("syntax", "")}),
    ],
)
def test_columns_are_as_declared(
    text: str, form: Csv | Xml, levels: tuple[bool, ...], broken: set[tuple[str, str]]
) -> None:
    graded = grade(text, form, right=True)
    assert (graded.raw, graded.extractable, graded.formats_valid) == levels
    assert {(violation.rule, violation.path) for violation in graded.violations} == broken


def test_a_pattern_that_would_backtrack_for_ever_ends() -> None:
    assert not grade("a" * 50_000, Regex(r"(?=a)(a+)+\1b"), right=True).raw
    slow = JsonSchema("slow", {"pattern": r"^(?=a)(a|aa)+$"})
    assert not grade(json.dumps("a" * 5000 + "!"), slow, right=True).valid


EVIL = (
    r"^(a+)+$",
    r"^(a|aa)+$",
    r"^(a|a?)+$",
    r"^(.*a){11}$",
    r"^(\w+\s?)*$",
    r"^(([a-z])+.)+[A-Z]([a-z])+$",
    r"(?:a?){300}a{300}b",
    r"(x+x+)+y",
    r"(?=(a+)+b)a",
    r"(?<=(a+)+)b",
    r"^(?=(a|aa)+$)a*b",
    r"((a+)b?\2)+$",
    r"(\w+)\1\1b",
    r"(?:(?=(a+)+b)|a)+c(?=d)",
)


@pytest.mark.parametrize("pattern", EVIL)
def test_no_pattern_is_matched_for_ever(pattern: str) -> None:
    text = "a" * 10_000 + "!"
    schema = JsonSchema("evil", {"properties": {"a": {"pattern": pattern}}})
    assert not grade(text, Regex(pattern), right=True).raw
    assert grade(json.dumps({"a": text}), schema, right=True).extractable
    # That is too long for those with look-around and back references, and this is not.
    assert not grade(text[-5_000:], Regex(pattern), right=True).raw


@pytest.mark.parametrize("size", [9_000, 30_000])
def test_look_around_is_tried_on_outputs_up_to_a_length(size: int) -> None:
    word = "a" * size
    short = size < BACKTRACKED
    for pattern, linear in (("^(?!b)a+$", False), ("^a+$", True)):
        schema = JsonSchema("s", {"type": "object", "properties": {"a": {"pattern": pattern}}})
        graded = grade(json.dumps({"a": word}), schema, right=True)
        assert (graded.raw, graded.extractable, graded.valid) == (True, True, short or linear)
        assert grade(word, Regex(pattern), right=True).raw == (short or linear)
        assert backtracks(schema) == backtracks(Regex(pattern)) == (not linear)
        if not short and not linear:
            (violation,) = graded.violations
            assert violation.message.startswith("longer than 10,000 characters")


LAUGHS = "".join(f"<!ENTITY {b} '{f'&{a};' * 10}'>" for a, b in pairwise("abcdefghij"))
BOMBS = (
    f"<!DOCTYPE a [<!ENTITY a 'ha'>{LAUGHS}]><tickets>&j;</tickets>",
    f"<!DOCTYPE a [<!ENTITY a '{'x' * 50_000}'>]><tickets>{'&a;' * 50_000}</tickets>",
    "<!DOCTYPE a [<!ENTITY a SYSTEM 'file:///etc/hostname'>]><tickets>&a;</tickets>",
    "<!DOCTYPE a SYSTEM 'http://127.0.0.1:9/a.dtd'><tickets/>",
    "<!DOCTYPE a [<!ENTITY % a SYSTEM 'file:///etc/hostname'> %a;]><tickets/>",
)


@pytest.mark.parametrize("bomb", BOMBS, ids=["laughs", "blow-up", "file", "http", "parameter"])
def test_entities_are_neither_expanded_nor_fetched(bomb: str) -> None:
    for text in (bomb, f"Here:\n```xml\n{bomb}\n```"):
        graded = grade(text, XML, right=True)
        assert (graded.raw, graded.extractable) == (False, False)
        assert {violation.rule for violation in graded.violations} == {"syntax"}


def test_elements_within_elements_without_end_are_no_tickets() -> None:
    assert not grade("<tickets>" * 200_000, XML, right=True).raw
    assert not grade("<tickets>" * 50_000 + "</tickets>" * 50_000, XML, right=True).valid


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
        (JsonSchema("a", {"$ref": "file:///etc/hostname"}), "remote references"),
        (JsonSchema("a", {"$id": "file:///etc/a", "$ref": "hostname"}), "remote references"),
        (JsonSchema("a", {"$ref": "hostname"}), "retrieving it failed"),
        (JsonSchema("a", {"$defs": {"unused": {"$ref": "http://a/b"}}}), "remote references"),
        (JsonSchema("a", {"$dynamicRef": "https://example.org/s#a"}), "retrieving it failed"),
        (JsonSchema("a", {"id": "file:///etc/a", "$ref": "hostname"}, "draft4"), "retrieving it"),
        (JsonSchema("a", {"$ref": "#/$defs/none"}), "/\\$defs/none"),
        (JsonSchema("a", {}, draft="draft5"), "did you mean"),  # type: ignore[arg-type]
        (JsonSchema("a", {}, value_pointer="value"), "does not begin with '/'"),
        (
            JsonSchema("a", {"$schema": "http://json-schema.org/draft-07/schema#"}),
            r"draft is '2020-12', yet its \$schema says 'draft7'",
        ),
        (Choice(()), "no options"),
        (Choice(("a", "b", "a")), "'a' twice"),
        (Regex("("), "invalid pattern"),
        (Csv((), "a"), "no columns"),
        (Csv(("a", "b", "a"), "a"), "'a' twice"),
        (Csv(("a",), "b"), "value_column 'b' is none of the columns a"),
        (Csv(("a",), "a", delimiter=", "), "cannot be a delimiter"),
        (Xml(("a b",), "a b"), "'a b' cannot be the name of an element"),
        (Xml(("a",), "a", root="<"), "'<' cannot be the name of an element"),
    ],
)
def test_a_format_that_nothing_could_be_graded_by_is_refused(
    form: OutputFormat, message: str
) -> None:
    with pytest.raises(ConfigError, match=message) as refused:
        check_format(form)
    assert "\n" not in str(refused.value)


def test_many_broken_records_are_not_all_told() -> None:
    for text, form in (
        ("product,due\n" + "x\n" * 9_000, CSV),
        ("<tickets>" + "<x/>" * 9_000 + "</tickets>", XML),
    ):
        assert len(grade(text, form, right=True).violations) == 50


def test_good_formats_are_accepted() -> None:
    for form in (FreeText(), TICKET, Choice(("a", "b")), Regex("a|b"), CSV, XML):
        check_format(form)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=20,
)
TEXTS = st.text() | JSON.map(json.dumps) | st.binary().map(lambda b: b.decode("latin-1"))
FORMATS = st.sampled_from([FreeText(), TICKET, Choice(("yes", "no")), Regex(r"[a-z]*"), CSV, XML])


@given(st.none() | TEXTS, FORMATS, st.booleans())
def test_no_text_breaks_the_ladder(text: str | None, form: OutputFormat, right: bool) -> None:
    graded = grade(text, form, right=right and text is not None)
    if graded.strict:
        assert graded.right <= graded.formats_valid <= graded.schema_valid <= graded.extractable
        assert graded.raw <= graded.extractable
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


def mutated(r: Random, text: str) -> str:
    """The text with a few characters removed, doubled or replaced, or in a fence or prose."""
    characters = list(text)
    for _ in range(r.randint(0, 3)):
        if characters:
            place = r.randrange(len(characters))
            characters[place] = r.choice(["", characters[place] * 2, r.choice('{}[]",:\\x0 \n')])
    changed = "".join(characters)
    return r.choice([changed, f"```json\n{changed}\n```", f"Sure! {changed}", f"{changed}\nDone."])


def test_ten_thousand_outputs_valid_mutated_and_garbage_keep_the_order_of_levels() -> None:
    r = Random(4)
    seen: Counter[tuple[bool, ...]] = Counter()
    for number in range(10_000):
        value = {"value": r.choice(["a", 1, None, []]), "due": r.choice(["2026-01-01", "soon", 1])}
        text = mutated(r, json.dumps(value, indent=r.choice([None, 1])))
        if number % 10 == 0:
            text = "".join(chr(r.randrange(1, 0x500)) for _ in range(r.randrange(60)))
        graded = grade(text, TICKET, right=r.random() < 0.5)
        levels = (
            graded.extractable, graded.schema_valid, graded.formats_valid, graded.right,
        )  # fmt: skip
        assert levels == tuple(sorted(levels, reverse=True)), text
        assert graded.raw <= graded.extractable, text
        seen[graded.raw, *levels] += 1
    assert len(seen) >= 8  # of nine that are possible


@given(OBJECTS, st.sampled_from(["{}", "```json\n{}\n```", "Sure: {}"]))
def test_the_levels_are_stable_under_serialising_again(
    value: dict[str, object], wrapped: str
) -> None:
    compact, spread = json.dumps(value, separators=(",", ":")), json.dumps(value, indent=3)
    one, other = (
        grade(wrapped.replace("{}", text), TICKET, right=True) for text in (compact, spread)
    )
    assert one == other
