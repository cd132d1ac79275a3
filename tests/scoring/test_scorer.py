from __future__ import annotations

from datetime import date

import pytest

from harness.running.record import Record
from harness.scoring import PriceBook, Score
from harness.scoring.freshness import Judge
from harness.scoring.prices import HardwarePrice
from harness.scoring.score import FreshnessClass
from harness.scoring.scorer import score
from harness.systems.base import Answer, Failure, Timing
from harness.world.facts import Fact, History
from harness.world.formats import Choice, FreeText, OutputFormat
from harness.world.questions import Question

DAY = date(2026, 2, 22)
USE = History(
    "It",
    "supported",
    "boolean",
    (Fact("It", "supported", "yes", date(2025, 1, 1), date(2026, 6, 1)),),
)
FORM = Choice(("yes", "no"))
TIMING = Timing(total=0.5)


def scored(
    answer: Answer,
    *,
    history: History | None = USE,
    form: OutputFormat = FORM,
    day: date = DAY,
    cached: bool = False,
    prices: PriceBook | None = None,
) -> Score:
    question = Question("q", "Is it supported?", history, form, group="g", kind="k")
    record = Record("rag", "q", day, 1, 0, "", answer, cached=cached)
    return score(question, record, prices or PriceBook.empty())


def test_a_score_says_whose_and_when() -> None:
    one = scored(Answer("yes", timing=TIMING))
    assert (one.system, one.question_id, one.cluster, one.kind) == ("rag", "q", "g", "k")
    assert (one.day, one.repeat, one.answerable, one.right) == (DAY, 1, True, True)
    assert (one.strictness.raw, one.strictness.valid, one.strictness.right) == (True, True, True)
    assert one.timing == TIMING


def test_right_in_the_wrong_form_is_right_and_not_valid() -> None:
    one = scored(Answer("Yes, it is.", timing=TIMING))
    assert one.right
    assert not one.strictness.valid
    assert not one.strictness.right


def test_abstaining_is_right_exactly_where_nothing_answers() -> None:
    quiet = Answer("I don't know.")
    assert not scored(quiet).right
    assert scored(quiet, history=None).right
    in_a_gap = scored(quiet, day=date(2026, 7, 1))
    assert (in_a_gap.answerable, in_a_gap.right) == (False, True)
    assert not scored(Answer("yes"), history=None).right


def test_a_failure_is_failed_whatever_text_it_left_and_has_no_latency() -> None:
    broken = scored(Answer("yes", timing=TIMING, failure=Failure("timeout", "late")))
    assert broken.freshness.label == "failed"
    assert not broken.right
    assert not broken.strictness.raw
    assert broken.timing is None


def test_a_cached_answer_counts_and_its_latency_does_not() -> None:
    cached = scored(Answer("yes", timing=TIMING), cached=True)
    assert cached.right
    assert cached.timing is None


def test_an_answer_of_a_batch_has_no_latency_and_costs_its_share() -> None:
    price = HardwarePrice("rag", 3600.0, "planted", date(2026, 1, 1))
    prices = PriceBook("planted", (price,))
    alone, together = (
        scored(Answer("yes", timing=TIMING, batch=batch), prices=prices) for batch in (1, 4)
    )
    assert alone.timing == TIMING
    assert together.right
    assert together.timing is None
    assert together.tokens_per_second is None
    assert alone.cost.usd is not None
    assert together.cost.usd == pytest.approx(alone.cost.usd / 4)


def test_a_mixed_answer_is_right_only_when_relaxed() -> None:
    owners = (
        Fact("It", "owner", "Ada", date(2024, 1, 1), date(2025, 1, 1)),
        Fact("It", "owner", "Bo", date(2025, 1, 1)),
    )
    asked = History("It", "owner", "name", owners)
    mixed = scored(Answer("Ada and Bo"), history=asked, form=FreeText())
    assert (mixed.freshness.label, mixed.right, mixed.relaxed) == ("mixed", False, True)
    stale = scored(Answer("Ada"), history=asked, form=FreeText())
    assert (stale.right, stale.relaxed) == (False, False)
    assert scored(Answer("Bo"), history=asked, form=FreeText()).relaxed


def test_the_judge_is_asked_about_what_is_undecided_and_nothing_else() -> None:
    text = "Ask the treasurer and nobody else"
    asked = History("It", "rule", "text", (Fact("It", "rule", text, date(2024, 1, 1)),))
    question = Question("q", "Whom do I ask?", asked)
    heard: list[str] = []

    def judge(_question: str, answer: str, _history: History, _day: date) -> FreshnessClass:
        heard.append(answer)
        return "current"

    def right(answer: Answer, judge: Judge | None) -> bool:
        record = Record("rag", "q", DAY, 1, 0, "", answer)
        return score(question, record, PriceBook.empty(), judge=judge).right

    assert right(Answer("The treasurer alone."), judge)
    assert not right(Answer("The treasurer alone."), None)
    assert right(Answer(text), judge)
    assert not right(Answer("I don't know."), judge)
    assert not right(Answer(None, failure=Failure("timeout", "late")), judge)
    assert heard == ["The treasurer alone."]
