"""The shipped advisories world: every answer follows from the documents of its day, or from none."""

from __future__ import annotations

import json
import re
from collections import Counter
from datetime import date
from pathlib import Path

import pytest

from harness.scoring.freshness import classify
from harness.scoring.parts import score_parts
from harness.scoring.strictness import check_format, grade
from harness.training.triage import record_examples
from harness.world.advisories.histories import POLICIES
from harness.world.advisories.questions import evaluation_days
from harness.world.advisories.schemas import POINTERS, TIERS
from harness.world.advisories.wording import ALERTS, KINDS, TIER_KEYS, kind_texts
from harness.world.check import check_world
from harness.world.corpus import Corpus, Statement
from harness.world.facts import Timeline
from harness.world.formats import Choice, JsonSchema
from harness.world.loaders import load_corpus, load_facts, load_questions
from harness.world.questions import Question, QuestionSet

FIXTURE = Path(__file__).parents[3] / "fixtures" / "advisories"
DAYS = evaluation_days(date(2025, 8, 25))
LEAST_QUESTIONS = 300


@pytest.fixture(scope="module")
def timeline() -> Timeline:
    return load_facts(FIXTURE / "facts.csv")


@pytest.fixture(scope="module")
def corpus() -> Corpus:
    return load_corpus(FIXTURE / "documents.jsonl")


@pytest.fixture(scope="module")
def questions() -> QuestionSet:
    return load_questions(FIXTURE / "questions.jsonl")


def test_the_world_is_in_order() -> None:
    assert check_world(FIXTURE) == ()


def test_a_part_that_contradicts_the_facts_is_named(tmp_path: Path) -> None:
    for name in ("facts.csv", "documents.jsonl"):
        (tmp_path / name).write_bytes((FIXTURE / name).read_bytes())
    lines = (FIXTURE / "questions.jsonl").read_text(encoding="utf-8").splitlines()
    rows = [json.loads(line) for line in lines]
    wrong = next(n for n, row in enumerate(rows) if row["kind"] == "cve_ticket")
    parts = json.loads(rows[wrong]["parts"])
    due = next(part for part in parts if part[0] == "/due")
    due[1]["facts"][0][0] = "1999-01-01"
    rows[wrong]["parts"] = json.dumps(parts)
    text = "\n".join(map(json.dumps, rows))
    (tmp_path / "questions.jsonl").write_text(text, encoding="utf-8")
    (problem,) = check_world(tmp_path)
    assert problem.line == wrong + 1
    assert "/ due_date: the history is not that of facts.csv" in problem.message


def test_known_and_unknown_use_are_both_asked_about(questions: QuestionSet) -> None:
    for kind in ("cve_conditional", "cve_ticket", "cve_priority", "cve_ransomware"):
        uses = Counter(
            bool(use == "Known")
            for question in questions
            if question.kind == kind
            for use in [_use(question)]
            if use
        )
        assert min(uses[True], uses[False]) >= uses.total() / 4


def _use(question: Question) -> str:
    """The ransomware use that a question's histories show; empty where they do not."""
    for part in question.parts:
        if part.pointer == "/ransomware_use" and part.history.facts:
            return part.history.facts[0].value
    history = question.history
    if history is None:
        return ""
    if history.attribute == "ransomware_use":
        return history.facts[0].value
    return "Known" if history.facts[-1].value == "P1" else "Unknown"


def test_there_are_enough_questions_of_every_kind(questions: QuestionSet) -> None:
    kinds = Counter(question.kind for question in questions)
    assert set(kinds) == {kind.name for kind in KINDS}
    assert len(questions) >= LEAST_QUESTIONS
    assert len(DAYS) == len(set(DAYS)) == 3
    assert {q.format.name for q in questions if isinstance(q.format, JsonSchema)} == set(TIERS)


def test_every_catalogued_value_is_stated_on_the_day_on_which_it_begins(
    timeline: Timeline, corpus: Corpus
) -> None:
    first: dict[Statement, date] = {}
    for document in corpus:
        for statement in document.states:
            first.setdefault(statement, document.day)
    for history in timeline:
        if history.attribute == "priority":
            continue
        for fact in history.facts:
            assert first[Statement(*history.key, fact.value)] == fact.valid_from


