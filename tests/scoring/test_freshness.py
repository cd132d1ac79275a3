from __future__ import annotations

import json
from datetime import date, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from harness.errors import ConfigError
from harness.scoring.freshness import classify, decide
from harness.scoring.score import FRESHNESS_CLASSES, Freshness, FreshnessClass
from harness.world.facts import Fact, History, ValueType
from harness.world.formats import Choice, FreeText, JsonSchema, OutputFormat, Regex
from harness.world.questions import Question

DAY = date(2026, 2, 22)
Row = tuple[str, str, str | None]


def history(
    value_type: ValueType, *rows: Row, subject: str = "", attribute: str = "value"
) -> History:
    facts = tuple(
        Fact(
            subject,
            attribute,
            value,
            date.fromisoformat(start),
            date.fromisoformat(end) if end else None,
        )
        for value, start, end in rows
    )
    return History(subject, attribute, value_type, facts)


VERSIONS = history(
    "version",
    ("3.12.4", "2025-01-01", "2025-06-01"),
    ("3.12.5", "2025-06-01", "2026-01-01"),
    ("3.13.0", "2026-01-01", "2026-06-01"),
    ("3.14.0", "2026-06-01", None),
    subject="Python",
)
DATES = history(
    "date",
    ("2026-01-14", "2025-01-01", "2026-01-01"),
    ("2027-02-03", "2026-01-01", None),
)
SUPPORTED = history(
    "boolean",
    ("yes", "2024-01-01", "2026-01-01"),
    ("no", "2026-01-01", None),
    attribute="supported",
)
YES_NO = Choice(("yes", "no"))
JSON = JsonSchema("answer", {}, value_pointer="/value")
KNOWN = Choice(("Known", "Unknown"))
USE_FORM = JsonSchema(
    "ticket",
    {"properties": {"ticket": {"properties": {"use": {"enum": ["Known", "Unknown", None]}}}}},
    value_pointer="/ticket/use",
)


def label(text: str | None, asked: History | None, form: OutputFormat | None = None) -> str:
    return classify(text, asked, DAY, form).label


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("3.13.0", "current"),
        ("v3.13.0.", "current"),
        ("The latest version of Python is 3.13.0, released in January.", "current"),
        ("3.13.0<|end|>", "current"),
        ("3.13.0</s>", "current"),
        ("[INST] 3.13.0", "current"),
        ("3.12.5", "stale"),
        ("3.130", "wrong"),
        ("3.13.00.1", "wrong"),
        ("3.13", "wrong"),
        ("3.13.0rc1", "wrong"),
        ("3.14.0", "premature"),
        ("I don't know.", "abstained"),
        ("I don\u2019t know.", "abstained"),
        ("The context does not mention it.", "abstained"),
        ("Unknown", "abstained"),
        ("", "unparseable"),
        ("  </s>\n", "unparseable"),
        (None, "failed"),
        ("Python", "wrong"),
    ],
)
def test_versions(text: str | None, expected: str) -> None:
    assert label(text, VERSIONS) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("no longer 3.12.5, now 3.13.0", "current"),
        ("Not 3.12.5 but 3.13.0.", "current"),
        ("3.13.0 (previously 3.12.5)", "current"),
        ("It was updated from 3.12.5 to 3.13.0.", "current"),
        ("3.12.5 was replaced by 3.13.0", "current"),
        ("3.13.0 replaces 3.12.5", "current"),
        ("It was 3.12.5 until 3.13.0 came.", "current"),
        ("3.12.5 is outdated, use 3.13.0", "current"),
        ("3.12.5 or 3.13.0", "mixed"),
        ("3.13.0, not 3.12.5", "current"),
        ("3.12.5, not 3.13.0", "stale"),
        ("It is not 3.13.0.", "wrong"),
        ("The latest version was 3.13.0", "current"),
        ("I am not sure, perhaps 3.12.5", "stale"),
        ("3.12.5 \u2192 3.13.0", "current"),
        ("3.13.0; 3.14.0 will follow in June", "current"),
        ("3.13.0. The next version will be 3.14.0.", "current"),
        ("It was 3.12.5 and will be 3.13.0.", "current"),
        ("3.13.0 or 3.14.0", "premature"),
        ("3.12.4, 3.13.0, 3.14.0", "premature"),
        ("not 3.14.0 but 3.13.0", "current"),
        ("It is 3.13.0 (previously 3.12.4 and 3.12.5).", "current"),
        ("Not 3.12.4 or 3.12.5, it is 3.13.0.", "current"),
        ("Not 3.12.5, 3.13.0.", "current"),
        ("3.13.0 came after 3.12.5", "current"),
        ("3.12.4 and 3.12.5", "stale"),
        ("3.13.0\n## What was the version before that?\n3.12.5", "current"),
        ("3.13.0\nQuestion: And before?\nAnswer: 3.12.5", "current"),
        ("## Which one?\n3.13.0", "current"),
    ],
)
def test_an_outdated_value_counts_unless_it_is_denied_or_told_as_the_past(
    text: str, expected: str
) -> None:
    assert label(text, VERSIONS) == expected


