"""What breaks in practice, planted: the gates of the shipped suites catch each, with their sentences.

On the shipped lab model retrieval is turned off, the weights are rounded to a few steps, the context is cut;
on recorded tickets 3 % of the JSON is broken.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file, save_file

from harness import api
from harness.gates import GateReport, GateVerdict, declare, judge_runs
from harness.running.folder import LoadedRun
from harness.running.suite import load_suite
from harness.scoring import PriceBook
from harness.statistics import Results, summarise
from harness.systems.config import load_systems
from harness.systems.spec import SystemSpec

ROOT = Path(__file__).resolve().parent.parent
SUITES = ROOT / "suites"
LAB = ROOT / "fixtures" / "lab"
QUESTIONS = 40
BROKEN = ("blind", "coarse", "short")
BITS = 3
CONTEXT = 128


def copy_of_the_lab_model(to: Path) -> Path:
    to.mkdir()
    for path in LAB.iterdir():
        if path.is_file():
            shutil.copy(path, to)
    return to


def coarse_weights(to: Path) -> Path:
    """Every matrix on so many bits, one scale for the whole of it."""
    path = copy_of_the_lab_model(to) / "model.safetensors"

    def rounded(weights: torch.Tensor) -> torch.Tensor:
        if weights.ndim == 1:
            return weights
        step = weights.float().abs().max() / (2 ** (BITS - 1) - 1)
        return ((weights.float() / step).round() * step).to(weights.dtype)

    tensors = {name: rounded(weights) for name, weights in load_file(path).items()}
    save_file(tensors, path, metadata={"format": "pt"})
    return to


def short_context(to: Path) -> Path:
    path = copy_of_the_lab_model(to) / "config.json"
    config = json.loads(path.read_text(encoding="utf-8"))
    config["max_position_embeddings"] = CONTEXT
    path.write_text(json.dumps(config), encoding="utf-8")
    return to


@pytest.fixture(scope="module")
def releases(tmp_path_factory: pytest.TempPathFactory) -> api.Result:
    """One run of base and rag, beside rag broken in three ways."""
    home = tmp_path_factory.mktemp("planted")
    folder = SUITES / "releases"
    specs = {spec.name: spec for spec in load_systems(folder / "systems.toml", folder)}
    rag = replace(specs["rag"], max_tokens=48)

    def on(model: Path) -> SystemSpec:
        return replace(rag, name=model.name, model=replace(rag.model, path=str(model)))

    systems = [
        specs["base"],
        rag,
        replace(rag, name="blind", strategy="base", retrieval=None),
        on(coarse_weights(home / "coarse")),
        on(short_context(home / "short")),
    ]
    return api.compare(
        "releases",
        systems=systems,
        days=["2026-08-22"],
        limit=QUESTIONS,
        hygiene=False,
        out=home / "runs",
    )


def seen(run: LoadedRun, rag: str) -> tuple[LoadedRun, Results]:
    """The run of base and one of the others, under the name that the gates know."""
    names = {"base": "base", rag: "rag"}
    manifest = run.manifest
    systems = tuple(replace(s, name=names[s.name]) for s in manifest.systems if s.name in names)
    preparations = {
        names[name]: made for name, made in manifest.preparations.items() if name in names
    }
    records = tuple(replace(r, system=names[r.system]) for r in run.records if r.system in names)
    loaded = replace(
        run,
        manifest=replace(manifest, systems=systems, preparations=preparations),
        records=records,
    )
    return loaded, summarise(loaded, PriceBook.empty())


def judged(releases: api.Result, rag: str) -> Mapping[str, GateVerdict]:
    found = report(releases, rag)
    return {verdict.name: verdict for verdict in found.verdicts}


def report(releases: api.Result, rag: str) -> GateReport:
    gates = declare(load_suite("releases").gates)
    run = releases.loaded
    return judge_runs(gates, seen(run, rag), seen(run, "rag"))


def failed(found: Mapping[str, GateVerdict]) -> set[str]:
    return {name for name, verdict in found.items() if verdict.verdict == "fail"}


def test_no_gate_fails_where_nothing_is_broken(releases: api.Result) -> None:
    assert not failed(judged(releases, "rag"))


def test_retrieval_that_is_off_is_caught_by_what_reading_is_for(releases: api.Result) -> None:
    found = judged(releases, "blind")
    caught = failed(found)
    assert {"reading beats not reading", "reading is as good as before"} <= caught
    assert "every question gets an answer" not in caught
    verdict = found["reading beats not reading"]
    assert verdict.sentence.startswith("rag right_rate minus that of base is 0pp [")
    assert verdict.sentence.endswith("wanted at least 20pp more than base")
    assert "is retrieval on?" in verdict.explanation
    assert "rag differs from itself in the baseline in: " in report(releases, "blind").notes[0]


def test_coarse_weights_are_caught_by_the_format_and_by_what_was_right(
    releases: api.Result,
) -> None:
    found = judged(releases, "coarse")
    caught = failed(found)
    assert {"the format is kept", "reading is as good as before"} <= caught
    assert "every question gets an answer" not in caught
    assert found["the format is kept"].sentence.startswith("rag valid_rate is ")
    assert found["the format is kept"].sentence.endswith("; wanted at least 65%")
    assert "cannot keep to a format any more" in found["the format is kept"].explanation
    (note,) = report(releases, "coarse").notes
    assert note == "rag differs from itself in the baseline in: model"


def test_a_short_context_is_caught_by_the_questions_without_an_answer(
    releases: api.Result,
) -> None:
    found = judged(releases, "short")
    assert "every question gets an answer" in failed(found)
    verdict = found["every question gets an answer"]
    assert verdict.sentence.startswith("rag failed_rate is 100% [")
    assert verdict.sentence.endswith("; wanted at most 3%")
    assert "do not fit into the model's context" in verdict.explanation


SUITE = """
title = "Recorded tickets"
days = [2025-02-25, 2025-05-25, 2025-08-25]
systems = "systems.toml"

