"""The parts of a JSON answer: planted faults, each found at its own place."""

from __future__ import annotations

import json
from datetime import date
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from harness.running.record import Record
from harness.scoring import PriceBook, Score
from harness.scoring.parts import score_parts
from harness.scoring.score import FRESHNESS_CLASSES, Freshness
from harness.scoring.scorer import score
from harness.systems.base import Answer, Failure
from harness.world.facts import Fact, History, ValueType
from harness.world.formats import JsonSchema
from harness.world.questions import Part, Question

DAY = date(2026, 2, 22)
CHANGED = date(2026, 1, 1)
LATER = date(2026, 6, 1)
EARLY = date(2025, 1, 1)
FORM = JsonSchema("ticket", {}, value_pointer="/product")


def history(value_type: ValueType, *facts: tuple[str, date, date | None]) -> History:
    return History("CVE-1", "it", value_type, tuple(Fact("CVE-1", "it", *fact) for fact in facts))


def fixed(value_type: ValueType, value: str) -> History:
    return history(value_type, (value, EARLY, None))


PRODUCT = fixed("text", "Windows")
DUE = history(
    "date",
    ("2026-03-01", EARLY, CHANGED),
    ("2026-04-01", CHANGED, LATER),
    ("2026-05-01", LATER, None),
)
USE = history("enum", ("Unknown", EARLY, CHANGED), ("Known", CHANGED, None))
ESCALATE = history("date", ("2026-04-01", EARLY, CHANGED))  # nothing holds on the day
WEAKNESSES = history("text", ("CWE-20, CWE-79", EARLY, CHANGED), ("CWE-79, CWE-89", CHANGED, None))
PARTS = (
    Part("/affected/vendor", fixed("name", "Microsoft")),
    Part("/due", DUE),
    Part("/use", USE),
    Part("/weaknesses", WEAKNESSES),
    Part("/escalate_by", ESCALATE),
)
QUESTION = Question("q", "A ticket, please.", PRODUCT, FORM, parts=PARTS)
RIGHT: dict[str, Any] = {
    "product": "Windows",
    "affected": {"vendor": "Microsoft"},
    "due": "2026-04-01",
    "use": "Known",
    "weaknesses": ["CWE-89", "CWE-79"],
}


def scored(said: object, *, question: Question = QUESTION, day: date = DAY) -> Score:
    answer = Answer(said if isinstance(said, str) else json.dumps(said))
    return score(question, Record("rag", "q", day, 0, 0, "", answer), PriceBook.empty())


def judged(asked: History, said: object) -> tuple[str, bool]:
    """The class of one part and whether it is right, where the answer says `said`."""
    question = Question("q", "?", None, FORM, parts=(Part("/it", asked),))
    text = json.dumps({"it": said}, ensure_ascii=False)
    (part,) = score_parts(question, text, DAY, Freshness("current")).parts
    assert part.pointer == "/it"
    return part.label, part.right


def test_an_answer_is_right_when_the_field_and_every_part_are() -> None:
    one = scored(RIGHT)
    assert (one.right, one.relaxed, one.freshness.label, one.freshness.path) == (
        True,
        True,
        "current",
        "",
    )
    assert [(part.pointer, part.label, part.right) for part in one.parts] == [
        ("/affected/vendor", "current", True),
        ("/due", "current", True),
        ("/use", "current", True),
        ("/weaknesses", "current", True),
        ("/escalate_by", "abstained", True),
    ]


