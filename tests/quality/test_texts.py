"""ragas' scores without a judge beside the libraries that define them, called directly."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scored_runs import answered, kept, made, passage, question, ragas, two_systems

from harness import api
from harness.scoring.quality import Sample, samples
from harness.scoring.quality.stored import Scored

WORDS = st.sampled_from(
    ["Product", "is", "at", "4.2", "4.2.1", "out", "now", "the", "release", "v2"]
)
TEXTS = st.lists(WORDS, min_size=1, max_size=12).map(" ".join)


@pytest.fixture(autouse=True)
def _ragas() -> None:
    ragas()


def scores(*pairs: tuple[str, str]) -> list[dict[str, float]]:
    """The scores of (response, reference) pairs."""
    from harness.scoring.quality.texts import score_texts  # noqa: PLC0415  (needs ragas)

    asked = [
        Sample(
            ("s", str(i), "2026-06-01", 0),
            "?",
            text,
            (reference,),
            reference,
            (),
            (),
            False,
            "a",
            "b",
        )
        for i, (text, reference) in enumerate(pairs)
    ]
    lines: list[Scored] = list(score_texts(asked))
    return [dict(line.scores) for line in lines if "bleu" in line.scores]


def test_figures_are_those_of_the_libraries_that_define_them() -> None:
    rapidfuzz = pytest.importorskip("rapidfuzz")
    rouge = pytest.importorskip("rouge_score.rouge_scorer")
    sacrebleu = pytest.importorskip("sacrebleu")
    scorer = rouge.RougeScorer(["rougeL"], use_stemmer=True)
    pairs = [
        ("4.2.13", "4.2.13"),
        ("It is at 4.2.13", "4.2.13"),
        ("Twig 3. It came in May. The next is due.", "Twig 3. It came in May"),
        ("a b. c d", "a b. c e. f"),
        ("nothing alike", "4.2.13"),
        ("Über 30 Tage", "über 30 Tage"),
    ]
    for (text, reference), found in zip(pairs, scores(*pairs), strict=True):
        assert found["exact_match"] == float(text == reference)
        assert found["string_similarity"] == pytest.approx(
            rapidfuzz.distance.Levenshtein.normalized_similarity(text, reference)
        )
        assert found["rouge_l"] == pytest.approx(scorer.score(reference, text)["rougeL"].fmeasure)
        bleu = sacrebleu.sentence_bleu(text, [reference], use_effective_order=True).score
        assert found["bleu"] == pytest.approx(bleu / 100)
        chrf = sacrebleu.sentence_chrf(text, [reference]).score
        assert found["chrf"] == pytest.approx(chrf / 100)


@settings(max_examples=40)
@given(text=TEXTS, reference=TEXTS)
def test_scores_lie_between_0_and_1_and_what_is_alike_scores_1(text: str, reference: str) -> None:
    found, alike = scores((text, reference), (reference, reference))
    assert all(0 <= value <= 1 for value in found.values())
    assert alike == pytest.approx(dict.fromkeys(alike, 1.0))


def test_of_several_references_the_best_counts() -> None:
    run = made([question(1)], {"base": [answered("v1.2")]})
    (sample,) = samples(run)
    assert sample.references == ("1.2", "v1.2")
    from harness.scoring.quality.texts import score_texts  # noqa: PLC0415  (needs ragas)

    assert next(iter(score_texts([sample]))).scores["exact_match"] == 1.0


def test_passages_are_held_against_those_that_are_right(tmp_path: Path) -> None:
    questions = [question(i) for i in range(3)]
    both = [answered("It is at x", passage(i, 1), passage(i, 2)) for i in range(3)]
    old = [answered("It is at x", passage(i, 1), passage(9, 1)) for i in range(3)]
    run = kept(made(questions, {"rag": both, "rag-old": old}), tmp_path / "run")
    found = api.quality(run).quality
    assert found is not None
    rag, other = found.figures["rag"], found.figures["rag-old"]
    assert (rag["id_recall"].estimate.value, rag["id_precision"].estimate.value) == (1.0, 0.5)
    assert (other["id_recall"].estimate.value, other["id_precision"].estimate.value) == (0.0, 0.0)
    assert rag["text_recall"].estimate.value == 1.0
    # By their letters an outdated passage is much like the right one: ragas' texts see no difference.
    assert other["text_recall"].estimate.value == 1.0


def test_a_run_is_scored_once_and_its_report_has_the_section(tmp_path: Path) -> None:
    run = kept(two_systems(12), tmp_path / "run")
    first = api.quality(run)
    stored = (run / "quality.jsonl").read_bytes()
    second = api.quality(run)
    assert (run / "quality.jsonl").read_bytes() == stored
    assert first.quality == second.quality
    html = second.report(tmp_path / "report.html").read_text(encoding="utf-8")
    assert 'id="quality"' in html
    assert "ROUGE-L" in second.markdown()


def test_compare_scores_where_ragas_is_installed(office: Path, tmp_path: Path) -> None:
    result = api.compare(office / "suite.toml", out=tmp_path)
    found = result.quality
    assert found is not None
    assert {name for name, figure in next(iter(found.figures.values())).items() if figure.scored}


def test_neither_an_id_nor_a_file_is_left_in_the_users_home(tmp_path: Path) -> None:
    run = kept(two_systems(2), tmp_path / "run")
    home = tmp_path / "home"
    home.mkdir()
    root = str(Path(__file__).resolve().parent.parent.parent)
    done = subprocess.run(  # noqa: S603  (our own program)
        [sys.executable, "-m", "harness", "quality", str(run)],
        env={"HOME": str(home), "PATH": "/usr/bin:/bin", "PYTHONPATH": root, "NO_COLOR": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert [path for path in home.rglob("*") if path.is_file()] == []
