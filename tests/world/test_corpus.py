"""Documents, and what of them could be indexed on a day."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.errors import DataError
from harness.world.corpus import Corpus, Document

DAYS = st.dates(date(2024, 1, 1), date(2024, 1, 31))


@st.composite
def corpora(draw: st.DrawFn) -> Corpus:
    days = draw(st.lists(DAYS, max_size=12))
    written: list[Document] = []
    for number, day in enumerate(sorted(days)):
        older = draw(st.lists(st.sampled_from(written), max_size=2)) if written else []
        supersedes = tuple(document.id for document in older)
        written.append(Document(f"d{number}", day, f"text {number}", supersedes=supersedes))
    return Corpus(draw(st.permutations(written)))


@given(corpora(), DAYS)
def test_no_later_document_is_visible(corpus: Corpus, day: date) -> None:
    visible = corpus.visible(day)

    assert all(document.day <= day for document in visible)
    assert len(visible) + sum(document.day > day for document in corpus) == len(corpus)


@given(corpora(), DAYS)
def test_no_later_document_makes_another_one_outdated(corpus: Corpus, day: date) -> None:
    assert corpus.superseded(day) == corpus.visible(day).superseded(date.max)


@given(corpora())
def test_documents_come_oldest_first_in_whatever_order_they_were_given(corpus: Corpus) -> None:
    days = [document.day for document in corpus]

    assert days == sorted(days)


def test_a_document_is_visible_on_the_day_it_appears() -> None:
    corpus = Corpus([Document("a", date(2024, 1, 2), "text")])

    assert not len(corpus.visible(date(2024, 1, 1)))
    assert corpus.visible(date(2024, 1, 2)).get("a") is not None


def test_an_unknown_id_has_no_document() -> None:
    assert Corpus([]).get("a") is None


def test_two_documents_with_one_id_are_refused() -> None:
    document = Document("a", date(2024, 1, 2), "text")

    with pytest.raises(DataError, match="two documents have the id 'a'"):
        Corpus([document, document])