@pytest.mark.parametrize(
    ("pointer", "said", "label"),
    [
        ("/due", "2026-03-01", "stale"),
        ("/due", "2026-05-01", "premature"),
        ("/due", "2027-01-01", "wrong"),
        ("/due", None, "abstained"),
        ("/due", "", "abstained"),
        ("/use", "Unknown", "stale"),
        ("/use", "Perhaps", "wrong"),
        ("/weaknesses", ["CWE-79", "CWE-20"], "stale"),
        ("/weaknesses", ["CWE-79"], "wrong"),
        ("/weaknesses", ["CWE-79", "CWE-89", "CWE-1"], "wrong"),
        ("/weaknesses", [], "abstained"),
        ("/weaknesses", [None, ""], "abstained"),
        ("/escalate_by", "2026-04-01", "stale"),
        ("/escalate_by", "2030-01-01", "wrong"),
        ("/affected", {"vendor": "Oracle"}, "wrong"),
        ("/affected", {"vendor": {"name": "Microsoft"}}, "wrong"),
        ("/affected", {}, "abstained"),
        ("/affected", None, "abstained"),
    ],
)
def test_one_planted_fault_is_found_at_its_place_and_decides(
    pointer: str, said: object, label: str
) -> None:
    one = scored(RIGHT | {pointer[1:]: said})
    place = next(part.pointer for part in PARTS if part.pointer.startswith(pointer))
    assert [(part.pointer, part.label) for part in one.parts if not part.right] == [(place, label)]
    assert (one.right, one.freshness.label, one.freshness.path) == (False, label, place)


def test_a_field_that_is_due_only_on_a_condition_is_left_out_null_or_empty_else() -> None:
    for nothing in (None, "", " ", []):
        assert scored(RIGHT | {"escalate_by": nothing}).right
    assert scored(RIGHT).right
    before = date(2025, 6, 1)
    then = RIGHT | {"due": "2026-03-01", "use": "Unknown", "weaknesses": ["CWE-20", "CWE-79"]}
    assert not scored(then, day=before).right
    assert scored(then | {"escalate_by": "2026-04-01"}, day=before).right


def test_a_stale_part_has_the_evidence_of_its_own_history() -> None:
    found = scored(RIGHT | {"due": "1 March 2026"}).freshness
    assert (found.label, found.path, found.matched) == ("stale", "/due", "1 March 2026")
    assert (found.value, found.valid_from, found.valid_to) == ("2026-03-01", EARLY, CHANGED)
    assert (found.age_days, found.changes_behind) == ((DAY - CHANGED).days, 1)
    premature = scored(RIGHT | {"due": "2026-05-01"}).freshness
    assert (premature.valid_from, premature.age_days) == (LATER, None)


def test_the_worst_part_decides_and_of_two_alike_the_first() -> None:
    stale = RIGHT | {"use": "Unknown"}
    assert scored(stale | {"weaknesses": []}).freshness.path == "/use"
    assert scored(stale | {"due": "2026-03-01"}).freshness.path == "/due"
    assert scored(stale | {"due": "2020-01-01"}).freshness.label == "stale"
    assert scored(RIGHT | {"due": "2020-01-01", "product": None}).freshness.label == "wrong"
    worst = scored(stale | {"due": "2026-05-01", "weaknesses": ["CWE-1"]}).freshness
    assert (worst.label, worst.path) == ("premature", "/due")
    field = scored(RIGHT | {"due": None, "product": "Solaris"}).freshness
    assert (field.label, field.path) == ("wrong", "")
    missing = scored(stale | {"product": None}).freshness
    assert (missing.label, missing.path) == ("stale", "/use")


def test_an_answer_with_a_mixed_field_is_relaxed_only_when_its_parts_are_right() -> None:
    owners = history("name", ("Ada", EARLY, CHANGED), ("Bo", CHANGED, None))
    question = Question("q", "?", owners, FORM, parts=(Part("/due", DUE),))
    mixed = {"product": "Ada and Bo", "due": "2026-04-01"}
    one = scored(mixed, question=question)
    assert (one.freshness.label, one.right, one.relaxed) == ("mixed", False, True)
    less = scored(mixed | {"due": None}, question=question)
    assert (less.freshness.label, less.relaxed) == ("mixed", False)