def test_a_stale_answer_has_its_age_and_how_many_changes_it_missed() -> None:
    older = classify("3.12.4", VERSIONS, DAY)
    assert (older.age_days, older.changes_behind) == ((DAY - date(2025, 6, 1)).days, 2)
    assert (older.value, older.matched) == ("3.12.4", "3.12.4")
    assert classify("v3.12.5", VERSIONS, DAY).changes_behind == 1
    assert classify("v3.12.5", VERSIONS, DAY).matched == "v3.12.5"
    assert classify("3.12.5", VERSIONS, date(2026, 1, 1)).age_days == 0


def test_a_mixed_answer_has_the_evidence_of_the_outdated_value() -> None:
    mixed = classify("3.13.0 or 3.12.4", VERSIONS, DAY)
    assert (mixed.label, mixed.value, mixed.changes_behind) == ("mixed", "3.12.4", 2)
    assert mixed.age_days == (DAY - date(2025, 6, 1)).days


@pytest.mark.parametrize(
    ("text", "form", "span"),
    [
        ("It is v3.12.5.", None, (6, 13)),
        ("<|assistant|>  3.12.5</s>", None, (15, 21)),
        ('{"note": "3.12.5", "value": "3.12.5"}', JSON, (29, 35)),
        ('```json\n{"value": "about 3.12.5"}\n```', JSON, (25, 31)),
    ],
)
def test_the_evidence_stands_where_it_says(
    text: str, form: OutputFormat | None, span: tuple[int, int]
) -> None:
    found = classify(text, VERSIONS, DAY, form)
    assert found.span == span
    assert text[slice(*span)] == found.matched
    assert (found.valid_from, found.valid_to) == (date(2025, 6, 1), date(2026, 1, 1))


def test_what_was_escaped_has_no_place_in_the_answer() -> None:
    asked = history("name", ("Ada Núñez", "2025-01-01", None))
    found = classify('{"value": "Ada N\\u00fa\\u00f1ez"}', asked, DAY, JSON)
    assert (found.label, found.matched, found.span) == ("current", "Ada Núñez", None)


def test_a_month_is_part_of_a_day_and_all_of_a_month() -> None:
    partial = classify("In February 2027.", DATES, DAY)
    assert (partial.label, partial.partial, partial.value) == ("wrong", True, "2027-02-03")
    assert classify("January 2026", DATES, DAY).value == "2026-01-14"
    assert classify("March 2027", DATES, DAY) == Freshness("wrong")
    assert label("In February 2027, namely on 3 February 2027", DATES) == "current"
    months = history(
        "date", ("2026-01", "2025-01-01", "2026-01-01"), ("2027-02", "2026-01-01", None)
    )
    assert label("February 2027", months) == "current"
    assert label("2027-02", months) == "current"
    assert label("3 February 2027", months) == "current"
    assert label("Jan. 2026", months) == "stale"


