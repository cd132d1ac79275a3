from __future__ import annotations

import random
import re
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from harness.errors import ArtefactError, ConfigError
from harness.retrieval.embedders import HashingEmbedder
from harness.retrieval.lance import LanceRetriever
from harness.retrieval.ranking import Recency
from harness.world.corpus import Document

MODES = ("bm25", "dense", "hybrid")
PRODUCTS = ("Python", "Node.js", "C++", "PostgreSQL")


def document(name: str, text: str, day: date = date(2026, 1, 1)) -> Document:
    return Document(name, day, text)


def releases() -> list[Document]:
    """One release note a cycle and month: twelve nearly equal texts for each of 16 cycles."""
    return [
        document(
            f"{product}-{cycle}-{month:02}",
            f"{product} {cycle}.{month} was released. It is the latest version of {product} {cycle}.",
            date(2025, month, 1),
        )
        for product in PRODUCTS
        for cycle in (18, 20, 22, 24)
        for month in range(1, 13)
    ]


@pytest.fixture(scope="module", params=MODES)
def filled(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[LanceRetriever]:
    retriever = LanceRetriever(tmp_path_factory.mktemp("index"), mode=request.param)
    retriever.upsert(releases())
    yield retriever
    retriever.close()


@pytest.mark.parametrize(
    "query", ["latest version of Node.js 22?", "Is C++ 18 current", "PYTHON 24"]
)
def test_all_that_is_found_is_about_the_product_and_cycle_asked_for(
    filled: LanceRetriever, query: str
) -> None:
    found = filled.search(query, 12)
    match = re.search(r"(node\.js|c\+\+|python) (\d+)", query.lower())
    assert match is not None
    product, cycle = match.groups()
    assert len(found) == 12
    assert all(p.document_id.lower().startswith(f"{product}-{cycle}-") for p in found)
    assert [p.score for p in found] == sorted((p.score for p in found), reverse=True)


def test_a_passage_carries_the_day_and_text_of_its_document(filled: LanceRetriever) -> None:
    by_id = {d.id: d for d in releases()}
    for passage in filled.search("Python 20.7", 3):
        source = by_id[passage.document_id]
        assert (passage.day, passage.text) == (source.day, source.text)


@pytest.mark.parametrize("mode", MODES)
def test_what_is_written_is_found_at_once_and_what_is_deleted_never_again(
    mode: str, tmp_path: Path
) -> None:
    writer, reader = (LanceRetriever(tmp_path, mode=mode) for _ in range(2))  # type: ignore[arg-type]
    assert (writer.search("Zig 1", 3), reader.search("Zig 1", 3), writer.delete(["a"])) == (
        (),
        (),
        0,
    )
    for number in range(4):
        assert writer.upsert([document(f"d{number}", f"Zig {number} was released")]) == 1
        for retriever in (writer, reader):
            assert retriever.search(f"Zig {number}", 1)[0].document_id == f"d{number}"
    assert writer.upsert([document("d2", "Zig 9 replaces it"), document("d2", "Zig 7 it is")]) == 1
    assert [p.text for p in reader.search("Zig 7", 1)] == ["Zig 7 it is"]
    assert "d2" not in [p.document_id for p in reader.search("replaces", 9)] or mode != "bm25"
    assert writer.delete(["d1", "d2", "d2", "it's not there"]) == 2
    assert {p.document_id for p in reader.search("Zig 7", 9)} == {"d0", "d3"}
    assert writer.delete(["d0", "d3"]) == 2
    assert (writer.search("Zig 7", 9), reader.search("Zig 7", 9)) == ((), ())
    assert writer.upsert([]) == 0
    writer.upsert([document("d5", "Zig 5 is back")])
    assert [p.document_id for p in reader.search("Zig 5", 9)] == ["d5"]


@pytest.mark.parametrize("mode", MODES)
def test_ranking_follows_from_the_documents_and_not_from_how_they_came_in(
    mode: str, tmp_path: Path
) -> None:
    documents = releases()
    at_once = LanceRetriever(tmp_path / "a", mode=mode)  # type: ignore[arg-type]
    at_once.upsert(documents)
    random.Random(4).shuffle(documents)
    in_parts = LanceRetriever(tmp_path / "b", mode=mode)  # type: ignore[arg-type]
    in_parts.upsert([document("gone", "Python 20 Python 20 Python 20")])
    for start in range(0, len(documents), 70):
        in_parts.upsert(documents[start : start + 70])
    in_parts.upsert(documents[:5])
    in_parts.delete(["gone"])
    for query in ("latest Python 20", "Node.js", "Was C++ 22.7 released?", "version"):
        one, other = at_once.search(query, 8), in_parts.search(query, 8)
        assert [p.document_id for p in one] == [p.document_id for p in other]
        assert [p.score for p in one] == pytest.approx([p.score for p in other], abs=1e-5)
    assert at_once.fingerprint() == in_parts.fingerprint()


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(st.one_of(st.text(), st.text(alphabet="\"'()+-*?:^~[]{}\\/ANDORT 3.12.4")))
def test_any_text_is_a_query(filled: LanceRetriever, query: str) -> None:
    found = filled.search(query, 4)
    assert len(found) <= 4
    assert len({p.document_id for p in found}) == len(found)


def test_nothing_asked_is_nothing_found(filled: LanceRetriever) -> None:
    for query in ("", "  \n", "?!\"'", "is of the"):
        assert filled.search(query, 4) == ()
    assert filled.search("Python", 0) == ()


def test_newest_order_returns_the_same_passages_by_day(tmp_path: Path) -> None:
    by_score = LanceRetriever(tmp_path, order="score")
    by_score.upsert(releases())
    by_day = LanceRetriever(tmp_path, order="newest")
    found, again = by_score.search("Python 20.3", 5), by_day.search("Python 20.3", 5)
    assert {p.document_id for p in found} == {p.document_id for p in again}
    assert [p.day for p in again] == sorted((p.day for p in found), reverse=True)
    assert found[0].document_id == "Python-20-03"


@pytest.mark.parametrize("mode", MODES)
def test_recency_brings_the_newest_of_twelve_alike(mode: str, tmp_path: Path) -> None:
    LanceRetriever(tmp_path, mode=mode).upsert(releases())  # type: ignore[arg-type]
    retriever = LanceRetriever(tmp_path, mode=mode, recency=Recency(0.3))  # type: ignore[arg-type]
    for product in PRODUCTS:
        found = retriever.search(f"What is the latest version of {product} 22?", 4)
        assert f"{product}-22-12" in [p.document_id for p in found]


def test_fingerprint_follows_settings_and_documents(tmp_path: Path) -> None:
    base = LanceRetriever(tmp_path)
    seen = {base.fingerprint()}
    base.upsert(releases()[:3])
    seen.add(base.fingerprint())
    base.upsert([document("x", "Python 99", date(2026, 1, 1))])
    seen.add(base.fingerprint())
    base.upsert([document("x", "Python 99", date(2026, 1, 2))])
    seen.add(base.fingerprint())
    seen.add(LanceRetriever(tmp_path, order="newest").fingerprint())
    seen.add(LanceRetriever(tmp_path, recency=Recency(0.2)).fingerprint())
    assert len(seen) == 6
    assert LanceRetriever(tmp_path).fingerprint() == base.fingerprint()


def test_ids_with_quotes_are_ids(tmp_path: Path) -> None:
    retriever = LanceRetriever(tmp_path, mode="bm25")
    retriever.upsert([document("it's", "Zig 1"), document("') OR 1=1 --", "Zig 2")])
    assert retriever.delete(["') OR 1=1 --"]) == 1
    assert [p.document_id for p in retriever.search("Zig", 5)] == ["it's"]


def test_an_index_made_otherwise_is_refused(tmp_path: Path) -> None:
    LanceRetriever(tmp_path).upsert(releases()[:2])
    for other in ({"mode": "bm25"}, {"embedder": HashingEmbedder(64)}):
        with pytest.raises(ArtefactError, match="made with terms-1 \\+ hashing-1-512"):
            LanceRetriever(tmp_path, **other)  # type: ignore[arg-type]
    with pytest.raises(ConfigError, match="did you mean 'hybrid'"):
        LanceRetriever(tmp_path, mode="hybird")  # type: ignore[arg-type]
    with pytest.raises(ConfigError, match="did you mean 'newest'"):
        LanceRetriever(tmp_path, order="new")  # type: ignore[arg-type]


def test_a_damaged_index_is_named(tmp_path: Path) -> None:
    (tmp_path / "passages.lance").mkdir()
    (tmp_path / "passages.lance" / "junk").write_text("junk")
    with pytest.raises(ArtefactError, match="no index that can be read"):
        LanceRetriever(tmp_path)


def test_old_days_survive(tmp_path: Path) -> None:
    retriever = LanceRetriever(tmp_path, mode="bm25")
    ancient = date(1, 1, 1) + timedelta(days=3)
    retriever.upsert([document("old", "Zig 0", ancient)])
    assert retriever.search("Zig", 1)[0].day == ancient
