"""The best candidates judged again: by a server over real sockets, over a real index."""

from __future__ import annotations

import importlib
import sys
from datetime import date, timedelta
from pathlib import Path

import pytest

from harness.errors import ArtefactError, MissingExtraError
from harness.retrieval.endpoint import EndpointError, RetrievalEndpoint
from harness.retrieval.lance import LanceRetriever
from harness.retrieval.ranking import Recency
from harness.retrieval.reranked import RerankedRetriever
from harness.retrieval.rerankers import CrossEncoderReranker, EndpointReranker
from harness.retrieval.spending import spending
from harness.transport.keys import Key
from harness.transport.retries import Retries
from harness.world.corpus import Document

sys.path.insert(0, str(Path(__file__).parents[1]))

from loopback import Play, status, whole
from searching import SearchServer, rerank_texts, tokens

KEY = "sk-planted-0123456789-secret"
DAY = date(2026, 1, 1)
QUERY = "Which code opens the gate?"
TEXTS = {
    # As term statistics see it, the first says most of what is asked.
    "denial": "No code opens the gate, which code ever.",
    "answer": "The gate opens; the code which it wants is 4711.",
    "old": "The gate opens; the code which it wants was 1174.",
    "aside": "A gate was painted.",
}
AGES = {"denial": 0, "answer": 30, "old": 400, "aside": 5}


def reranker(server: SearchServer, *, key: str = KEY) -> EndpointReranker:
    quick = Retries(attempts=2, first_seconds=0.001)
    variable = "MY_KEY" if key else None
    url = f"{server.url}/rerank"
    return EndpointReranker(RetrievalEndpoint(url, "judge", Key(key), variable, retries=quick))


def index(folder: Path) -> LanceRetriever:
    retriever = LanceRetriever(folder, mode="bm25")
    retriever.upsert(
        Document(name, DAY - timedelta(days=AGES[name]), text) for name, text in TEXTS.items()
    )
    return retriever


def reranked(
    folder: Path,
    judge: EndpointReranker,
    *,
    candidates: int = 20,
    recency: Recency | None = None,
    by_day: bool = False,
) -> RerankedRetriever:
    return RerankedRetriever(
        index(folder), judge, candidates=candidates, recency=recency, by_day=by_day
    )


def names(retriever: RerankedRetriever | LanceRetriever, limit: int = 4) -> list[str]:
    return [passage.document_id for passage in retriever.search(QUERY, limit)]


def test_the_reranker_decides_which_candidates_are_kept(tmp_path: Path) -> None:
    with SearchServer() as server:
        retriever = reranked(tmp_path, reranker(server))
        before, after = names(index(tmp_path)), names(retriever)
        with spending() as spent:
            best = retriever.search(QUERY, 1)
        retriever.close()
    assert before[0] == "denial"
    assert after == ["answer", "old", "denial", "aside"]
    assert [(p.document_id, p.text) for p in best] == [("answer", TEXTS["answer"])]
    body = server.calls[-1].body
    assert {key: body[key] for key in ("model", "query", "top_n")} == {
        "model": "judge",
        "query": QUERY,
        "top_n": 4,
    }
    assert body["documents"] == [TEXTS[name] for name in before]
    assert server.calls[-1].header("Authorization") == f"Bearer {KEY}"
    assert (spent.reranked, spent.embedded) == (tokens(*TEXTS.values()) + 4 * tokens(QUERY), 0)


def test_only_the_candidates_are_reranked(tmp_path: Path) -> None:
    with SearchServer() as server:
        first = names(index(tmp_path), 2)
        assert set(names(reranked(tmp_path, reranker(server), candidates=2))) == set(first)
        assert len(server.calls[0].body["documents"]) == 2
        assert reranked(tmp_path, reranker(server)).search("?!", 4) == ()
    assert len(server.calls) == 1


def test_recency_counts_beside_the_rerankers_score(tmp_path: Path) -> None:
    with SearchServer() as server:
        judge = reranker(server)
        # The denial has half the score of the answer, and is 30 days newer.
        weak, strong = (
            names(reranked(tmp_path, judge, recency=Recency(weight, 30.0))) for weight in (0.2, 2.0)
        )
        by_day = names(reranked(tmp_path, judge, by_day=True), 2)
    assert weak[:2] == ["answer", "old"]
    assert strong[:2] == ["denial", "answer"]
    assert by_day == ["answer", "old"]


