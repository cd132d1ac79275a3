"""Blame follows from what the passages say and what was answered, on planted passages."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date

import clockwork
import pytest
from clockwork import DAYS, passage
from hypothesis import given
from hypothesis import strategies as st

from harness.scoring.blame import BLAMES, blame
from harness.world.facts import Fact, History
from harness.world.formats import JsonSchema
from harness.world.questions import Part, Question

HISTORY = History(
    "Twig",
    "latest_version",
    "version",
    (
        Fact("Twig", "latest_version", "3.1.0", date(2025, 1, 1), date(2025, 6, 1)),
        Fact("Twig", "latest_version", "3.2.0", date(2025, 6, 1), date(2026, 2, 1)),
        Fact("Twig", "latest_version", "3.3.0", date(2026, 2, 1)),
    ),
)
TODAY = DAYS[1]
NEW = "Twig 3.3.0 is out: 3.3.0 is now the latest version of Twig."
OLD = "Twig 3.2.0 is the latest version of Twig."
OLDER = "Twig 3.1.0 is the latest version of Twig."
OTHER = "Gerrit 3.3.0 is the latest version of Gerrit."
EMPTY = "Twig is a template engine."


def judged(
    text: str, *passages: str, asked: History = HISTORY, tags: tuple[str, ...] = ()
) -> str | None:
    question = Question("q", "Latest version of Twig?", asked, tags=tags)
    found = tuple(passage(said, name=str(n)) for n, said in enumerate(passages))
    run = clockwork.run(
        [question], [clockwork.Scripted("rag", lambda _q, _d: (text, found))], [TODAY]
    )
    return blame(question, run.records[0], clockwork.scores(run)[0])


@pytest.mark.parametrize(
    ("text", "passages", "expected"),
    [
        ("3.3.0", [NEW], "read"),
        ("3.3.0", [OLD, NEW, OLDER], "read"),
        ("3.2.0", [NEW, OLD], "outdated_beside"),
        ("3.1.0", [NEW, OLD], "outdated_beside"),
        ("3.2.0", [NEW], "memory"),
        ("3.2.0", [NEW, EMPTY, OTHER], "memory"),
        ("9.9.9", [NEW], "misread"),
        ("I don't know.", [NEW, OLD], "misread"),
        ("3.2.0", [OLD], "only_outdated"),
        ("I don't know.", [OLD, OLDER], "only_outdated"),
        ("3.2.0", [], "nothing"),
        ("I don't know.", [EMPTY, OTHER], "nothing"),
        ("3.3.0", [], "leak"),
        ("3.3.0", [OLD], "leak"),
        ("3.3.0", [OTHER], "leak"),
    ],
)
def test_each_fault_is_found(text: str, passages: list[str], expected: str) -> None:
    assert judged(text, *passages) == expected


def test_a_passage_that_tells_the_change_counts_as_current() -> None:
    assert judged("3.3.0", "Twig moved from 3.2.0 to 3.3.0 today.") == "read"
    assert judged("3.2.0", "Twig moved from 3.2.0 to 3.3.0 today.") == "memory"


def test_what_no_passage_spells_is_not_judged() -> None:
    supported = History(
        "Twig", "supported", "boolean", (Fact("Twig", "supported", "yes", date(2025, 1, 1)),)
    )
    assert judged("yes", NEW, asked=supported) is None
    ended = replace(HISTORY, facts=(replace(HISTORY.facts[0]),))
    assert judged("3.1.0", OLDER, asked=ended) is None


def _texts() -> Iterator[str]:
    yield from (NEW, OLD, OLDER, OTHER, EMPTY, "", "3.3.0", "Twig", "I don't know.")


@given(st.sampled_from([*_texts(), "9.9.9"]), st.lists(st.sampled_from(list(_texts())), max_size=4))
def test_every_judged_answer_has_exactly_one_and_order_does_not_matter(
    text: str, passages: list[str]
) -> None:
    found = judged(text, *passages)
    assert found in BLAMES
    assert found == judged(text, *reversed(passages))


def test_what_follows_from_several_passages_has_no_blame() -> None:
    assert judged("3.2.0", OLD) == "only_outdated"
    assert judged("3.2.0", OLD, tags=("derived",)) is None


def test_an_answer_with_several_parts_has_no_blame() -> None:
    form = JsonSchema("twig", {"type": "object"}, value_pointer="/latest")
    question = Question("q", "?", HISTORY, form, parts=(Part("/latest", HISTORY),))
    run = clockwork.run(
        [question],
        [clockwork.Scripted("rag", lambda _q, _d: ('{"latest": "3.2.0"}', (passage(NEW),)))],
        [TODAY],
    )
    (one,) = clockwork.scores(run)
    assert one.freshness.label == "stale"
    assert blame(question, run.records[0], one) is None