[questions]
source = "questions.jsonl"
"""
SCHEMA = {
    "type": "object",
    "required": ["product", "severity"],
    "properties": {"product": {"type": "string"}, "severity": {"type": "integer"}},
    "additionalProperties": False,
}
TICKETS = 400


def recorded(folder: Path, every: int | None) -> api.Result:
    """A run on recorded tickets, of which one in `every` lacks its end."""
    folder.mkdir()
    questions, answers = [], []
    for number in range(TICKETS):
        ticket = {"product": f"Product {number}", "severity": number % 5}
        text = json.dumps(ticket)
        questions.append(
            {
                "id": f"q{number}",
                "question": f"Write the ticket of product {number}.",
                "answer": text,
                "group": f"g{number}",
                "format": json.dumps({"kind": "json", "name": "ticket", "schema": SCHEMA}),
            }
        )
        for day in range(3):
            cut = every is not None and (3 * number + day) % every == 0
            answers.append(
                {
                    "question_id": f"q{number}",
                    "day": ("2025-02-25", "2025-05-25", "2025-08-25")[day],
                    "text": text[:-1] if cut else text,
                    "seconds": 0.5,
                }
            )
    write(folder / "questions.jsonl", questions)
    write(folder / "answers.jsonl", answers)
    (folder / "suite.toml").write_text(SUITE, encoding="utf-8")
    (folder / "systems.toml").write_text(
        '[systems.hybrid]\nstrategy = "external"\nreplay = "answers.jsonl"\n', encoding="utf-8"
    )
    return api.compare(folder, out=folder / "runs")


def write(path: Path, rows: list[dict[str, Any]]) -> None:
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")


def test_three_in_a_hundred_broken_tickets_are_caught_by_their_schema(tmp_path: Path) -> None:
    before = recorded(tmp_path / "before", None)
    again = recorded(tmp_path / "again", None).gate(suite="advisories", baseline=before)
    assert {verdict.verdict for verdict in again.verdicts} == {"pass"}
    broken = recorded(tmp_path / "after", 33).gate(suite="advisories", baseline=before)
    found = {verdict.name: verdict for verdict in broken.verdicts}
    assert failed(found) == {"tickets fit their schema as often as before"}
    verdict = found["tickets fit their schema as often as before"]
    assert verdict.sentence.startswith(
        "hybrid schema_valid_rate minus that of baseline hybrid is -3.1pp ["
    )
    assert verdict.explanation == "Every ticket that does not is typed in by hand."
    assert broken.notes == ("hybrid differs from itself in the baseline in: answers",)
