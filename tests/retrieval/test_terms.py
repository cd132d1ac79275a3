from __future__ import annotations

import importlib
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from harness.errors import ArtefactError, MissingExtraError
from harness.retrieval.embedders import HashingEmbedder, SentenceTransformersEmbedder
from harness.retrieval.terms import search_terms


@pytest.mark.parametrize(
    ("text", "terms"),
    [
        ("Is Python 3.12.4 out?", ["python", "3.12.4", "out", "python~3.12.4"]),
        ("the Node.js 22's cycle", ["node.js", "22", "cycle", "node.js~22"]),
        ("C++, C# and CVE-2024-3094", ["c++", "c#", "cve-2024-3094"]),
        ("(released: 2025-08-22).", ["released", "2025-08-22", "released~2025-08-22"]),
        ("is of the", []),
        ("\"'?!* AND -- ()", []),
    ],
)
def test_versions_and_names_stay_whole(text: str, terms: list[str]) -> None:
    assert search_terms(text) == terms


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.text())
def test_terms_survive_being_joined_by_spaces(text: str) -> None:
    # The index splits its column at white space and must find the same terms.
    terms = search_terms(text)
    assert " ".join(terms).split() == terms


def test_vectors_are_unit_vectors_that_tell_cycles_apart() -> None:
    embedder = HashingEmbedder()
    texts = ["Node.js 22 is LTS", "What of Node.js 22?", "What of Node.js 20?", "?!"]
    vectors = embedder.embed(texts)
    assert (vectors.shape, vectors.dtype) == ((4, 512), np.float32)
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), [1, 1, 1, 0], atol=1e-6)
    similar, other = vectors[0] @ vectors[1], vectors[0] @ vectors[2]
    assert similar > other + 0.2


def test_spellings_that_differ_still_meet() -> None:
    one, other, stranger = HashingEmbedder().embed(["supported", "supporting", "database"])
    assert one @ other > 0.1 > 2 * abs(one @ stranger)


def test_vectors_are_the_same_in_another_process() -> None:
    code = (
        "from harness.retrieval.embedders import HashingEmbedder as E;"
        "import hashlib; print(hashlib.sha256(E().embed(['Node.js 22']).tobytes()).hexdigest())"
    )
    seen = {
        subprocess.run(  # noqa: S603 - our own interpreter and code
            [sys.executable, "-c", code],
            env={"PYTHONHASHSEED": seed},
            capture_output=True,
            check=True,
            text=True,
        ).stdout
        for seed in ("1", "2")
    }
    assert len(seen) == 1


def test_dimension_is_part_of_the_fingerprint() -> None:
    assert HashingEmbedder(64).embed(["a b"]).shape == (1, 64)
    assert HashingEmbedder(64).fingerprint() != HashingEmbedder().fingerprint()


def test_sentence_transformers_says_what_it_needs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "sentence_transformers", None)
    with pytest.raises(MissingExtraError, match="sentence-transformers embedder"):
        SentenceTransformersEmbedder("anything")


def test_sentence_transformers_embeds_with_a_local_model(tmp_path: Path) -> None:
    pytest.importorskip("sentence_transformers", reason="an optional embedder")
    with pytest.raises(ArtefactError, match="cannot be loaded"):
        SentenceTransformersEmbedder(str(tmp_path / "none"))
    # Without a description of its own, the library takes an encoder's mean over tokens.
    _save_encoder(tmp_path / "encoder")
    embedder = SentenceTransformersEmbedder(str(tmp_path / "encoder"), device="cpu")

    vectors = embedder.embed(["ab", "abc", "ab"])

    assert (vectors.shape, vectors.dtype) == ((3, 16), np.float32)
    np.testing.assert_allclose(embedder.embed_query("abc"), vectors[1], atol=1e-6)
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-5)
    np.testing.assert_allclose(vectors[0], vectors[2], atol=1e-6)
    again = SentenceTransformersEmbedder(str(tmp_path / "encoder"), device="cpu")
    assert embedder.fingerprint() == again.fingerprint()


def _save_encoder(folder: Path) -> None:
    transformers = importlib.import_module("transformers")
    folder.mkdir()
    words = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *"abc", "##a", "##b", "##c"]
    (folder / "vocab.txt").write_text("\n".join(words))
    transformers.BertTokenizer(str(folder / "vocab.txt")).save_pretrained(folder)
    config = transformers.BertConfig(
        vocab_size=len(words), hidden_size=16, num_hidden_layers=1, num_attention_heads=2,
        intermediate_size=16, max_position_embeddings=32,
    )  # fmt: skip
    transformers.BertModel(config).save_pretrained(folder)