@pytest.mark.parametrize(
    ("value_type", "value", "said", "right"),
    [
        ("text", "Windows", "windows", True),
        ("text", "Windows", "Windows Server", False),
        ("text", "Windows Server", "Windows", False),
        ("text", "Windows", "It is Windows", False),
        ("text", "-", "-", True),
        ("name", "Microsoft", "Microsoft or Oracle", False),
        ("name", "D-Link", "D-Link", True),
        ("name", "Zeta Inc.", "Zeta Inc.", True),
        ("name", "Zeta Inc.", "Zeta", True),
        ("date", "2026-04-01", "1 April 2026", True),
        ("date", "2026-04-01", "2026-04-01T00:00:00Z", False),
        ("date", "2026-04-01", "April 2026", False),
        ("date", "2026-04-01", "04/01/2026 or 2026-04-01", False),
        ("number", "1200", 1200, True),
        ("number", "1200", 1200.0, True),
        ("number", "1200", "1,200", True),
        ("number", "5", -5, False),
        ("number", "5", "\u22125", False),
        ("number", "500 GB", "0.5 TB", True),
        ("boolean", "yes", True, True),
        ("boolean", "yes", False, False),
        ("boolean", "no", "no", True),
        ("boolean", "no", "It is not supported", False),
        ("version", "3.12", "v3.12", True),
        ("version", "3.12", "3.12.1", False),
        ("version", "3.12", "3.1", False),
        ("enum", "P1", "p1", True),
        ("enum", "P1", "P10", False),
        ("enum", "Unknown", "Unknown", True),
        ("text", "CWE-79", ["CWE-79", "cwe-79"], True),
        ("text", "CWE-79,CWE-89", ["CWE-89", None, " CWE-79"], True),
        ("text", "CWE-79, CWE-89", "CWE-79, CWE-89", True),
        ("text", "CWE-79, CWE-89", "CWE-79", False),
        ("text", "CWE-79", {"id": "CWE-79"}, False),
    ],
)
def test_a_part_is_the_whole_value_and_nothing_beside(
    value_type: ValueType, value: str, said: object, right: bool
) -> None:
    assert judged(fixed(value_type, value), said) == ("current" if right else "wrong", right)


def test_an_alias_is_its_value_alone_and_in_a_list() -> None:
    fact = Fact("It", "owner", "Meta Platforms", EARLY, aliases=("Facebook",))
    for value_type in ("name", "text"):
        asked = History("It", "owner", value_type, (fact,))  # type: ignore[arg-type]
        assert judged(asked, "Facebook") == ("current", True)
        assert judged(asked, ["facebook"]) == ("current", True)


def test_a_false_yes_is_wrong_and_no_leak() -> None:
    asked = history("boolean", ("no", EARLY, LATER), ("yes", LATER, None))
    assert judged(asked, True) == ("wrong", False)
    assert judged(asked, False) == ("current", True)


def test_a_guess_out_of_a_closed_list_is_wrong_and_no_leak() -> None:
    asked = history("enum", ("P1", EARLY, LATER), ("P2", LATER, None))
    assert judged(asked, "P2") == ("premature", False)
    schema = {"properties": {"it": {"enum": ["P1", "P2", None]}, "other": {"type": "string"}}}
    for pointer, label in (("/it", "wrong"), ("/other", "premature")):
        question = Question("q", "?", None, JsonSchema("n", schema), parts=(Part(pointer, asked),))
        text = json.dumps({"it": "P2", "other": "P2"})
        (part,) = score_parts(question, text, DAY, Freshness("current")).parts
        assert (part.label, part.right) == (label, False)


def test_a_value_that_came_back_is_right_again() -> None:
    asked = history("enum", ("P1", EARLY, CHANGED), ("P2", CHANGED, DAY), ("P1", DAY, None))
    assert judged(asked, "P1") == ("current", True)
    assert judged(asked, "P2") == ("stale", False)


def test_where_nothing_answers_saying_nothing_anywhere_is_right() -> None:
    parts = tuple(Part(part.pointer, history("text")) for part in PARTS)
    question = Question("q", "?", None, FORM, parts=parts)
    quiet = {
        "product": None,
        "affected": {"vendor": None},
        "due": None,
        "use": None,
        "weaknesses": [],
    }
    one = scored(quiet, question=question)
    assert (one.answerable, one.right, one.freshness.label) == (False, True, "abstained")
    assert {part.label for part in one.parts} == {"abstained"}
    loud = scored(quiet | {"use": "Known"}, question=question)
    assert (loud.right, loud.freshness.label, loud.freshness.path) == (False, "wrong", "/use")


