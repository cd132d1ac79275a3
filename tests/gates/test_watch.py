"""A run that stops when its gates are decided."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path

import pytest

import harness
from harness.errors import ConfigError
from harness.running.plan import make_plan
from harness.world.formats import FreeText
from harness.world.questions import Question

SUITE = """
title = "Early"
days = [2026-06-01, 2026-07-01]
default_days = [2026-06-01]
systems = "systems.toml"
gates = {gates}
[questions]
source = "questions.jsonl"
"""
GATES = ["good.right_rate >= 60%", "bad.right_rate >= good.right_rate - 10pp"]


@pytest.fixture
def suite(tmp_path: Path) -> Path:
    """600 questions in 300 groups; one function is right on six in seven, one on the others."""
    (tmp_path / "watched_answers.py").write_text(
        "def good(question, day):\n    return '1'\ndef bad(question, day):\n    return '2'\n"
    )
    (tmp_path / "systems.toml").write_text(
        "".join(
            f'[systems.{n}]\nstrategy = "external"\nfunction = "watched_answers:{n}"\n'
            for n in ("good", "bad")
        )
    )
    rows = (
        {
            "id": f"q{i}",
            "question": f"What is {i}?",
            "answer": "1" if i % 7 else "2",
            "group": f"g{i // 2}",
        }
        for i in range(600)
    )
    (tmp_path / "questions.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    return write(tmp_path, GATES)


def write(folder: Path, gates: list[str]) -> Path:
    (folder / "suite.toml").write_text(SUITE.format(gates=json.dumps(gates)))
    return folder


def test_it_stops_early_and_the_same_verdicts_come_from_its_folder(suite: Path) -> None:
    result = harness.compare(suite, stop_when_decided=True, out=suite / "runs", workers=1)
    assert 40 <= len(result.loaded.records) < 400
    assert [one.verdict for one in result.gates.verdicts] == ["pass", "fail"]
    assert all("confidence sequence" in one.estimate.method for one in result.gates.verdicts)
    assert any(
        note.startswith("stopped when all gates were decided") for note in result.results.notes
    )
    assert result.loaded.manifest.finished is not None
    assert harness.load(result.run).gates == result.gates
    whole = harness.resume(result.run, workers=1)  # the rest may be asked all the same
    assert len(whole.loaded.records) >= len(result.loaded.records)
    assert [one.verdict for one in whole.gates.verdicts] == ["pass", "fail"]


def test_a_gate_that_stays_open_takes_the_whole_run(suite: Path) -> None:
    write(suite, ["good.right_rate >= 85%"])
    result = harness.compare(suite, stop_when_decided=True, limit=60, out=suite / "runs", workers=1)
    assert len(result.loaded.records) == 120
    assert [one.verdict for one in result.gates.verdicts] == ["inconclusive"]


@pytest.mark.parametrize(
    ("gates", "days", "message"),
    [
        ([], None, "the suite needs gates"),
        (["good.latency_p95 <= 1s"], None, "'good.latency_p95 <= 1s' is on no rate"),
        (["good.right_rate >= baseline.good.right_rate"], None, "needs a baseline"),
        (GATES, "all", "one day and one repeat: name a day"),
    ],
)
def test_what_cannot_be_decided_early_is_refused_before_anything_is_asked(
    suite: Path, gates: list[str], days: str | None, message: str
) -> None:
    write(suite, gates)
    with pytest.raises(ConfigError, match=message):
        harness.compare(suite, stop_when_decided=True, days=days, out=suite / "runs")
    assert not (suite / "runs").exists()


def test_groups_are_asked_whole_in_random_order() -> None:
    questions = [Question(f"q{i}", "?", None, FreeText(), group=f"g{i % 5}") for i in range(20)]
    plan = make_plan(questions, [date(2026, 6, 1)], ["a", "b"], 1, 3, grouped=True)
    groups = [f"g{int(task.question_id[1:]) % 5}" for task in plan]
    order = list(dict.fromkeys(groups))
    assert groups == [group for group in order for _ in range(8)]
    assert order != sorted(order)
    assert len({task.key for task in plan}) == 40
