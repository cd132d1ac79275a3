"""Practice for tickets: valid, in order, right by the passages shown, and of invented worlds."""

from __future__ import annotations

import json
import re
from datetime import date
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from harness.fixtures import fixture_path
from harness.scoring.strictness import grade
from harness.training.examples import Example
from harness.training.practice import Shares
from harness.training.recipes import RECIPES, training_examples
from harness.training.triage import is_triage, reading_example, unknown_example
from harness.world.advisories.schemas import TIERS
from harness.world.advisories.wording import KINDS, TIER_INSTRUCTIONS
from harness.world.loaders import load_questions
from harness.world.questions import QuestionSet

SEEDS = st.integers(0, 2**32)
QUICK = settings(max_examples=60, deadline=None)
JSON = Shares(json=1.0, missing=0.2)
FIRST_DAY = date(2025, 2, 25)


@pytest.fixture(scope="module")
def questions() -> QuestionSet:
    return load_questions(fixture_path("advisories/questions.jsonl"))


@pytest.fixture(scope="module")
def behaviour(questions: QuestionSet) -> tuple[Example, ...]:
    return training_examples(RECIPES["behaviour"], questions, None, 0)


@pytest.fixture(scope="module")
def facts(questions: QuestionSet) -> tuple[Example, ...]:
    return training_examples(RECIPES["facts"], questions, FIRST_DAY, 0)


def _tier(example: Example) -> str:
    return next(t for t, i in TIER_INSTRUCTIONS.items() if example.prompt.endswith(i))


@given(SEEDS)
@QUICK
def test_objects_are_valid_and_in_the_suite_s_order(seed: int) -> None:
    for make in (reading_example, unknown_example):
        example = make(Random(seed), JSON)
        form = TIERS[_tier(example)]  # type: ignore[index]
        graded = grade(example.answer, form, right=True)
        assert graded.valid
        assert graded.beside == ()


@given(SEEDS)
@QUICK
def test_what_an_object_says_is_in_its_prompt(seed: int) -> None:
    example = reading_example(Random(seed), JSON)
    for value in _leaves(json.loads(example.answer)):
        assert value is None or isinstance(value, int) or value in example.prompt


@given(SEEDS)
@QUICK
def test_the_cited_passage_is_about_the_vulnerability(seed: int) -> None:
    example = reading_example(Random(seed), JSON)
    said = json.loads(example.answer)
    source = said.get("source")
    if source is None or source["passage"] is None:
        return
    line = next(
        text for text in example.prompt.splitlines() if text.startswith(f"[{source['passage']}]")
    )
    assert said["cve"] in line
    assert f"({source['date']})" in line


def test_behaviour_tells_nothing_of_the_world(
    behaviour: tuple[Example, ...], questions: QuestionSet
) -> None:
    answers = {value for e in behaviour if e.answer.startswith("{") for value in _texts(e)}
    values = {
        fact.value
        for question in questions
        for part in question.parts
        if part.history.attribute in {"vendor", "product"}
        for fact in part.history.facts
    }
    assert len(values) > 50
    assert not answers & values


def test_facts_are_those_of_the_day_and_nothing_later(
    facts: tuple[Example, ...], questions: QuestionSet
) -> None:
    told = [example for example in facts if example.kind in {"fact", "fact-record"}]
    later = {q.group for q in questions if q.history is not None and not q.references(FIRST_DAY)}
    shown = "\n".join(f"{example.prompt}\n{example.answer}" for example in told)
    assert later
    assert not any(re.search(rf"\b{re.escape(group)}\b", shown) for group in later)
    asked = [date.fromisoformat(e.prompt.removeprefix("Today is ")[:10]) for e in told]
    assert max(asked) == FIRST_DAY


def test_held_out_wordings_are_never_used(
    behaviour: tuple[Example, ...], facts: tuple[Example, ...]
) -> None:
    held_out = [re.escape(t).replace(r"\{subject\}", ".+") for k in KINDS for t in k.held_out]
    pattern = re.compile("|".join(f"Question: {text}$" for text in held_out), re.MULTILINE)
    assert not any(pattern.search(example.prompt) for example in (*behaviour, *facts))


def test_other_suites_keep_their_own_practice() -> None:
    releases = load_questions(fixture_path("releases/questions.jsonl"))
    assert not is_triage(releases)
    examples = training_examples(RECIPES["behaviour"], releases, None, 0)
    assert not any("CVE-" in example.prompt for example in examples)


def _texts(example: Example) -> set[str]:
    return {leaf for leaf in _leaves(json.loads(example.answer)) if isinstance(leaf, str)}


def _leaves(value: object) -> list[object]:
    if isinstance(value, dict):
        return [leaf for item in value.values() for leaf in _leaves(item)]
    if isinstance(value, list):
        return [leaf for item in value for leaf in _leaves(item)]
    return [value]
