"""Strict answers by format: planted counts, shares of every attempt."""

from __future__ import annotations

from dataclasses import replace

import pytest
from planting import SCHEMA, Script, planted_run

from harness.running.folder import LoadedRun
from harness.scoring.prices import PriceBook
from harness.scoring.score import Score
from harness.statistics.formats import format_rates
from harness.statistics.summary import summarise
from harness.world.formats import Choice
from harness.world.questions import Question, QuestionSet

SCRIPTS = (
    Script("two", "rag", {"current": 0.6, "failed": 0.1}, valid=0.5),
    Script("one", "rag", {"current": 1.0}),
)


def renamed(question: Question) -> Question:
    """Two schemas by turns where one was asked for, and one choice instead of a text."""
    number = int(question.group.removeprefix("g"))
    if question.format is SCHEMA:
        return replace(question, format=replace(SCHEMA, name=("flat", "long")[number % 2]))
    return replace(question, format=Choice(("It is", "It is not"))) if number == 1 else question


@pytest.fixture(scope="module")
def run() -> LoadedRun:
    planted = planted_run(*SCRIPTS)
    questions = QuestionSet(renamed(question) for question in planted.questions)
    return replace(planted, questions=questions, records=planted.records[::-1])


@pytest.fixture(scope="module")
def scores(run: LoadedRun) -> tuple[Score, ...]:
    return summarise(run, PriceBook.empty()).scores


def test_every_format_has_each_system_in_the_runs_order(
    run: LoadedRun, scores: tuple[Score, ...]
) -> None:
    found = format_rates(run, scores)
    assert [(one.name, one.system) for one in found] == [
        ("flat", "two"),
        ("flat", "one"),
        ("choice", "two"),
        ("choice", "one"),
        ("long", "two"),
        ("long", "one"),
    ]


def test_shares_are_of_every_attempt_at_a_question_in_the_format(
    run: LoadedRun, scores: tuple[Score, ...]
) -> None:
    for one in format_rates(run, scores):
        own = [
            score
            for score in scores
            if score.system == one.system
            and score.strictness.strict
            and getattr(run.questions[score.question_id].format, "name", "choice") == one.name
        ]
        assert one.valid.n == one.right.n == len(own) == (6 if one.name == "choice" else 60)
        for share, hits in (
            (one.valid, sum(score.strictness.valid for score in own)),
            (one.right, sum(score.strictness.right for score in own)),
        ):
            if one.name == "choice":  # one group of questions only
                assert share.value is None
            else:
                assert share.value == pytest.approx(hits / len(own))
    assert {one.valid.value for one in format_rates(run, scores) if one.system == "one"} == {
        1.0,
        None,
    }


def test_formats_together_are_the_metrics_of_the_whole(
    run: LoadedRun, scores: tuple[Score, ...]
) -> None:
    whole = summarise(run, PriceBook.empty())["two"].metrics["valid_rate"]
    strict = [s for s in scores if s.system == "two" and s.strictness.strict]
    assert whole.value == pytest.approx(sum(s.strictness.valid for s in strict) / len(strict))
    flat, long = (o for o in format_rates(run, scores) if o.system == "two" and o.valid.value)
    hits = (flat.valid.value or 0) * flat.valid.n + (long.valid.value or 0) * long.valid.n
    choice = sum(s.strictness.valid for s in strict if s.cluster == "g1")
    assert hits + choice == pytest.approx((whole.value or 0) * whole.n)


def test_free_text_has_no_rates() -> None:
    run = planted_run(*SCRIPTS, groups=6)
    scores = summarise(run, PriceBook.empty()).scores
    assert {one.name for one in format_rates(run, scores)} == {"answer"}
    text = [score for score in scores if not score.strictness.strict]
    assert format_rates(run, text) == ()