def test_a_priority_follows_from_the_policy_in_force(timeline: Timeline) -> None:
    for history in timeline:
        if history.attribute != "priority":
            continue
        use = timeline.get(history.subject, "ransomware_use")
        assert use is not None
        for day in DAYS:
            listed = use.current(day)
            policy = [policy for policy in POLICIES if policy.day <= day][-1]
            wanted = [policy.priority(fact.value) for fact in listed]
            assert [fact.value for fact in history.current(day)] == wanted


def test_one_document_about_the_policy_is_in_force_and_states_it(corpus: Corpus) -> None:
    for day in DAYS:
        left = [
            document
            for document in corpus.visible(day)
            if document.style == "policy" and document.id not in corpus.superseded(day)
        ]
        policy = [policy for policy in POLICIES if policy.day <= day][-1]
        assert [document.states[0].value for document in left] == [policy.known]
        assert policy.day.isoformat() in left[0].text


def test_some_answers_come_with_the_days_and_some_change(questions: QuestionSet) -> None:
    late = [q for q in questions if q.history is not None and not q.references(DAYS[0])]
    changed = [
        q for q in questions if len({fact.value for day in DAYS for fact in q.references(day)}) > 1
    ]
    assert len(late) >= len(questions) / 5
    assert len(changed) >= len(questions) / 5
    assert all(q.references(DAYS[-1]) for q in late)


def test_closed_lists_are_always_answerable(questions: QuestionSet) -> None:
    for question in questions:
        if isinstance(question.format, Choice):
            assert all(question.references(day) for day in DAYS)
            assert {f.value for f in question.history.facts} <= set(question.format.options)  # type: ignore[union-attr]


def test_what_nothing_answers_is_in_no_document(questions: QuestionSet, corpus: Corpus) -> None:
    texts = "\n".join(document.text for document in corpus)
    unlisted = [question for question in questions if question.history is None]
    assert unlisted
    assert not any(re.search(rf"{q.group}\b", texts) for q in unlisted)


def test_the_right_object_is_valid_and_right_on_every_day(questions: QuestionSet) -> None:
    asked = {(q.group, q.format.instruction): q for q in questions if q.parts}
    for day in DAYS:
        told = list(record_examples(questions, day, 1))
        assert len(told) == sum(bool(q.parts and q.references(day)) for q in questions)
        for text, instruction, answer in told:
            subject = re.search(r"CVE-\d+-\d+", text)
            assert subject is not None
            question = asked[subject.group(), instruction]
            freshness = classify(answer, question.history, day, question.format)
            parts = score_parts(question, answer, day, freshness)
            assert freshness.label == "current"
            assert parts.right
            assert grade(answer, question.format, right=True).right


def test_tiers_ask_for_their_keys_in_order() -> None:
    for tier, output_format in TIERS.items():
        check_format(output_format)
        places = [output_format.instruction.index(f'"{key}"') for key in TIER_KEYS[tier]]
        assert places == sorted(places)
        assert all(f'"{p.rpartition("/")[2]}"' in output_format.instruction for p in POINTERS[tier])


def test_held_out_wordings_are_kept_apart(questions: QuestionSet) -> None:
    def fits(question: Question, texts: tuple[str, ...]) -> bool:
        return question.text in {text.format(subject=question.group) for text in texts}

    for question in questions:
        held_out = "held-out" in question.tags
        assert fits(question, kind_texts(question.kind, held_out=held_out))
        assert not fits(question, kind_texts(question.kind, held_out=not held_out))


def test_alerts_come_in_styles_that_each_state_everything() -> None:
    marks = ("{cve}", "{vendor}", "{product}", "{added}", "{due}", "{ransomware}", "{cwes}")
    assert len(ALERTS) >= 6
    for texts in ALERTS.values():
        assert all(mark in text for text in texts for mark in marks)
