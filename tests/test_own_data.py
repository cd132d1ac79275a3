"""Questions and recorded answers of one's own, from every kind of file, through the command line."""

from __future__ import annotations

import csv
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

KINDS = (".csv", ".jsonl", ".parquet")
FORM = json.dumps(
    {
        "kind": "json",
        "name": "ticket",
        "schema": {"type": "object", "required": ["due"]},
        "value_pointer": "/due",
    }
)
QUESTIONS = [
    {"key": "k1", "prompt": "When is it due?", "label": "2026-03-10", "shape": FORM, "source": "x"},
    {"key": "k2", "prompt": "And the other?", "label": "2026-03-11", "shape": FORM, "source": "y"},
    {"key": "k3", "prompt": "Who?", "label": "Ada", "shape": "", "source": "z"},
]
ANSWERS = [
    {"id": "k1", "output": '{"due": "2026-03-10"}', "took": 0.5, "why": ""},
    {"id": "k2", "output": '{"due": "2026-03-12"}', "took": 0.5, "why": ""},
    {"id": "k3", "output": "", "took": 9.0, "why": "timeout"},
]
SUITE = """\
title = "Tickets"
days = [2026-03-01]
systems = "systems.toml"

[questions]
source = "questions{kind}"
columns = {{ id = "key", question = "prompt", answer = "label", format = "shape" }}
"""
SYSTEMS = """\
[systems.theirs]
strategy = "external"

[systems.theirs.replay]
path = "answers{kind}"
columns = {{ question_id = "id", text = "output", seconds = "took", failure = "why" }}
"""


def write(path: Path, rows: list[dict[str, Any]]) -> None:
    if path.suffix == ".csv":
        with path.open("w", encoding="utf-8", newline="") as file:
            writer = csv.DictWriter(file, rows[0])
            writer.writeheader()
            writer.writerows(rows)
    elif path.suffix == ".jsonl":
        path.write_text("\n".join(map(json.dumps, rows)), encoding="utf-8")
    else:
        pq.write_table(pa.Table.from_pylist(rows), path)


def write_suite(
    folder: Path, kind: str, questions: list[dict[str, Any]], answers: list[dict[str, Any]]
) -> None:
    write(folder / f"questions{kind}", questions)
    write(folder / f"answers{kind}", answers)
    (folder / "suite.toml").write_text(SUITE.format(kind=kind), encoding="utf-8")
    (folder / "systems.toml").write_text(SYSTEMS.format(kind=kind), encoding="utf-8")


def compare(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(  # noqa: S603  (our own program)
        [sys.executable, "-m", "harness", "compare", ".", "--out", "runs", *arguments],
        cwd=folder,
        env={**os.environ, "NO_COLOR": "1", "TERM": "dumb"},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.parametrize("kind", KINDS)
def test_recorded_answers_are_judged_on_one_s_own_questions(tmp_path: Path, kind: str) -> None:
    write_suite(tmp_path, kind, QUESTIONS, ANSWERS)

    done = compare(tmp_path, "--json", "out.json", "--report", "report.html")

    assert done.returncode == 0, done.stderr
    figures = json.loads((tmp_path / "out.json").read_text(encoding="utf-8"))
    (theirs,) = figures["systems"]
    assert theirs["counts"] == {"planned": 3, "attempted": 3, "answered": 2, "failed": 1}
    assert theirs["metrics"]["right_rate"]["value"] == pytest.approx(1 / 3)
    assert theirs["metrics"]["schema_valid_rate"]["value"] == 1.0
    assert theirs["metrics"]["latency_mean"]["value"] == 0.5
    assert any("theirs: its latencies are those recorded" in note for note in figures["notes"])
    report = (tmp_path / "report.html").read_text(encoding="utf-8")
    assert "The times of theirs are not measured here" in report


@pytest.mark.parametrize("kind", KINDS)
def test_every_wrong_row_of_the_questions_is_named_at_once(tmp_path: Path, kind: str) -> None:
    wrong = [
        QUESTIONS[0],
        QUESTIONS[1] | {"prompt": ""},
        QUESTIONS[2] | {"label": ""},
        QUESTIONS[0] | {"source": "again"},
        QUESTIONS[2] | {"key": "k4", "shape": "jsn"},
    ]
    write_suite(tmp_path, kind, wrong, ANSWERS)

    done = compare(tmp_path)

    first = 2 if kind == ".csv" else 1
    assert done.returncode == 2
    lines = done.stderr.removeprefix("harness: ").splitlines()
    complaints = [line.removeprefix(str(tmp_path / f"questions{kind}")) for line in lines]
    assert [complaint.split(";")[0] for complaint in complaints] == [
        f":{first + 1}: question is empty",
        f":{first + 2}: answer is empty",
        f":{first + 3}: id 'k1' stands in line {first} already",
        f":{first + 4}: unknown format 'jsn': valid: choice, text",
    ]
    assert not list((tmp_path / "runs").glob("*"))


@pytest.mark.parametrize("kind", KINDS)
def test_every_wrong_row_of_the_answers_is_named_before_anything_runs(
    tmp_path: Path, kind: str
) -> None:
    wrong = [
        ANSWERS[0],
        ANSWERS[0] | {"output": "again"},
        ANSWERS[1] | {"id": "k9"},
        ANSWERS[2] | {"output": "late"},
    ]
    write_suite(tmp_path, kind, QUESTIONS, wrong)

    done = compare(tmp_path)

    first = 2 if kind == ".csv" else 1
    assert done.returncode == 2
    lines = done.stderr.removeprefix("harness: system 'theirs': ").splitlines()
    complaints = [line.removeprefix(str(tmp_path / f"answers{kind}")) for line in lines]
    assert complaints == [
        f":{first + 1}: a second answer to question 'k1'",
        f":{first + 2}: the suite has no question 'k9'",
        f":{first + 3}: there are a 'text' and a 'failure'; one of them must be empty",
    ]
    assert not list((tmp_path / "runs").glob("*"))


@pytest.mark.parametrize(
    ("file", "old", "new", "complaint"),
    [
        ("suite.toml", 'answer = "label"', 'anser = "label"', "suite.toml:7: unknown key 'anser'"),
        ("suite.toml", '"label"', '"lable"', "has no 'lable' for answer: did you mean 'label'"),
        ("systems.toml", 'text = "output"', 'txt = "output"', "systems.toml:6: replay.columns.txt"),
        ("systems.toml", '"output"', '"outptu"', "has no 'outptu' for text: did you mean 'output'"),
        ("systems.toml", "answers.csv", "answer.csv", "systems.toml:5: path: there is no file"),
    ],
)
def test_a_wrong_mapping_is_one_line(
    tmp_path: Path, file: str, old: str, new: str, complaint: str
) -> None:
    write_suite(tmp_path, ".csv", QUESTIONS, ANSWERS)
    path = tmp_path / file
    path.write_text(path.read_text(encoding="utf-8").replace(old, new, 1), encoding="utf-8")

    done = compare(tmp_path)

    assert done.returncode == 2
    assert complaint in done.stderr
    assert len(done.stderr.splitlines()) == 1