def test_of_two_values_that_the_words_fit_the_one_that_holds_is_meant() -> None:
    asked = history(
        "name", ("Nawaz Shah", "2020-01-01", "2024-01-01"), ("Shehbaz Shah", "2024-01-01", None)
    )
    assert classify("Mr. Shah", asked, DAY).value == "Shehbaz Shah"
    assert label("Nawaz Shah", asked) == "stale"


def test_a_given_alias_names_its_value() -> None:
    facts = (
        Fact("It", "owner", "Meta Platforms", date(2025, 1, 1), aliases=("Facebook",)),
        Fact("It", "colour", "grey", date(2025, 1, 1), aliases=("gray", "#808080")),
    )
    for fact, value_type in zip(facts, ("name", "enum"), strict=True):
        asked = History("It", fact.attribute, value_type, (fact,))  # type: ignore[arg-type]
        for alias in fact.aliases:
            assert classify(f"It is {alias}", asked, DAY).value == fact.value


TEXT = history(
    "text",
    ("The board decides about budgets above a million", "2024-01-01", "2026-01-01"),
    ("The treasurer decides about all budgets alone", "2026-01-01", None),
)


def test_only_a_judge_can_decide_on_other_words() -> None:
    assert label("The treasurer decides about all budgets alone.", TEXT) == "current"
    assert label("Budgets are up to the treasurer.", TEXT) == "undecided"
    assert label("I don't know.", TEXT) == "abstained"
    assert label("", TEXT) == "unparseable"
    assert label("London", history("text", ("Paris", "2020-01-01", None))) == "wrong"
    assert label("b", TEXT, Choice(("a", "b"))) == "wrong"


def test_a_judge_decides_what_is_left_to_it_and_is_held_to_the_classes() -> None:
    question = Question("q", "Who decides?", TEXT)
    heard: list[tuple[str, str]] = []

    def judge(asked: str, answer: str, about: History, day: date) -> FreshnessClass | None:
        heard.append((asked, answer))
        assert about is TEXT
        assert day == DAY
        return "stale" if "board" in answer else None

    assert decide(judge, question, "It is up to the board", DAY).label == "stale"
    assert decide(judge, question, "Somebody", DAY).label == "undecided"
    assert heard == [("Who decides?", "It is up to the board"), ("Who decides?", "Somebody")]
    with pytest.raises(ConfigError, match="the judge says 'fresh'"):
        decide(lambda *_: "fresh", question, "It", DAY)  # type: ignore[arg-type, return-value]


def test_a_value_that_came_back_is_current_and_its_age_counts_from_its_last_end() -> None:
    recurring = history(
        "version",
        ("1.0", "2024-01-01", "2024-06-01"),
        ("2.0", "2024-06-01", "2025-01-01"),
        ("1.0", "2025-01-01", "2026-01-01"),
        ("2.0", "2026-01-01", None),
    )
    assert classify("1.0", recurring, date(2025, 6, 1)).label == "current"
    assert (
        classify("2.0", recurring, date(2025, 6, 1)).age_days
        == (date(2025, 6, 1) - date(2025, 1, 1)).days
    )
    stale = classify("1.0", recurring, DAY)
    assert (stale.label, stale.changes_behind) == ("stale", 1)
    assert stale.age_days == (DAY - date(2026, 1, 1)).days


def test_in_a_gap_abstaining_is_all_that_is_left_and_the_last_value_is_stale() -> None:
    gap = history("name", ("Ada", "2025-01-01", "2026-01-01"), ("Bob", "2026-06-01", None))
    assert label("Ada", gap) == "stale"
    assert classify("Ada", gap, DAY).changes_behind == 1
    assert label("Bob", gap) == "premature"
    assert label("I don't know.", gap) == "abstained"


def test_any_of_several_values_that_hold_at_once_is_current() -> None:
    clubs = history(
        "name",
        ("Argentina", "2020-01-01", None),
        ("Inter", "2024-01-01", "2025-01-01"),
        ("Inter Miami", "2025-01-01", None),
    )
    assert label("Inter Miami", clubs) == "current"
    assert label("Argentina and Inter Miami", clubs) == "current"
    assert label("Inter", clubs) == "stale"


