"""Questions, their references, and the fingerprint of a set of them."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.errors import DataError
from harness.world.facts import Fact, History
from harness.world.formats import Choice, FreeText, JsonSchema
from harness.world.questions import (
    Part,
    Question,
    QuestionSet,
    question_from_dict,
    question_to_dict,
)

HISTORY = History(
    "Python",
    "latest_version",
    "version",
    (
        Fact("Python", "latest_version", "3.12.0", date(2023, 10, 2), date(2023, 12, 7)),
        Fact("Python", "latest_version", "3.12.1", date(2023, 12, 7)),
    ),
)
NOTHING = History("", "", "text", ())
QUESTION = Question("q", "What is the latest version of Python?", HISTORY, group="g", tags=("t",))

QUESTIONS = st.builds(
    Question,
    id=st.text(),
    text=st.text(),
    history=st.none() | st.just(HISTORY) | st.builds(History.fixed, st.text()),
    format=st.builds(FreeText, st.text()) | st.just(Choice(("yes", "no"))),
    group=st.text(),
    kind=st.text(),
    tags=st.lists(st.text()).map(tuple),
    parts=st.lists(st.builds(Part, st.text(), st.just(HISTORY) | st.just(NOTHING))).map(tuple),
)


@given(QUESTIONS)
def test_a_question_survives_json(question: Question) -> None:
    assert question_from_dict(json.loads(json.dumps(question_to_dict(question)))) == question


def test_aliases_survive_json_and_change_nothing_where_there_are_none() -> None:
    named = Fact("It", "owner", "Meta Platforms", date(2025, 1, 1), aliases=("Facebook", "Meta"))
    question = Question("q", "Who?", History("It", "owner", "name", (named,)))
    assert question_from_dict(json.loads(json.dumps(question_to_dict(question)))) == question
    assert question_to_dict(QUESTION)["history"]["facts"][1] == ["3.12.1", "2023-12-07", None]


def test_parts_survive_json_and_change_nothing_where_there_are_none() -> None:
    parts = (Part("/due", History.fixed("2026-04-01", "date")), Part("/a~1b/0", NOTHING))
    question = Question("q", "Who?", HISTORY, JsonSchema("n", {}), parts=parts)
    data = question_to_dict(question)
    assert [pointer for pointer, _ in data["parts"]] == ["/due", "/a~1b/0"]
    assert question_from_dict(json.loads(json.dumps(data))) == question
    # Fingerprints of the sets that were written before there were parts stay as they are.
    assert "parts" not in question_to_dict(QUESTION)


def test_the_references_are_what_holds_on_the_day() -> None:
    assert [fact.value for fact in QUESTION.references(date(2023, 12, 6))] == ["3.12.0"]
    assert [fact.value for fact in QUESTION.references(date(2023, 12, 7))] == ["3.12.1"]
    assert QUESTION.references(date(2023, 1, 1)) == ()


def test_what_nothing_answers_has_no_references() -> None:
    assert replace(QUESTION, history=None).references(date(2024, 1, 1)) == ()


def test_the_cluster_is_the_group_or_else_the_question() -> None:
    assert QUESTION.cluster == "g"
    assert replace(QUESTION, group="").cluster == "q"


@pytest.mark.parametrize(
    "changed",
    [
        replace(QUESTION, text="What is new?"),
        replace(QUESTION, tags=()),
        replace(QUESTION, format=Choice(("yes", "no"))),
        replace(QUESTION, history=HISTORY.until(date(2023, 11, 1))),
        replace(QUESTION, history=None),
        replace(QUESTION, parts=(Part("/due", HISTORY),)),
    ],
)
def test_the_fingerprint_sees_every_part(changed: Question) -> None:
    assert QuestionSet([changed]).fingerprint() != QuestionSet([QUESTION]).fingerprint()


def test_the_fingerprint_depends_on_content_alone() -> None:
    copy = question_from_dict(question_to_dict(QUESTION))

    assert QuestionSet([copy]).fingerprint() == QuestionSet([QUESTION]).fingerprint()


def test_two_questions_with_one_id_are_refused() -> None:
    with pytest.raises(DataError, match="two questions have the id 'q'"):
        QuestionSet([QUESTION, QUESTION])
