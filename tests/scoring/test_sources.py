"""A cited passage is right when it was shown, is about the subject, and the day is its day."""

from __future__ import annotations

import json
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.retrieval.base import Passage
from harness.scoring.parts import score_parts
from harness.scoring.score import Freshness
from harness.world.facts import Fact, History
from harness.world.formats import JsonSchema
from harness.world.questions import Question

DAY = date(2025, 5, 25)
HISTORY = History(
    "CVE-2024-1",
    "due_date",
    "date",
    (Fact("CVE-2024-1", "due_date", "2025-06-01", date(2025, 1, 1)),),
)
FORM = JsonSchema("ticket", {"type": "object"}, value_pointer="/due", source_pointer="/source")
QUESTION = Question("q", "When is CVE-2024-1 due?", HISTORY, FORM)
ABOUT = Passage("a", date(2025, 1, 2), "CVE-2024-1 is due on 2025-06-01.", 1.0)
NEAR = Passage("b", date(2025, 2, 3), "CVE-2024-12 is due on 2025-07-01.", 0.9)
NOTE = Passage("c", date(2025, 3, 4), "Reminder: CVE-2024-1.", 0.8)


def _right(source: object, *passages: Passage) -> dict[str, bool]:
    text = json.dumps({"due": "2025-06-01", "source": source})
    parts = score_parts(QUESTION, text, DAY, Freshness("current"), passages)
    return {part.pointer: part.right for part in parts.parts}


@pytest.mark.parametrize(
    ("source", "number", "day"),
    [
        ({"passage": 2, "date": "2025-01-02"}, True, True),
        ({"passage": 3, "date": "2025-03-04"}, True, True),
        ({"passage": 2, "date": "2025-02-03"}, True, False),
        ({"passage": 1, "date": "2025-02-03"}, False, False),
        ({"passage": 4, "date": "2025-01-02"}, False, False),
        ({"passage": 0, "date": None}, False, False),
        ({"passage": True, "date": "2025-01-02"}, False, False),
        ({"passage": "2", "date": "2025-01-02"}, False, False),
        ({"passage": None, "date": None}, False, False),
        ({}, False, False),
        ("2", False, False),
    ],
)
def test_the_citation_is_checked_against_what_was_shown(
    source: object, number: bool, day: bool
) -> None:
    assert _right(source, NEAR, ABOUT, NOTE) == {"/source/passage": number, "/source/date": day}


@pytest.mark.parametrize("passages", [(), (NEAR,)])
def test_without_a_passage_about_the_subject_nothing_may_be_cited(
    passages: tuple[Passage, ...],
) -> None:
    assert all(_right({"passage": None, "date": None}, *passages).values())
    assert all(_right({}, *passages).values())
    assert not all(_right({"passage": 1, "date": "2025-02-03"}, *passages).values())


def test_a_wrong_citation_makes_the_answer_wrong_and_says_where() -> None:
    text = '{"due": "2025-06-01", "source": {"passage": 1, "date": "2025-02-03"}}'
    parts = score_parts(QUESTION, text, DAY, Freshness("current"), (NEAR, ABOUT))
    assert not parts.right
    assert (parts.freshness.label, parts.freshness.path) == ("wrong", "/source/passage")


@pytest.mark.parametrize(("text", "label"), [(None, "failed"), ("no JSON", "unparseable")])
def test_what_cannot_be_read_cites_nothing_right(text: str | None, label: str) -> None:
    parts = score_parts(QUESTION, text, DAY, Freshness("unparseable"), (ABOUT,))
    assert [(part.label, part.right) for part in parts.parts] == [(label, False)] * 2


@given(st.recursive(st.none() | st.booleans() | st.integers() | st.text(), st.lists, max_leaves=4))
def test_no_citation_raises(source: object) -> None:
    assert set(_right(source, ABOUT)) == {"/source/passage", "/source/date"}