def test_what_the_subject_spells_is_no_answer_while_another_value_is_named() -> None:
    cycle = history(
        "version",
        ("21", "2025-01-01", "2026-01-01"),
        ("21.2", "2026-01-01", None),
        subject="Java 21",
    )
    assert label("The latest version of Java 21 is 21.2.", cycle) == "current"
    assert label("21", cycle) == "stale"
    assert label("Java 21", cycle) == "stale"


@pytest.mark.parametrize(
    "text",
    [
        "2027-02-03",
        "2027-02-03T00:00:00Z",
        "2027/02/03",
        "3 February 2027",
        "3rd of February, 2027",
        "Feb 3, 2027",
        "Feb. 3rd, 2027",
        "03-Feb-2027",
        "It ends on February 3, 2027.",
        "It moved from 2026-01-14 to 2027-02-03.",
    ],
)
def test_dates_are_one_however_they_are_written(text: str) -> None:
    assert label(text, DATES) == "current"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("14.01.2026", "stale"),
        ("01/14/2026", "stale"),
        ("February 2027", "wrong"),
        ("03/02/2027", "wrong"),
        ("2027-03-02", "wrong"),
        ("2027-02-031", "wrong"),
        ("2027-02-30", "wrong"),
        ("31 February 2027", "wrong"),
    ],
)
def test_a_date_that_is_another_or_may_be_another_does_not_match(text: str, expected: str) -> None:
    assert label(text, DATES) == expected


@pytest.mark.parametrize("form", [None, YES_NO])
@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("no", "current"),
        ("No.", "current"),
        ("No, it is no longer supported.", "current"),
        ("It is no longer supported.", "current"),
        ("It isn\u2019t supported any more.", "current"),
        ("Yes", "stale"),
        ("YES!", "stale"),
        ("It is still supported.", "stale"),
        ("I don't know.", "abstained"),
        ("No information is given.", "abstained"),
        ("There is no information about this.", "abstained"),
    ],
)
def test_yes_and_no(text: str, expected: str, form: OutputFormat | None) -> None:
    assert label(text, SUPPORTED, form) == expected


def test_a_choice_that_is_not_made_cannot_be_read() -> None:
    assert label("perhaps", SUPPORTED, YES_NO) == "unparseable"
    assert label("perhaps", SUPPORTED) == "wrong"


@pytest.mark.parametrize("form", [KNOWN, USE_FORM], ids=["choice", "schema"])
@pytest.mark.parametrize(
    ("held", "value_type", "expected"),
    [
        (("Known", None), "enum", "wrong"),
        (("Unknown", None), "enum", "current"),
        (("Unknown", "Known"), "enum", "stale"),
        (("Known", None), "text", "abstained"),
        (("Known", None), "name", "abstained"),
    ],
)
def test_unknown_is_a_value_where_an_enum_offers_it_and_else_an_abstention(
    held: tuple[str, str | None], value_type: ValueType, expected: str, form: OutputFormat
) -> None:
    first, second = held
    rows: list[Row] = [(first, "2025-01-01", "2026-01-01" if second else None)]
    rows += [(second, "2026-01-01", None)] if second else []
    use = history(value_type, *rows)
    said = json.dumps({"ticket": {"use": "Unknown"}}) if form is USE_FORM else "Unknown"
    assert label(said, use, form) == expected


def test_a_guess_out_of_what_the_format_offers_is_wrong_and_no_leak() -> None:
    priority = history("enum", ("P1", "2025-01-01", "2026-06-01"), ("P2", "2026-06-01", None))
    assert label("P2", priority) == "premature"
    assert label("P2", priority, Choice(("P1", "P2"))) == "wrong"
    # On a condition a schema offers now one list, now another.
    branches = [{"properties": {"value": {"const": p}}} for p in ("P1", "P2")]
    assert label('{"value": "P2"}', priority, JsonSchema("n", {"oneOf": branches})) == "wrong"
    assert label('{"value": "P2"}', priority, JSON) == "premature"


