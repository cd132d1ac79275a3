from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest
from recall import DAYS, gold, questions, recall, visible

from harness.retrieval.lance import LanceRetriever
from harness.retrieval.ranking import Recency

pytestmark = pytest.mark.slow


def measured(folder: Path, mode: str, *, superseded: bool) -> Mapping[str, float]:
    documents = visible(DAYS[-1], superseded=superseded)
    retriever = LanceRetriever(folder, mode=mode, recency=Recency(0.3))  # type: ignore[arg-type]
    retriever.upsert(documents)
    return recall(retriever, DAYS[-1], documents)


def test_every_answerable_question_has_a_document_that_answers_it() -> None:
    documents = visible(DAYS[-1], superseded=False)
    asked = {q.history.key: q for q in questions() if q.history is not None}
    assert len(asked) > 150
    assert all(gold(question, DAYS[-1], documents) for question in asked.values())


@pytest.mark.parametrize(("mode", "floor"), [("bm25", 0.93), ("hybrid", 0.90)])
def test_a_clean_index_finds_what_is_current(tmp_path: Path, mode: str, floor: float) -> None:
    rates = measured(tmp_path, mode, superseded=False)
    assert rates["all"] >= floor
    assert rates["held-out"] >= floor - 0.03
    assert min(rates["cycle_latest_version"], rates["cycle_release_date"]) >= 0.95


def test_superseded_documents_left_in_the_index_cost_recall(tmp_path: Path) -> None:
    kept = measured(tmp_path / "kept", "bm25", superseded=True)
    clean = measured(tmp_path / "clean", "bm25", superseded=False)
    assert kept["all"] < clean["all"] - 0.2
