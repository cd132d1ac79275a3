"""Recall on the releases world: does a passage that states the current value come back?

The settings of terms, embedder and recency were chosen on these very questions, so the figures are
somewhat kind to them; the questions' held-out wordings were looked at as well.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import date
from functools import cache
from pathlib import Path

from harness.retrieval.base import Retriever
from harness.world.corpus import Corpus, Document
from harness.world.loaders import load_corpus, load_questions
from harness.world.questions import Question, QuestionSet

WORLD = Path(__file__).resolve().parents[2] / "fixtures" / "releases"
DAYS = (date(2025, 8, 22), date(2026, 2, 22), date(2026, 8, 22))

# No document says "supported"; whoever reads the end of life can tell.
STATED_BY = {"supported": "end_of_life"}


@cache
def corpus() -> Corpus:
    return load_corpus(WORLD / "documents.jsonl")


@cache
def questions() -> QuestionSet:
    return load_questions(WORLD / "questions.jsonl")


def visible(day: date, *, superseded: bool) -> list[Document]:
    """What an index holds on `day`, with or without what later documents replaced."""
    gone = frozenset() if superseded else corpus().superseded(day)
    return [document for document in corpus().visible(day) if document.id not in gone]


def gold(question: Question, day: date, documents: Iterable[Document]) -> set[str]:
    """Ids of the documents that state what answers the question on `day`."""
    history = question.history
    if history is None:
        return set()
    attribute = STATED_BY.get(history.attribute, history.attribute)
    values = {fact.value for fact in question.references(day)}
    return {
        document.id
        for document in documents
        for said in document.states
        if (said.subject, said.attribute) == (history.subject, attribute)
        and (said.value in values or history.attribute in STATED_BY)
    }


def recall(retriever: Retriever, day: date, documents: Iterable[Document]) -> Mapping[str, float]:
    """Recall at 4 by question kind and tag, and of all answerable questions ("all")."""
    documents = list(documents)
    by_history = {}
    asked: Counter[str] = Counter()
    found: Counter[str] = Counter()
    for question in questions():
        if question.history is None:
            continue
        key = question.history.key
        if key not in by_history:
            by_history[key] = gold(question, day, documents)
        hit = any(p.document_id in by_history[key] for p in retriever.search(question.text, 4))
        for label in ("all", question.kind, *question.tags):
            asked[label] += 1
            found[label] += hit
    return {label: found[label] / asked[label] for label in sorted(asked)}