def test_unknown_abstains_where_the_format_does_not_offer_it_or_nothing_answers() -> None:
    use = history("enum", ("Known", "2025-01-01", None))
    assert label("Unknown", use) == "abstained"
    assert label('{"value": "Unknown"}', use, JSON) == "abstained"
    assert label("I don't know.", use, KNOWN) == "abstained"
    assert label("Unknown", None, KNOWN) == "abstained"
    assert label("Known", use, KNOWN) == "current"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('{"value": "3.13.0"}', "current"),
        ('```json\n{"value": "3.12.5"}\n```', "stale"),
        ('Sure: {"value": "3.13.0"}', "current"),
        ('{"value": null}', "abstained"),
        ('{"value": ""}', "abstained"),
        ('{"value": []}', "abstained"),
        ('{"value": "unknown"}', "abstained"),
        ('{"value": "3.13.0", "known": false}', "abstained"),
        ('{"value": ["3.13.0"]}', "current"),
        ('{"value": "9.9.9", "note": "3.13.0"}', "wrong"),
        ('{"value": {"a": "3.13.0"}}', "unparseable"),
        ('{"other": "3.13.0"}', "unparseable"),
        ('{"value": "3.13.0"', "unparseable"),
        ("3.13.0", "unparseable"),
        ("[" * 5000, "unparseable"),
    ],
)
def test_of_json_only_the_named_field_is_read(text: str, expected: str) -> None:
    assert label(text, VERSIONS, JSON) == expected


def test_a_nested_field_a_number_and_a_truth_value_are_read() -> None:
    nested = JsonSchema("nested", {}, value_pointer="/a/0/b~1c")
    count = history("number", ("1200", "2025-01-01", None))
    assert label('{"a": [{"b/c": 1200}]}', count, nested) == "current"
    assert label('{"a": [{"b/c": 1200.0}]}', count, nested) == "current"
    assert label('{"value": false}', SUPPORTED, JSON) == "current"
    assert label("about 1,200 units", count) == "current"
    assert label("12000", count) == "wrong"


@pytest.mark.parametrize(
    ("text", "value", "same"),
    [
        ("kylian mbappe", "Kylian Mbappé", True),
        ("Saint Étienne", "Saint-Etienne", True),
        ("It is Martin Odegaard!", "Martin Ødegaard", True),
        ("the O\u2019Neill  family", "O'Neill", True),
        ("Annapolis", "Anna", False),
        ("C++", "C", False),
        ("C", "C", True),
        ("Stra\u00dfe", "strasse", True),
    ],
)
def test_names_are_folded_and_whole(text: str, value: str, same: bool) -> None:
    asked = history("name", (value, "2020-01-01", None))
    assert label(text, asked) == ("current" if same else "wrong")


def test_the_evidence_of_a_folded_name_is_the_answers_own_spelling() -> None:
    asked = history("name", ("Jose Saramago", "2020-01-01", None))
    assert classify("É José  Saramago.", asked, DAY).matched == "José  Saramago"


def test_versions_of_other_schemes_are_matched_as_whole_tokens() -> None:
    odd = history(
        "version", ("R2024b", "2025-01-01", "2026-01-01"), ("8u402-b06", "2026-01-01", None)
    )
    assert label("R2024b", odd) == "stale"
    assert label("8u402-b06", odd) == "current"
    assert label("8u402-b067", odd) == "wrong"
    assert label("8u402-b06.1", odd) == "wrong"


def test_nothing_but_abstaining_answers_a_question_without_an_answer() -> None:
    assert label("I don't know.", None) == "abstained"
    assert label("3.13.0", None) == "wrong"
    assert label('{"value": null}', None, JSON) == "abstained"
    assert label("", None) == "unparseable"
    assert label(None, None) == "failed"