def test_the_fingerprint_follows_reranker_and_settings(tmp_path: Path) -> None:
    with SearchServer() as one, SearchServer() as other:
        seen = {
            retriever.fingerprint()
            for retriever in (
                index(tmp_path),
                reranked(tmp_path, reranker(one)),
                reranked(tmp_path, reranker(other)),
                reranked(tmp_path, reranker(one), candidates=3),
                reranked(tmp_path, reranker(one), recency=Recency(0.1)),
                reranked(tmp_path, reranker(one), by_day=True),
            )
        }
        assert len(seen) == 6
        same = reranked(tmp_path, reranker(one, key="another-key-of-the-same")).fingerprint()
        assert same in seen


def test_the_dialect_that_says_texts_is_learned_once(tmp_path: Path) -> None:
    with SearchServer(*[rerank_texts] * 3) as server:
        retriever = reranked(tmp_path, reranker(server))
        with spending() as spent:
            assert names(retriever) == names(retriever) == ["answer", "old", "denial", "aside"]
    assert ["texts" in call.body for call in server.calls] == [False, True, True]
    assert spent.reranked is None


@pytest.mark.parametrize("key", ["", KEY])
def test_without_a_variable_no_key_is_sent(tmp_path: Path, key: str) -> None:
    refusal = status(401, f"who is Bearer {key}?")
    with SearchServer(refusal) as server, pytest.raises(EndpointError) as caught:
        reranked(tmp_path, reranker(server, key=key)).search(QUERY, 1)
    asks = "the key is refused; look at the environment variable MY_KEY"
    wants = "a key is wanted; name its environment variable with key_env"
    assert (asks if key else wants) in str(caught.value)
    assert server.calls[0].header("Authorization") == (f"Bearer {KEY}" if key else None)
    assert KEY not in str(caught.value)


@pytest.mark.parametrize(
    ("play", "said"),
    [
        (whole('{"results": [{"index": 0, "relevance_score": 1}]}'), "sent 1 results for 2 texts"),
        (whole('[{"index": 0, "score": 1}, {"index": 2, "score": 1}]'), "index is missing"),
        (whole('[{"index": 0, "score": 1}, {"index": 1, "score": NaN}]'), "no number"),
        (whole('[{"index": 0, "score": 1}, {"index": 1, "score": null}]'), "no number"),
        (whole('[{"index": 0, "score": 1}, {"index": 1, "score": "1"}]'), "no number"),
        (whole('[{"index": 0, "score": 1}, {"index": 1}]'), "no number"),
        (whole('{"error": "busy"}'), "no reranking; look at url (it sent no list of results)"),
        (status(400, "no such model"), "the request is refused (400 Bad Request: no such model)"),
        (status(502), "tried 2 times"),
    ],
)
def test_scores_that_are_none_are_refused(play: Play, said: str) -> None:
    with SearchServer(play, play) as server, pytest.raises(EndpointError) as caught:
        reranker(server).scores("a", ["b", "c"])
    assert said in str(caught.value)
    assert str(caught.value).startswith(f"{server.url}/rerank: ")


def test_a_cross_encoder_says_what_it_needs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "sentence_transformers", None)
    with pytest.raises(MissingExtraError, match="sentence-transformers reranker"):
        CrossEncoderReranker("anything")


def test_a_local_cross_encoder_judges_pairs(tmp_path: Path) -> None:
    pytest.importorskip("sentence_transformers", reason="an optional reranker")
    with pytest.raises(ArtefactError, match="cannot be loaded"):
        CrossEncoderReranker(str(tmp_path / "none"))
    _save_cross_encoder(tmp_path / "two", labels=2)
    with pytest.raises(ArtefactError, match="more than one score a text"):
        CrossEncoderReranker(str(tmp_path / "two"), device="cpu")
    _save_cross_encoder(tmp_path / "one", labels=1)
    judge = CrossEncoderReranker(str(tmp_path / "one"), device="cpu")

    scores = judge.scores("ab", ["abc", "cab", "abc"])

    assert len(scores) == 3
    assert scores[0] == pytest.approx(scores[2], abs=1e-6)
    assert scores[0] != pytest.approx(scores[1], abs=1e-9)
    assert judge.fingerprint() == CrossEncoderReranker(str(tmp_path / "one")).fingerprint()


def _save_cross_encoder(folder: Path, labels: int) -> None:
    transformers = importlib.import_module("transformers")
    folder.mkdir()
    words = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *"abc", "##a", "##b", "##c"]
    (folder / "vocab.txt").write_text("\n".join(words))
    transformers.BertTokenizer(str(folder / "vocab.txt")).save_pretrained(folder)
    config = transformers.BertConfig(
        vocab_size=len(words), hidden_size=16, num_hidden_layers=1, num_attention_heads=2,
        intermediate_size=16, max_position_embeddings=32, num_labels=labels,
    )  # fmt: skip
    transformers.BertForSequenceClassification(config).save_pretrained(folder)
