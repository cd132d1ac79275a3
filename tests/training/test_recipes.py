"""Recipes teach what was known on the day, in wordings that are not held out, and nothing else."""

from __future__ import annotations

import json
from datetime import date, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from harness.training.examples import examples_fingerprint
from harness.training.lessons import known_facts
from harness.training.recipes import RECIPES, training_examples
from harness.world.facts import Fact, History
from harness.world.formats import Choice
from harness.world.questions import Question, QuestionSet
from harness.world.releases.wording import ABSTENTION, CHOICE_INSTRUCTION, QUESTION_KINDS

START = date(2025, 1, 1)


def history(subject: str, attribute: str, days: list[int]) -> History:
    """Value `v-0` from the first day on, `v-1` from the second, ..."""
    starts = [START + timedelta(days=day) for day in days]
    ends = [*starts[1:], None]
    facts = (
        Fact(subject, attribute, f"v-{number}", start, end)
        for number, (start, end) in enumerate(zip(starts, ends, strict=True))
    )
    return History(subject, attribute, "text", tuple(facts))


def question_set(changes: list[list[int]]) -> QuestionSet:
    questions = []
    for number, days in enumerate(changes):
        kind = QUESTION_KINDS[number % len(QUESTION_KINDS)]
        asked = history(f"Subject{number}", kind.attribute, days)
        output = (
            {"format": Choice(("yes", "no"), CHOICE_INSTRUCTION)} if kind.answer == "choice" else {}
        )
        for wording, text in enumerate(kind.texts):
            questions.append(
                Question(
                    f"{number}-{wording}",
                    text.format(subject=asked.subject),
                    asked,
                    kind=kind.name,
                    **output,
                )
            )
    return QuestionSet(questions)


worlds = st.lists(
    st.lists(st.integers(0, 400), min_size=1, max_size=4, unique=True).map(sorted),
    min_size=1,
    max_size=6,
).map(question_set)
training_days = st.integers(-5, 420).map(lambda days: START + timedelta(days=days))


@settings(max_examples=10, deadline=None)
@given(worlds, training_days)
def test_facts_are_those_of_the_day_and_nothing_later(questions: QuestionSet, day: date) -> None:
    examples = training_examples(RECIPES["facts"], questions, day, seed=0)
    histories = {q.history.subject: q.history for q in questions}
    told = [example for example in examples if example.kind in {"fact", "fact-json"}]
    for example in told:
        subject = next(name for name in histories if name in example.prompt)
        (current,) = histories[subject].current(day)
        value = (
            json.loads(example.answer)["value"] if example.kind == "fact-json" else example.answer
        )
        assert value == current.value
        today = date.fromisoformat(example.prompt[len("Today is ") :][:10])
        assert today <= day
    known = {subject for subject, asked in histories.items() if asked.current(day)}
    assert {s for s in histories for e in told if s in e.prompt} == known
    assert {fact.fact.subject for fact in known_facts(questions, day)} == known


@settings(max_examples=5, deadline=None)
@given(worlds, training_days, st.sampled_from(sorted(RECIPES)), st.integers(0, 3))
def test_no_held_out_wording_is_taught(
    questions: QuestionSet, day: date, recipe: str, seed: int
) -> None:
    held_out = [text.split("{subject}") for kind in QUESTION_KINDS for text in kind.held_out]
    for example in training_examples(RECIPES[recipe], questions, day, seed):
        asked = example.prompt.rpartition("Question: ")[2].partition("\n")[0]
        assert not any(asked.startswith(a) and asked.endswith(b) for a, b in held_out), asked


def test_behaviour_tells_no_fact_of_the_questions() -> None:
    questions = question_set([[0], [10, 20], [5]])
    examples = training_examples(RECIPES["behaviour"], questions, None, seed=0)
    assert not [e for e in examples if "Subject" in e.prompt or "v-" in e.answer]
    assert examples == training_examples(RECIPES["behaviour"], QuestionSet([]), None, seed=0)


@pytest.mark.parametrize("recipe", sorted(RECIPES))
def test_each_recipe_teaches_to_abstain_and_to_read(recipe: str) -> None:
    examples = training_examples(RECIPES[recipe], question_set([[0]]), START, seed=0)
    reading = [example for example in examples if "Context:" in example.prompt]
    assert len(reading) >= 200
    assert sum(example.answer == ABSTENTION for example in examples) >= 20
    objects = [json.loads(e.answer) for e in examples if e.kind.endswith("-json")]
    assert {value["known"] for value in objects} == {True, False}
    assert all((value["value"] is None) == (not value["known"]) for value in objects)


def test_the_passage_named_as_source_says_what_the_answer_says() -> None:
    for example in training_examples(RECIPES["behaviour"], QuestionSet([]), None, seed=1):
        if example.kind != "read-json":
            continue
        answer = json.loads(example.answer)
        context = example.prompt.partition("Context:\n")[2].rpartition("\n\nQuestion: ")[0]
        start = context.index(f"[{answer['source']['passage']}] ({answer['source']['date']})")
        following = context.find(f"[{answer['source']['passage'] + 1}] (", start)
        passage = context[start:following] if following > 0 else context[start:]
        if answer["field"] not in {"supported", "lts"}:
            assert answer["value"] in passage


def test_examples_are_the_same_for_the_same_seed_only() -> None:
    questions = question_set([[0], [3]])
    make = [
        examples_fingerprint(training_examples(RECIPES["facts"], questions, START, seed))
        for seed in (0, 0, 1)
    ]
    assert make[0] == make[1] != make[2]
