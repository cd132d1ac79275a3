"""Broken rules, counted once an answer."""

from __future__ import annotations

from dataclasses import replace

import pytest
from planting import Script, planted_run

from harness.scoring.prices import PriceBook
from harness.scoring.score import Score, Violation
from harness.statistics.summary import summarise
from harness.statistics.violations import broken_rules, counted_besides


@pytest.fixture(scope="module")
def scores() -> tuple[Score, ...]:
    run = planted_run(
        Script("one", "rag", {"current": 1.0}), Script("two", "rag", {"current": 1.0})
    )
    return summarise(run, PriceBook.empty()).scores


def broken(score: Score, *violations: Violation) -> Score:
    return replace(score, strictness=replace(score.strictness, violations=violations))


def test_rules_are_counted_once_an_answer_and_shares_are_of_strict_answers(
    scores: tuple[Score, ...],
) -> None:
    twice = (Violation("type", "/items/0/due", ""), Violation("type", "/items/7/due", ""))
    strict = [s for s in scores if s.strictness.strict and s.system == "one"]
    changed = {id(score): broken(score, *twice) for score in strict[:12]}
    changed |= {id(strict[20]): broken(strict[20], Violation("enum", "/state", ""))}
    found, rules = broken_rules([changed.get(id(score), score) for score in scores], 8)
    assert rules == 2
    assert [(one.system, one.rule, one.path, one.answers) for one in found] == [
        ("one", "type", "/items/*/due", 12),
        ("one", "enum", "/state", 1),
    ]
    assert found[0].share.value == pytest.approx(12 / len(strict))
    assert found[0].share.n == len(strict)
    few, rules = broken_rules([changed.get(id(score), score) for score in scores], 1)
    assert (len(few), rules) == (1, 2)


def test_nothing_broken_is_nothing(scores: tuple[Score, ...]) -> None:
    assert broken_rules([broken(score) for score in scores], 8) == ((), 0)


def test_what_stands_beside_is_counted_for_each_system(scores: tuple[Score, ...]) -> None:
    one = replace(
        scores[0], strictness=replace(scores[0].strictness, beside=("truncated", "empty"))
    )
    counted = counted_besides([one, *scores[1:]])
    assert counted[one.system]["truncated"] == counted[one.system]["empty"] == 1
    assert counted[one.system]["refused"] == 0
