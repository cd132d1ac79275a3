"""No document, fact or value from after an evaluation day reaches what a system works with.

Every value and every document carries the day on which it began, as a word that is nowhere else:
whatever reaches an index, an adapter's examples, a prompt or a reference is searched for them.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import date, timedelta
from random import Random

import pytest
from file_retriever import FileRetriever
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from harness.errors import ConfigError
from harness.systems.index import IndexKeeper
from harness.systems.prompts import RETRIEVAL, PromptTemplate
from harness.systems.refresh import NEVER, ON_CHANGE, Refresh, every
from harness.systems.spec import RetrievalSpec, TrainingSpec
from harness.systems.world import SystemWorld
from harness.training import lessons
from harness.training.lessons import known_facts
from harness.training.recipes import RECIPES, training_examples
from harness.world.corpus import Corpus, Document, Statement
from harness.world.facts import Fact, History, Timeline
from harness.world.questions import Question, QuestionSet

START = date(2024, 1, 1)
LAST = 500
_MARK = re.compile(r"born(\d+)x")


def marked(day: int) -> str:
    return f"born{day}x"


def latest(texts: Iterable[str]) -> date:
    """The latest day that any of the texts tells of."""
    days = [int(day) for text in texts for day in _MARK.findall(text)]
    return START + timedelta(days=max(days, default=0))


@st.composite
def worlds(draw: st.DrawFn) -> SystemWorld:
    histories, documents = [], []
    for number in range(draw(st.integers(1, 3))):
        days = sorted(draw(st.sets(st.integers(0, LAST), min_size=1, max_size=5)))
        subject = f"Thing {number}"
        facts = [
            Fact(
                subject,
                "name",
                marked(day),
                START + timedelta(days=day),
                START + timedelta(days=end) if end is not None else None,
            )
            for day, end in zip(days, [*days[1:], None], strict=True)
        ]
        histories.append(History(subject, "name", "name", tuple(facts)))
        for day, before in zip(days, [None, *days], strict=False):
            documents.append(
                Document(
                    f"{number}-{day}",
                    START + timedelta(days=day),
                    f"{subject}: {marked(day)}",
                    states=(Statement(subject, "name", marked(day)),),
                    supersedes=(f"{number}-{before}",) if before is not None else (),
                )
            )
    asked = draw(st.sets(st.integers(0, LAST + 50), min_size=1, max_size=4))
    return SystemWorld(
        Timeline(histories),
        Corpus(documents),
        QuestionSet(Question(h.subject, f"Name of {h.subject}?", h) for h in histories),
        tuple(START + timedelta(days=day) for day in sorted(asked)),
    )


POLICIES = st.sampled_from([NEVER, ON_CHANGE]) | st.integers(1, 200).map(every)


@settings(max_examples=60, suppress_health_check=[HealthCheck.too_slow])
@given(worlds(), POLICIES, st.sampled_from([0.0, 0.4, 1.0]))
def test_nothing_later_reaches_an_index_or_a_prompt(
    tmp_path_factory: pytest.TempPathFactory, world: SystemWorld, refresh: Refresh, share: float
) -> None:
    spec = RetrievalSpec(refresh=refresh, superseded=share)
    keeper = IndexKeeper(spec, world, tmp_path_factory.mktemp("indices"), FileRetriever)
    template = PromptTemplate.load(RETRIEVAL)
    for day in world.days:
        retriever, index = keeper.prepare(day)
        passages = retriever.search("", 100)
        assert all(passage.day <= index.as_of <= day for passage in passages)
        for question in world.questions:
            prompt = template.render(day, question.text, question.format.instruction, passages)
            assert latest([prompt]) <= index.as_of


@settings(max_examples=200)
@given(worlds(), POLICIES, st.lists(st.integers(0, LAST), max_size=2, unique=True))
def test_nothing_later_reaches_an_adapter_or_a_reference(
    world: SystemWorld, refresh: Refresh, fixed: list[int]
) -> None:
    as_of = tuple(sorted(START + timedelta(days=day) for day in fixed))
    training = TrainingSpec("facts", refresh, as_of)
    for day in world.days:
        assert latest(f.value for q in world.questions for f in q.references(day)) <= day
        try:
            until = training.day(world.days[0], day)
        except ConfigError:
            assert day < as_of[0]  # refused, since the adapter would know the future
            continue
        assert until is not None
        assert until <= day
        told = [known.fact for known in known_facts(world.questions, until)]
        assert latest(fact.value for fact in told) <= until
        assert all(fact.valid_to is None for fact in told)  # an end that lies ahead is not told


def test_the_examples_of_the_real_recipe_are_blind_to_what_comes_later() -> None:
    def told(*later: Fact) -> list[str]:
        known = Fact("Thing", "name", marked(10), START, None)
        history = History("Thing", "name", "name", (known, *later))
        asked = QuestionSet([Question("q", "Name of Thing?", history)])
        examples = training_examples(RECIPES["facts"], asked, START + timedelta(days=20), 0)
        return [f"{example.prompt} {example.answer}" for example in examples]

    later = Fact("Thing", "name", marked(30), START + timedelta(days=30), None)
    assert told() == told(later)
    assert latest(told(later)) == START + timedelta(days=10)


def test_the_days_of_asking_in_examples_never_pass_the_day_of_training() -> None:
    day = START + timedelta(days=20)
    asked = {lessons._asked_on(Random(seed), day) for seed in range(200)}
    assert max(asked) == day.isoformat()