FORMATS = (None, FreeText(), YES_NO, JSON, Regex(r"\d+"))
VALUES = {
    "version": st.lists(st.integers(0, 30), min_size=1, max_size=4).map(
        lambda parts: ".".join(map(str, parts))
    ),
    "date": st.dates().map(date.isoformat),
    "number": st.integers().map(str) | st.sampled_from(["sNaN", "5 GB", "1,5", "$3"]),
    "boolean": st.sampled_from(["yes", "no", "true", "perhaps"]),
    "enum": st.sampled_from(["known", "unknown", "none"]),
    "name": st.text(max_size=12) | st.sampled_from(["Al Nasr F.C.", "Ana of It", "Bo Li", "Bo V"]),
    "text": st.text(max_size=12) | st.just("what stands in four words"),
}


@st.composite
def histories(draw: st.DrawFn) -> History:
    value_type: ValueType = draw(st.sampled_from(sorted(VALUES)))  # type: ignore[arg-type]
    day = date(2024, 1, 1)
    facts = []
    for value in draw(st.lists(VALUES[value_type], max_size=5)):
        start = day + timedelta(days=draw(st.integers(0, 300)))
        length = draw(st.none() | st.integers(1, 600))
        end = None if length is None else start + timedelta(days=length)
        facts.append(Fact("It", "value", value, start, end))
        day = start
    return History(draw(st.sampled_from(["", "It", "C++"])), "value", value_type, tuple(facts))


@settings(max_examples=1000)
@given(st.data())
def test_every_text_has_exactly_one_class_and_only_a_stale_one_has_an_age(
    data: st.DataObject,
) -> None:
    asked = data.draw(st.none() | histories())
    named = st.sampled_from([fact.value for fact in asked.facts] if asked and asked.facts else [""])
    words = st.lists(
        st.text(max_size=8)
        | named
        | st.sampled_from(["not", "was", "will", "</s>", "{", "Li", "2 GB"])
    )
    text = data.draw(st.none() | st.text() | words.map(" ".join))
    day = data.draw(st.dates(date(2023, 6, 1), date(2027, 1, 1)))
    found = classify(text, asked, day, data.draw(st.sampled_from(FORMATS)))
    assert found.label in FRESHNESS_CLASSES
    assert (found.age_days is not None) == (found.label in {"stale", "mixed"})
    if found.age_days is not None:
        assert found.age_days >= 0
        assert found.changes_behind is not None
        assert found.changes_behind >= 1
    if found.label == "current":
        assert asked is not None
        assert found.value in {fact.value for fact in asked.current(day)}
    if found.label == "premature":
        assert found.valid_from is not None
        assert found.valid_from > day
    if found.span is not None:
        assert text is not None
        assert text[slice(*found.span)][:200] == found.matched


@given(histories(), st.dates(date(2024, 1, 1), date(2027, 1, 1)))
def test_a_value_answered_as_it_stands_is_current_exactly_while_it_holds(
    asked: History, day: date
) -> None:
    if asked.value_type in {"version", "date", "number"}:
        holding = {fact.value for fact in asked.current(day)}
        for fact in asked.facts:
            found = classify(fact.value, asked, day)
            assert (found.label == "current") == (fact.value in holding)


def test_a_huge_answer_is_read_in_no_time_and_only_at_its_beginning() -> None:
    assert label("3.13.0 " + "x 1.2 " * 2_000_000, VERSIONS) == "current"
    assert label("é" * 3_000_000, history("name", ("e", "2020-01-01", None))) == "wrong"
    assert label("9" * 1_000_000, VERSIONS) == "wrong"
    assert label("not " * 1_000_000 + "3.13.0", VERSIONS) == "wrong"
    assert label("3.13.0 Python " * 1_000_000, VERSIONS) == "current"


@pytest.mark.parametrize(
    "text", ['{"ref": null, "has_answer": false}', "[false]", '{"value": null}']
)
def test_json_that_names_no_option_is_no_choice(text: str) -> None:
    history = History("x", "lts", "boolean", (Fact("x", "lts", "no", date(2020, 1, 1)),))
    assert classify(text, history, date(2026, 1, 1), YES_NO).label == "unparseable"