@pytest.mark.parametrize(
    "text", ["", "I don't know.", '{"due": "2026-04-01"', "5", '"Windows"', "null", "[" * 5000]
)
def test_of_what_cannot_be_read_no_part_is_right(text: str) -> None:
    one = scored(text)
    assert [(part.pointer, part.label, part.right) for part in one.parts] == [
        (part.pointer, "unparseable", False) for part in PARTS
    ]
    assert (one.right, one.freshness) == (False, Freshness("unparseable"))


def test_of_no_answer_no_part_is_right() -> None:
    answer = Answer(json.dumps(RIGHT), failure=Failure("timeout", "late"))
    one = score(QUESTION, Record("rag", "q", DAY, 0, 0, "", answer), PriceBook.empty())
    assert {(part.label, part.right) for part in one.parts} == {("failed", False)}
    assert len(one.parts) == len(PARTS)
    assert one.freshness == Freshness("failed")


def test_parts_are_read_as_leniently_as_the_field_beside_them() -> None:
    text = json.dumps(RIGHT)
    for around in ("```json\n{}\n```", "Sure: {}", "{}<|end|>", "[INST]{}</s>"):
        one = scored(around.replace("{}", text))
        assert one.right
        assert not one.strictness.raw
    # Beyond what is read of an answer neither field nor parts count.
    cut = scored(" " * 100_000 + text)
    assert {part.label for part in cut.parts} | {cut.freshness.label} == {"unparseable"}


def test_other_fields_count_where_the_field_that_answers_is_missing() -> None:
    one = scored({name: value for name, value in RIGHT.items() if name != "product"})
    assert one.freshness == Freshness("unparseable")
    assert not one.right
    assert all(part.right for part in one.parts)


def test_a_question_without_parts_has_none() -> None:
    plain = Question("q", "?", PRODUCT, FORM)
    assert scored({"product": "Windows", "due": "never"}, question=plain).parts == ()
    assert scored({"product": "Windows", "due": "never"}, question=plain).right


VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=8)
    | st.sampled_from(["2026-04-01", "2026-03-01", "Known", "Windows", "CWE-79", "Microsoft"]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["product", "affected", "vendor", "due", "use", "weaknesses"]), inner
        )
    ),
    max_leaves=8,
)
CHANGES = st.dictionaries(
    st.sampled_from(["product", "affected", "due", "use", "weaknesses", "escalate_by"]), VALUES
)


@settings(max_examples=500)
@given(
    st.text()
    | VALUES.map(json.dumps)
    | CHANGES.map(lambda changes: json.dumps(RIGHT | changes))
    | st.tuples(CHANGES.map(json.dumps), st.integers(0, 40)).map(lambda cut: cut[0][: cut[1]]),
    st.dates(date(2024, 1, 1), date(2027, 1, 1)),
)
def test_any_text_has_one_verdict_a_part_and_is_right_only_when_all_are(
    text: str, day: date
) -> None:
    one = scored(text, day=day)
    assert [part.pointer for part in one.parts] == [part.pointer for part in PARTS]
    assert {part.label for part in one.parts} <= set(FRESHNESS_CLASSES)
    assert (one.freshness.age_days is not None) == (one.freshness.label in {"stale", "mixed"})
    for part, asked in zip(one.parts, PARTS, strict=True):
        holds = bool(asked.history.current(day))
        assert part.right == (part.label == ("current" if holds else "abstained"))
    if one.right:
        assert all(part.right for part in one.parts)
    if one.freshness.path:
        assert one.freshness.path in {part.pointer for part in one.parts if not part.right}


@given(
    st.sampled_from(["version", "date", "number", "boolean", "enum", "name", "text"]),
    st.text().map(str.strip).filter(bool),
)
def test_a_value_said_as_it_is_spelled_is_right(value_type: ValueType, value: str) -> None:
    assert judged(fixed(value_type, value), f" {value}\n") == ("current", True)
