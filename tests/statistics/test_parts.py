"""Right parts by place: planted counts, against hand-computed shares and intervals."""

from __future__ import annotations

import json
from datetime import date

import pytest

from harness.running.record import Record
from harness.scoring import PriceBook, Score
from harness.scoring.scorer import score
from harness.statistics.estimate import Estimate
from harness.statistics.parts import right_parts
from harness.systems.base import Answer, Failure
from harness.world.facts import History
from harness.world.formats import JsonSchema
from harness.world.questions import Part, Question

DAY = date(2026, 2, 22)
FORM = JsonSchema("ticket", {}, value_pointer="/product")
RIGHT = {"product": "Windows", "due": "2026-04-01", "use": "Known"}


def asked(number: int, *pointers: str, group: str = "") -> Question:
    parts = tuple(Part(f"/{name}", History.fixed(RIGHT[name])) for name in pointers)
    return Question(f"q{number}", "?", History.fixed("Windows"), FORM, group, parts=parts)


def answered(system: str, question: Question, said: str | None) -> Score:
    answer = Answer(said, failure=None if said is not None else Failure("timeout", "late"))
    return score(question, Record(system, question.id, DAY, 0, 0, "", answer), PriceBook.empty())


def ten(system: str, right: int) -> list[Score]:
    """Ten answers whose use is always right and whose due date is in the first `right`.

    The last two answers are none: one failed, one is no JSON.
    """
    questions = [asked(number, "due", "use") for number in range(10)]
    texts = [json.dumps(RIGHT if i < right else RIGHT | {"due": None}) for i in range(8)]
    said = [*texts, None, "I don't know."]
    return [answered(system, q, text) for q, text in zip(questions, said, strict=True)]


def test_shares_are_of_every_answer_to_a_question_with_the_part() -> None:
    scores = [
        *ten("one", 5),
        *ten("two", 8),
        answered("one", asked(10, "use"), json.dumps(RIGHT)),
        answered("one", asked(11), "no parts are asked for"),
    ]
    found, places = right_parts(scores, 8)
    assert places == 4
    assert [(one.system, one.path, one.right, one.answers) for one in found] == [
        ("one", "/due", 5, 10),
        ("two", "/due", 8, 10),
        ("two", "/use", 8, 10),
        ("one", "/use", 9, 11),
    ]
    # Wilson by hand, z = 1.959964: (p + z²/2n ± z √(p(1-p)/n + z²/4n²)) / (1 + z²/n).
    assert interval(found[0].share) == pytest.approx((0.5, 0.2366, 0.7634), abs=5e-5)
    # Beside two failures the upper bound is exact for a Poisson count: 1 - 0.35536 / n.
    assert interval(found[1].share) == pytest.approx((0.8, 0.4902, 0.9645), abs=5e-5)
    assert interval(found[3].share) == pytest.approx((9 / 11, 0.5230, 0.9677), abs=5e-5)
    assert (found[0].share.n, found[0].share.groups, found[0].share.method) == (10, 10, "Wilson")


def interval(share: Estimate) -> tuple[float | None, float | None, float | None]:
    return share.value, share.low, share.high


def test_the_worst_places_of_each_system_are_shown_and_the_others_counted() -> None:
    scores = [*ten("bad", 0), *ten("good", 6)]
    found, places = right_parts(scores, 1)
    assert [(one.system, one.path) for one in found] == [("bad", "/due"), ("good", "/due")]
    assert places == 4


def test_questions_of_one_group_tell_less_than_as_many_apart() -> None:
    def share(size: int) -> Estimate:
        """Forty answers in groups of `size`, each group right or wrong as a whole."""
        scores = []
        for number in range(40):
            question = asked(number, "due", group=f"g{number // size}")
            due = RIGHT["due"] if number // size % 2 else None
            scores.append(answered("one", question, json.dumps(RIGHT | {"due": due})))
        (found,), _ = right_parts(scores, 8)
        return found.share

    apart, together = share(1), share(4)
    assert (apart.value, together.value, together.n, together.groups) == (0.5, 0.5, 40, 10)
    # Groups all alike: a design effect of 4 * 10/9, so 9 units, and Student's t(9) = 2.2622. With
    # p = 1/2 Wilson is 1/2 ± 1/2 √(t² / (t² + n)).
    assert together.low == pytest.approx(0.1990, abs=5e-5)
    assert together.high == pytest.approx(0.8010, abs=5e-5)
    assert apart.low == pytest.approx(0.3520, abs=5e-5)


def test_no_parts_are_nothing() -> None:
    assert right_parts([answered("one", asked(1), json.dumps(RIGHT))], 8) == ((), 0)
    assert right_parts([], 8) == ((), 0)
