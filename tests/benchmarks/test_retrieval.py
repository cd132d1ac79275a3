"""Speed and recall of retrieval on the releases world, speeds beside their bounds."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from itertools import count, cycle
from pathlib import Path
from typing import Any

import pytest
from recall import DAYS, questions, recall, visible

from harness.retrieval.lance import LanceRetriever
from harness.retrieval.ranking import Recency

Show = Callable[[str], None]
ShowTimes = Callable[[str, float], None]


@pytest.fixture(scope="module")
def index(tmp_path_factory: pytest.TempPathFactory) -> LanceRetriever:
    retriever = LanceRetriever(tmp_path_factory.mktemp("index"), recency=Recency(0.3))
    retriever.upsert(visible(DAYS[-1], superseded=True))
    return retriever


def test_indexing_all_documents(
    benchmark: Any,  # noqa: ANN401
    show_times: ShowTimes,
    tmp_path: Path,
) -> None:
    documents = visible(DAYS[-1], superseded=True)
    numbers = count()

    def build() -> int:
        return LanceRetriever(tmp_path / str(next(numbers))).upsert(documents)

    assert benchmark.pedantic(build, rounds=3) == len(documents)
    show_times(f"indexing {len(documents)} documents", 5.0)


def test_searching_them(
    benchmark: Any,  # noqa: ANN401
    show_times: ShowTimes,
    index: LanceRetriever,
) -> None:
    texts = cycle(question.text for question in questions())

    def search() -> int:
        return len(index.search(next(texts), 4))

    assert benchmark.pedantic(search, rounds=60, warmup_rounds=5) == 4
    show_times("a hybrid search", 0.015)


@pytest.mark.slow
@pytest.mark.usefixtures("only_when_asked")
@pytest.mark.parametrize("superseded", [True, False], ids=["kept", "deleted"])
@pytest.mark.parametrize("day", DAYS, ids=str)
def test_recall_table(
    benchmark: Any,  # noqa: ANN401
    show: Show,
    tmp_path: Path,
    day: date,
    superseded: bool,
) -> None:
    documents = visible(day, superseded=superseded)

    def table() -> list[str]:
        lines = []
        for mode in ("bm25", "dense", "hybrid"):
            LanceRetriever(tmp_path / mode, mode=mode).upsert(documents)  # type: ignore[arg-type]
            for weight in (0.0, 0.3):
                retriever = LanceRetriever(
                    tmp_path / mode,
                    mode=mode,  # type: ignore[arg-type]
                    recency=Recency(weight) if weight else None,
                )
                rates = recall(retriever, day, documents)
                cells = " ".join(f"{label}={rate:.3f}" for label, rate in rates.items())
                lines.append(f"{mode} recency={weight} {cells}")
        return lines

    lines = benchmark.pedantic(table, rounds=1)
    kept = "superseded kept" if superseded else "superseded deleted"
    show("\n".join([f"recall at 4 on {day}, {kept}, {len(documents)} documents", *lines]))
