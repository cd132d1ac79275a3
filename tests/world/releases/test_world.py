"""The shipped world: every question can be answered from the corpus of its day, or from none."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from datetime import date
from itertools import pairwise
from pathlib import Path

import jsonschema_rs
import pytest

from harness.running.suite import load_suite
from harness.world.check import check_world
from harness.world.corpus import Corpus, Document, Statement
from harness.world.facts import Fact, Timeline
from harness.world.formats import Choice, FreeText, JsonSchema
from harness.world.loaders import load_corpus, load_facts, load_questions
from harness.world.questions import Question, QuestionSet
from harness.world.releases import training_facts
from harness.world.releases.questions import evaluation_days
from harness.world.releases.wording import DOCUMENT_STYLES, QUESTION_KINDS, question_texts

FIXTURE = Path(__file__).parents[3] / "fixtures" / "releases"
DAYS = evaluation_days(date(2026, 8, 22))


@pytest.fixture(scope="module")
def timeline() -> Timeline:
    return load_facts(FIXTURE / "facts.csv")


@pytest.fixture(scope="module")
def corpus() -> Corpus:
    return load_corpus(FIXTURE / "documents.jsonl")


@pytest.fixture(scope="module")
def questions() -> QuestionSet:
    return load_questions(FIXTURE / "questions.jsonl")


def _statements(documents: Iterable[Document]) -> set[Statement]:
    return {statement for document in documents for statement in document.states}


def _answerable(questions: Iterable[Question]) -> list[Question]:
    return [question for question in questions if question.history is not None]


def test_the_world_is_in_order() -> None:
    assert check_world(FIXTURE) == ()


def test_the_world_is_large_and_small_enough(
    timeline: Timeline, corpus: Corpus, questions: QuestionSet
) -> None:
    products = {history.subject for history in timeline if history.attribute == "newest_cycle"}

    assert len(products) >= 80
    assert sum(len(history.facts) for history in timeline) >= 3000
    assert len(questions) >= 660
    assert {document.style for document in corpus} == {style.name for style in DOCUMENT_STYLES}
    assert sum(path.stat().st_size for path in FIXTURE.iterdir()) <= 4 * 2**20


@pytest.mark.parametrize("day", DAYS)
def test_on_every_day_a_visible_document_states_what_is_asked(
    corpus: Corpus, questions: QuestionSet, day: date
) -> None:
    stated = _statements(corpus.visible(day))
    ends = {(s.subject, s.value) for s in stated if s.attribute == "end_of_life"}
    for question in _answerable(questions):
        (fact,) = question.references(day)
        if fact.attribute == "supported":
            (end,) = {value for subject, value in ends if subject == fact.subject}
            assert fact.value == ("yes" if day.isoformat() <= end else "no")
        else:
            assert Statement(fact.subject, fact.attribute, fact.value) in stated


@pytest.mark.parametrize("day", DAYS)
def test_without_superseded_documents_what_is_asked_is_still_stated(
    corpus: Corpus, questions: QuestionSet, day: date
) -> None:
    outdated = corpus.superseded(day)
    stated = _statements(d for d in corpus.visible(day) if d.id not in outdated)
    for question in _answerable(questions):
        (fact,) = question.references(day)
        if fact.attribute != "supported":
            assert Statement(fact.subject, fact.attribute, fact.value) in stated


def test_a_document_states_what_is_true_on_its_own_day(timeline: Timeline, corpus: Corpus) -> None:
    for document in corpus:
        for statement in document.states:
            history = timeline.get(statement.subject, statement.attribute)
            assert history is not None
            values = [fact.value for fact in history.current(document.day)]
            assert values == [statement.value], document


def test_a_text_says_what_its_document_states(corpus: Corpus) -> None:
    for document in corpus:
        for statement in document.states:
            assert statement.attribute == "lts" or statement.value in document.text
            product, _, cycle = statement.subject.rpartition(" ")
            named = statement.subject in document.text
            assert named or (product in document.text and cycle in document.text), document


def test_an_end_of_life_is_announced_after_the_release_and_before_it_comes(
    timeline: Timeline, corpus: Corpus
) -> None:
    for document in corpus:
        for statement in document.states:
            if statement.attribute == "end_of_life":
                release = timeline.get(statement.subject, "release_date")
                assert release is not None
                day = document.day.isoformat()
                assert release.facts[0].value < day < statement.value, document


def test_no_two_documents_have_the_same_text(corpus: Corpus) -> None:
    assert len({document.text for document in corpus}) == len(corpus)


def test_nothing_states_what_is_unanswerable(corpus: Corpus, questions: QuestionSet) -> None:
    stated = {(s.subject, s.attribute) for s in _statements(corpus)}
    unanswerable = {q.group for q in questions if "unanswerable" in q.tags}

    assert unanswerable == {q.group for q in questions if q.history is None}
    assert len(unanswerable) == 30
    for group in unanswerable:
        subject, _, attribute = group.rpartition("/")
        assert (subject, attribute) not in stated


def test_each_fact_is_asked_in_a_trained_and_in_a_held_out_wording(questions: QuestionSet) -> None:
    groups: dict[str, list[Question]] = {}
    for question in questions:
        groups.setdefault(question.cluster, []).append(question)
    for group, asked in groups.items():
        subject = group.rpartition("/")[0]
        trained, held_out = sorted(asked, key=lambda question: "held-out" in question.tags)
        for question, is_held_out in ((trained, False), (held_out, True)):
            texts = question_texts(question.kind, held_out=is_held_out)
            assert question.text in {text.format(subject=subject) for text in texts}
        assert (trained.format, trained.history) == (held_out.format, held_out.history)


def test_all_kinds_are_asked_and_most_facts_change(questions: QuestionSet) -> None:
    facts = {question.group: question for question in _answerable(questions)}
    changing = [
        question
        for question in facts.values()
        if len({question.references(day)[0].value for day in DAYS}) > 1
    ]

    assert {q.kind for q in facts.values()} == {kind.name for kind in QUESTION_KINDS}
    assert len(changing) >= 200
    assert len(facts) - len(changing) >= 100
    assert len(questions) - 2 * len(facts) >= 60


def test_the_evaluation_days_are_those_of_the_suite_and_a_quarter_apart() -> None:
    suite = load_suite("releases")

    assert suite.days == DAYS
    assert DAYS[0] == date(2025, 2, 22)
    assert {(later - day).days for day, later in pairwise(DAYS)} <= set(range(89, 93))
    assert set(suite.default_days) <= set(DAYS)
    assert evaluation_days(date(2026, 8, 31))[-3] == date(2026, 2, 28)


def test_a_third_of_the_open_questions_asks_for_json(questions: QuestionSet) -> None:
    formats = Counter(type(question.format) for question in questions)

    assert set(formats) == {FreeText, Choice, JsonSchema}
    assert 0.3 <= formats[JsonSchema] / (formats[JsonSchema] + formats[FreeText]) <= 0.4


def test_the_schema_takes_right_answers_and_abstentions_only(questions: QuestionSet) -> None:
    output_format = next(q.format for q in questions if isinstance(q.format, JsonSchema))
    schema = jsonschema_rs.validator_for(dict(output_format.schema))
    known = {
        "product": "Python",
        "field": "latest_version",
        "value": "3.13.7",
        "as_of": "2025-08-14",
        "known": True,
        "source": {"passage": 1, "date": "2025-08-14"},
    }
    unknown = known | {"value": None, "as_of": None, "known": False}
    unknown["source"] = {"passage": None, "date": None}

    assert schema.is_valid(known)
    assert schema.is_valid(unknown)
    for wrong in (
        known | {"value": 3.13},
        known | {"field": "version"},
        known | {"as_of": "14 August 2025"},
        known | {"more": 1},
        known | {"source": {"passage": 1}},
        {key: value for key, value in known.items() if key != "known"},
    ):
        assert not schema.is_valid(wrong)


@pytest.mark.parametrize("day", DAYS)
def test_training_knows_each_fact_asked_about_and_nothing_later(
    timeline: Timeline, questions: QuestionSet, day: date
) -> None:
    facts = training_facts(timeline, questions, day)

    assert {(*history.key, kind) for history, kind in facts} == {
        (*q.history.key, q.kind) for q in questions if q.history is not None
    }
    assert len(facts) == len(_answerable(questions)) / 2
    for history, _ in facts:
        full = timeline.get(*history.key)
        assert full is not None
        assert _values(history.current(day)) == _values(full.current(day))
        assert all(fact.valid_from <= day for fact in history.facts)
        assert all(fact.valid_to is None or fact.valid_to <= day for fact in history.facts)


def _values(facts: Iterable[Fact]) -> list[str]:
    return [fact.value for fact in facts]


def test_a_fact_that_does_not_hold_yet_is_not_trained(
    timeline: Timeline, questions: QuestionSet
) -> None:
    assert training_facts(timeline, questions, date(1990, 1, 1)) == ()
