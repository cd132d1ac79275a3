"""`harness claims` as a user types it: before a run, and on one."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from datetime import date
from pathlib import Path

import pytest

from harness import api
from harness.decision import load_claims
from harness.fixtures import fixture_path, shipped_claims
from harness.world.questions import Question

ROOT = Path(__file__).resolve().parent.parent
EXAMPLE = ROOT / "docs" / "examples" / "claims.toml"
OURS = """\
written = {written}
[[claims]]
id = "knows"
text = "One knows more than none."
source = "us"
metric = "right_rate"
b = "one"
a = "none"
direction = "above"
margin = 0.3

[[claims]]
id = "never-right"
text = "None is never right."
source = "us"
metric = "right_rate"
b = "none"
direction = "below"
margin = 0.5

[[claims]]
id = "elsewhere"
text = "A third would do."
source = "us"
metric = "right_rate"
b = "third"
direction = "above"
"""


def one(question: Question, _day: date) -> str:
    return f"item{question.id.removeprefix('q')}"


def none(_question: Question, _day: date) -> str:
    return "nothing"


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = tmp_path_factory.mktemp("claims")
    (home / "suite.toml").write_text(
        'title = "T"\ndays = [2026-01-01]\nsystems = "systems.toml"\n[questions]\nsource = "questions.jsonl"\n'
    )
    (home / "systems.toml").write_text(
        '[systems.x]\nstrategy = "external"\nfunction = "answers.py:one"\n'
    )
    rows = [{"id": f"q{i}", "question": f"Name item{i}?", "answer": f"item{i}"} for i in range(40)]
    (home / "questions.jsonl").write_text("\n".join(map(json.dumps, rows)))
    return api.compare(home / "suite.toml", systems=[one, none], out=home / "runs").run


def claims(*arguments: object) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "harness", "claims", *map(str, arguments)]
    return subprocess.run(  # noqa: S603
        command, capture_output=True, text=True, check=False, cwd=ROOT
    )


def test_before_a_run_each_claim_is_shown_as_it_will_be_tested() -> None:
    done = claims("--claims", EXAMPLE, "--json", "-")
    assert done.returncode == 0, done.stderr
    assert [claim["id"] for claim in json.loads(done.stdout)["claims"]] == ["hybrid-seldom-stale"]
    words = " ".join(done.stderr.split())
    assert "stale rate of hybrid minus fine-tuned below -5 points." in words
    assert max(map(len, done.stderr.splitlines())) <= 80


def test_a_run_is_judged_with_figure_interval_n_and_detectable_effect(
    run: Path, tmp_path: Path
) -> None:
    ours = tmp_path / "ours.toml"
    ours.write_text(OURS.format(written="2026-01-01"))
    done = claims(run, "--claims", ours, "--json", "-")
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    verdicts = {claim["claim"]["id"]: claim for claim in found["claims"]}
    assert {name: one["verdict"] for name, one in verdicts.items()} == {
        "knows": "supported",
        "never-right": "supported",
        "elsewhere": "not measurable here",
    }
    knows = verdicts["knows"]
    assert knows["estimate"]["n"] == 40
    low, high = knows["estimate"]["low"], knows["estimate"]["high"]
    assert 0.3 < low <= knows["estimate"]["value"] <= high
    assert knows["detectable"] > 0
    assert verdicts["elsewhere"]["detectable"] is None
    words = " ".join(done.stderr.split())
    assert found["scope"] in words
    assert "SUPPORTED: One knows more than none. (knows)" in words
    assert re.search(r"100 points \[[\d.]+ points, [\d.]+ points\], n 40", words)
    assert "predicted nothing" not in words
    assert max(map(len, done.stderr.splitlines())) <= 80


def test_a_claim_written_after_the_run_says_so(run: Path, tmp_path: Path) -> None:
    ours = tmp_path / "ours.toml"
    ours.write_text(OURS.format(written="2999-01-01"))
    done = claims(run, "--claims", ours)
    assert done.stdout.count("it explains, and predicted nothing") == 3


def test_a_bad_file_is_named_by_line_and_nearest_word(tmp_path: Path) -> None:
    ours = tmp_path / "ours.toml"
    ours.write_text(OURS.format(written="2026-01-01").replace('"right_rate"', '"rigt_rate"', 1))
    done = claims("--claims", ours)
    assert done.returncode == 2
    assert "ours.toml:6: 'metric' is 'rigt_rate': did you mean 'right_rate'" in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1


def test_the_document_shows_the_example_as_it_is() -> None:
    text = EXAMPLE.read_text(encoding="utf-8")
    assert text in (ROOT / "docs" / "claims.md").read_text(encoding="utf-8")
    assert len(text.split("[[claims]]")[1].strip().splitlines()) <= 10


def test_every_shipped_claim_was_dated_and_has_its_own_name() -> None:
    found = [claim for path in shipped_claims() for claim in load_claims(path)]
    assert all(claim.written is not None for claim in found)
    assert len({claim.id for claim in found}) == len(found)


def test_the_articles_arithmetic_comes_out_and_todays_prices_undo_its_saving() -> None:
    found = {
        claim.id: claim.computed.value
        for name in ("article", "prices")
        for claim in load_claims(fixture_path(f"claims/{name}.toml"))
        if claim.computed is not None and claim.computed.value is not None
    }
    assert found["rag-query-costs-0.008"] == pytest.approx(0.008)
    assert found["fine-tuned-query-costs-0.004"] == pytest.approx(0.004)
    assert found["training-arithmetic-40"] == pytest.approx(40)
    assert found["hosted-fine-tuned-token-costs-twice"] == pytest.approx(0, abs=1e-9)
    assert found["hosted-saving-of-half-the-tokens"] == pytest.approx(0, abs=1e-12)
    assert found["hosted-saving-with-an-answer"] == pytest.approx(0.000135)
    assert found["hosted-query-costs-0.008"] == pytest.approx(0.000255)
