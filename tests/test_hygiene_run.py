"""A run with its sweep on a tiny model and a real index: kept apart, resumed, and reported."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

from harness import api
from harness.errors import RunError
from harness.running.folder import load_run

sys.path.insert(0, str(Path(__file__).parent / "training"))

import tiny_model

DAYS = ("2026-01-01", "2026-07-01")
THINGS = ("Twig", "Rust", "Perl")


@pytest.fixture(scope="module")
def suite(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three facts that change in spring, told by two documents each, asked of a tiny model."""
    home = tmp_path_factory.mktemp("suite")
    tiny_model.build(home / "tiny")
    (home / "suite.toml").write_text(
        f'title = "Sweep"\ndays = ["{DAYS[0]}", "{DAYS[1]}"]\nsystems = "systems.toml"\n'
        '[world]\nfacts = "facts.csv"\ndocuments = "documents.jsonl"\n'
        '[questions]\nsource = "questions.jsonl"\n'
        '[hygiene]\nsystem = "rag"\nshares = [0, 1]\n'
    )
    (home / "systems.toml").write_text(
        '[systems.rag]\nstrategy = "rag"\nmodel = { path = "tiny" }\nmax_tokens = 4\n'
        'retrieval = { mode = "bm25", superseded = "delete" }\n'
    )
    facts = ["subject,attribute,value,value_type,valid_from,valid_to"]
    documents, questions = [], []
    for thing in THINGS:
        facts += [
            f"{thing},v,1.0,version,2025-01-01,2026-03-01",
            f"{thing},v,2.0,version,2026-03-01,",
        ]
        for number, day in (("1.0", "2025-01-01"), ("2.0", "2026-03-01")):
            documents.append(
                {
                    "id": f"{thing}-{number}",
                    "day": day,
                    "text": f"{thing} {number} is out",
                    "supersedes": [f"{thing}-1.0"] if number == "2.0" else [],
                }
            )
        history = {
            "subject": thing,
            "attribute": "v",
            "value_type": "version",
            "facts": [["1.0", "2025-01-01", "2026-03-01"], ["2.0", "2026-03-01", None]],
        }
        questions.append(
            {"id": thing, "question": f"{thing} version?", "history": json.dumps(history)}
        )
    (home / "facts.csv").write_text("\n".join(facts) + "\n")
    (home / "documents.jsonl").write_text("\n".join(map(json.dumps, documents)))
    (home / "questions.jsonl").write_text("\n".join(map(json.dumps, questions)))
    return home


@pytest.fixture(scope="module")
def result(suite: Path, tmp_path_factory: pytest.TempPathFactory) -> api.Result:
    return api.compare(suite, out=tmp_path_factory.mktemp("runs"), workers=1)


def test_what_is_left_in_the_index_is_what_the_share_says(result: api.Result) -> None:
    assert {record.system for record in result.loaded.records} == {"rag"}
    swept = load_run(result.run / "hygiene")
    assert swept.manifest.finished is not None
    shares = {s.name: s.settings["retrieval"]["superseded"] for s in swept.manifest.systems}
    assert len(swept.records) == len(THINGS) * 4
    for record in swept.records:
        said = [passage.text for passage in record.answer.passages]
        new, old = (f"{record.question_id} {v} is out" for v in ("2.0", "1.0"))
        assert new in said
        assert (old in said) == (shares[record.system] == 1)


def test_the_figures_and_the_report_have_the_sweep(result: api.Result, tmp_path: Path) -> None:
    assert result.hygiene is not None
    assert [(p.share, p.show_days) for p in result.hygiene.points] == [
        (0.0, True),
        (1.0, True),
        (0.0, False),
        (1.0, False),
    ]
    assert len(result.to_dict()["hygiene"]["points"]) == 4
    first = result.report(tmp_path / "first.html").read_bytes()
    assert b"Index hygiene" in first
    assert first == api.load(result.run).report(tmp_path / "again.html").read_bytes()


def test_a_broken_sweep_is_finished_with_its_run(result: api.Result) -> None:
    journal = result.run / "hygiene" / "records.jsonl"
    lines = journal.read_bytes().splitlines(keepends=True)
    journal.write_bytes(b"".join(lines[:5]))
    with pytest.raises(RunError, match=f"a part of another run.*harness resume {result.run}"):
        api.resume(result.run / "hygiene")
    resumed = api.resume(result.run, workers=1)
    after = journal.read_bytes().splitlines(keepends=True)
    assert after[:5] == lines[:5]
    assert len(after) == len(lines)
    assert len(resumed.loaded.records) == len(THINGS) * 2


def test_without_the_sweep_there_is_none_and_resuming_adds_none(
    suite: Path, tmp_path: Path
) -> None:
    plain = api.compare(suite, out=tmp_path, days=[DAYS[0]], limit=1, hygiene=False, workers=1)
    assert plain.hygiene is None
    assert plain.loaded.manifest.settings["hygiene"] is False
    assert api.resume(plain.run, workers=1).hygiene is None
    assert not (plain.run / "hygiene").exists()
