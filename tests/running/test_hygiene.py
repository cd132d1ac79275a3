"""The sweep is a job of its own: which variants, which questions, and when there is none."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from harness.errors import ConfigError
from harness.running.hygiene import make_sweep
from harness.running.job import Inputs, Job, load_inputs, make_job
from harness.running.suite import load_suite
from harness.systems.refresh import ON_CHANGE

SUITE = """\
title = "Sweep"
days = [2026-01-01, 2026-07-01]
systems = "systems.toml"
[world]
facts = "facts.csv"
[questions]
source = "questions.jsonl"
[hygiene]
system = "rag"
shares = [0.5, 0, 0.25]
"""
SYSTEMS = """\
[systems.base]
strategy = "base"
[systems.rag]
strategy = "rag"
retrieval = { mode = "bm25", passages = 2, refresh = "never" }
"""
QUESTION = '{{"id": "{0}", "question": "{1}?", "history": "{2}", "group": "{0}"}}\n'
HISTORY = (
    '{{\\"subject\\": \\"{0}\\", \\"attribute\\": \\"a\\", \\"value_type\\": \\"{1}\\", '
    '\\"facts\\": {2}}}'
)
HOLDS = '[[\\"1.0\\", \\"2025-01-01\\", null]]'
CHANGED = '[[\\"1.0\\", \\"2025-01-01\\", \\"2026-02-01\\"], [\\"2.0\\", \\"2026-02-01\\", null]]'
SWITCHED = '[[\\"yes\\", \\"2025-01-01\\", \\"2026-02-01\\"], [\\"no\\", \\"2026-02-01\\", null]]'
GONE = '[[\\"1.0\\", \\"2025-01-01\\", \\"2026-02-01\\"]]'


def row(name: str, value_type: str, facts: str) -> str:
    return QUESTION.format(name, name, HISTORY.format(name, value_type, facts))


@pytest.fixture
def suite(tmp_path: Path) -> Path:
    (tmp_path / "suite.toml").write_text(SUITE)
    (tmp_path / "systems.toml").write_text(SYSTEMS)
    (tmp_path / "facts.csv").write_text("subject,attribute,value,value_type,valid_from,valid_to\n")
    (tmp_path / "questions.jsonl").write_text(
        "".join(row(f"c{n}", "version", CHANGED) for n in range(4))
        + row("holds", "version", HOLDS)
        + row("switched", "boolean", SWITCHED)
        + row("gone", "version", GONE)
    )
    return tmp_path


def loaded(suite: Path, **changes: object) -> tuple[Job, Inputs]:
    job = make_job(load_suite(suite), **changes)  # type: ignore[arg-type]
    return job, load_inputs(job)


def test_every_share_is_asked_with_and_without_days_about_what_had_changed(suite: Path) -> None:
    sweep = make_sweep(*loaded(suite), "run-1")
    assert sweep is not None
    retrievals = [spec.retrieval for spec in sweep.job.systems]
    assert [(r.superseded, r.show_days) for r in retrievals if r] == [
        (share, shown) for share in (0.0, 0.25, 0.5) for shown in (True, False)
    ]
    assert all(r.refresh == ON_CHANGE and r.passages == 2 for r in retrievals if r)
    assert {question.id for question in sweep.inputs.questions} == {"c0", "c1", "c2", "c3"}
    assert sweep.job.days == (date(2026, 7, 1),)
    assert len(sweep.inputs.plan) == sweep.manifest.planned == 4 * 6
    assert (sweep.manifest.run_id, sweep.manifest.suite) == ("run-1/hygiene", suite.name)
    assert sweep.manifest.settings == {"part_of": "run-1", "system": "rag"}


def test_a_limit_and_a_day_of_its_own_are_kept(suite: Path) -> None:
    text = SUITE + "limit = 2\nday = 2026-01-01\n"
    (suite / "suite.toml").write_text(text)
    assert make_sweep(*loaded(suite), "r") is None  # nothing had changed by the first day
    (suite / "suite.toml").write_text(text.replace("day = 2026-01-01", "day = 2026-07-01"))
    sweep = make_sweep(*loaded(suite, days=["2026-01-01"]), "r")
    assert sweep is not None
    assert (sweep.job.days, len(sweep.inputs.questions)) == ((date(2026, 7, 1),), 2)


@pytest.mark.parametrize(
    "changes", [{"hygiene": False}, {"systems": ["base"]}, {"days": ["2026-01-01"]}]
)
def test_there_is_no_sweep_of_nothing(suite: Path, changes: dict[str, object]) -> None:
    assert make_sweep(*loaded(suite, **changes), "r") is None


def test_a_sample_without_a_changed_fact_leaves_nothing_to_sweep(suite: Path) -> None:
    job, inputs = loaded(suite)
    held = type(inputs.questions)(q for q in inputs.questions if q.id == "holds")
    assert make_sweep(job, replace(inputs, questions=held), "r") is None


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ('system = "rag"', 'system = "rga"', "hygiene: no system 'rga': did you mean 'rag'"),
        ('system = "rag"', 'system = "base"', "hygiene: system 'base' has no index to sweep"),
        ('system = "rag"\n', "", "suite.toml:8: system is missing"),
        ("0.25", "1.25", r"suite.toml:10: shares must be shares from 0 to 1, and 1.25 is none"),
        ("0.25", "0.5", "suite.toml:10: shares must be a list of different shares"),
        ("shares", "share", "unknown key 'share': did you mean 'shares'"),
        ("[hygiene]", "[hygiene]\nday = 2026-07-02", "day: 2026-07-02 is none of the days"),
        ("[hygiene]", "[hygiene]\nlimit = 0", "limit must be at least 1"),
    ],
)
def test_a_wrong_plan_is_refused_before_anything_runs(
    suite: Path, old: str, new: str, message: str
) -> None:
    (suite / "suite.toml").write_text(SUITE.replace(old, new))
    with pytest.raises(ConfigError, match=message):
        make_job(load_suite(suite))
