"""The command line as a user meets it: as a process, with its exit code and its one-line errors."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

HARNESS = (sys.executable, "-m", "harness")


def run(*arguments: str | Path, cwd: Path) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "COLUMNS": "80", "NO_COLOR": "1", "TERM": "dumb"}
    return subprocess.run(  # noqa: S603  (our own program)
        [*HARNESS, *map(str, arguments)],
        cwd=cwd,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )


def test_compare_prints_a_table_of_80_columns_and_where_things_are(office: Path) -> None:
    done = run("compare", office, "--report", "report.html", "--json", "out.json", cwd=office)
    assert done.returncode == 0, done.stderr
    assert "handbook" in done.stdout
    assert "remembered" in done.stdout
    paths = [line for line in done.stdout.splitlines() if line.startswith(("run:", "report:"))]
    assert len(paths) == 2
    table = [line for line in done.stdout.splitlines() if line not in paths]
    assert max(map(len, table)) <= 80
    assert (office / "report.html").read_text(encoding="utf-8").startswith("<!DOCTYPE html>")
    figures = json.loads((office / "out.json").read_text(encoding="utf-8"))
    by_name = {system["name"]: system for system in figures["systems"]}
    assert by_name["remembered"]["metrics"]["stale_rate"]["value"] == 0.25


def test_json_to_standard_output_leaves_it_pure(office: Path) -> None:
    done = run("compare", office, "--json", "-", cwd=office)
    assert json.loads(done.stdout)["systems"][0]["name"] == "handbook"


def test_a_report_made_again_has_the_same_bytes(office: Path) -> None:
    run("compare", office, "--out", "kept", "--report", "first.html", cwd=office)
    kept = next((office / "kept").iterdir())
    done = run("report", kept, "--html", "second.html", cwd=office)
    assert done.returncode == 0, done.stderr
    assert (office / "first.html").read_bytes() == (office / "second.html").read_bytes()


def test_a_plan_is_80_columns_and_json_tells_the_same(office: Path) -> None:
    run("compare", office, "--out", "kept", cwd=office)
    kept = next((office / "kept").iterdir())
    done = run("plan", kept, "--difference", "2pp", "--json", "plan.json", cwd=office)
    assert done.returncode == 0, done.stderr
    assert max(map(len, done.stdout.splitlines())) <= 80
    pair = json.loads((office / "plan.json").read_text(encoding="utf-8"))["comparisons"][0]
    assert (pair["a"], pair["b"], pair["pilot"]) == ("handbook", "remembered", 16)
    assert f"{pair['needed']:,}" in done.stdout
    wrong = run("plan", kept, "--difference", "much", cwd=office)
    assert wrong.returncode == 2
    assert "write it as 2pp or 0.02" in wrong.stderr


def test_the_self_test_prints_coverage_in_80_columns(tmp_path: Path) -> None:
    done = run("selftest", "statistics", "--fast", "--json", "cells.json", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert max(map(len, done.stdout.splitlines())) <= 80
    cells = json.loads((tmp_path / "cells.json").read_text(encoding="utf-8"))
    assert {cell["kind"] for cell in cells} == {"rate", "difference", "mean", "ratio", "quantile"}
    assert f"{100 * cells[0]['coverage']:.1f}" in done.stdout


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (["compare", "nowhere"], "no suite 'nowhere'"),
        (["compare", ".", "--systems", "handbok"], "did you mean 'handbook'?"),
        (["compare", ".", "--days", "2026-13-01"], "'2026-13-01' is no day"),
        (["compare", ".", "--days", "2026-03-02"], "2026-03-02"),
        (["report", "nowhere"], "nowhere"),
        (["resume", "nowhere"], "nowhere"),
        (["plan", "nowhere"], "nowhere"),
        (
            ["world", "build", "planets", "--from", ".", "--until", "2026-01-01", "--out", "x"],
            "releases",
        ),
    ],
)
def test_a_wrong_word_is_one_line_that_says_what_and_where(
    office: Path, arguments: list[str], complaint: str
) -> None:
    done = run(*arguments, cwd=office)
    assert done.returncode == 2
    assert complaint in done.stderr
    assert done.stderr.startswith("harness: ")
    assert "Traceback" not in done.stderr
    assert len(done.stderr.splitlines()) == 1


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (["--json", "suite.toml/a.json"], "--json: suite.toml/a.json cannot be written: "),
        (["--json", "."], "--json: . is a folder"),
        (["--report", "suite.toml/deep/a.html"], "suite.toml is no folder"),
    ],
)
def test_where_nothing_can_be_written_nothing_is_asked(
    office: Path, arguments: list[str], complaint: str
) -> None:
    done = run("compare", ".", *arguments, "--out", "runs", cwd=office)
    assert done.returncode == 2
    (line,) = done.stderr.splitlines()
    assert complaint in line
    assert not (office / "runs").exists()


def test_what_is_no_file_is_written_to_and_not_replaced(office: Path) -> None:
    done = run("compare", ".", "--out", "runs", "--json", "/dev/stderr", cwd=office)
    assert done.returncode == 0, done.stderr
    assert '"systems"' in done.stderr


def test_debug_shows_the_traceback(office: Path) -> None:
    assert "Traceback" in run("compare", "nowhere", "--debug", cwd=office).stderr


def test_an_unknown_option_names_the_nearest(office: Path) -> None:
    done = run("compare", ".", "--sytems", "handbook", cwd=office)
    assert done.returncode == 2
    assert "--systems" in done.stderr


@pytest.mark.parametrize(
    ("file", "old", "new", "complaint"),
    [
        ("systems.toml", 'strategy = "external"', 'strategy = "externel"', "systems.toml:2"),
        ("systems.toml", "assistants:from_handbook", "assistants:from_handbok", "from_handbook"),
        ("suite.toml", "2026-03-01", '"the first of March"', "suite.toml:2"),
        ("suite.toml", "questions.jsonl", "questions.csv", "questions.csv"),
        ("questions.jsonl", '"question": ', '"prompt": ', "question"),
        ("answers.jsonl", '"seconds": 0.4', '"seconds": "soon"', "answers.jsonl:1"),
    ],
)
def test_a_broken_file_is_named_with_the_line_before_anything_runs(
    office: Path, file: str, old: str, new: str, complaint: str
) -> None:
    path = office / file
    path.write_text(path.read_text(encoding="utf-8").replace(old, new, 1), encoding="utf-8")
    done = run("compare", ".", "--out", "runs", cwd=office)
    assert done.returncode == 2
    assert complaint in done.stderr
    assert "Traceback" not in done.stderr
    assert not list((office / "runs").glob("*"))


def test_decide_answers_in_80_columns_and_as_json(office: Path) -> None:
    run("compare", office, "--out", "kept", cwd=office)
    kept = next((office / "kept").iterdir())
    (office / "needs.toml").write_text(
        'stale_rate = "<= 99%"\nchange_days = 7\nassumptions = ["Nobody checks."]\n',
        encoding="utf-8",
    )
    done = run(
        "decide", kept, "--constraints", "needs.toml", "--min-right", "10%", "--prior",
        "--json", "out.json", cwd=office,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("PRIOR, nothing was measured: retrieval")
    assert "Nobody checks." in done.stdout
    assert max(map(len, done.stdout.splitlines())) <= 80
    found = json.loads((office / "out.json").read_text(encoding="utf-8"))
    assert found["prior"]["mechanism"] == "retrieval"
    asked = [c["words"] for c in found["decision"]["needs"]["constraints"]]
    assert asked == ["stale rate at most 99%", "right rate at least 10%"]
    assert found["decision"]["text"]


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        ([], "name the folder of a run, or ask for the --prior"),
        (["nowhere"], "nowhere"),
        (["--prior", "--max-stale", "2 ms"], "--max-stale: 'stale_rate' is '2 ms'"),
        (["--prior", "--require", "speed <= 1 s"], "--require: unknown metric 'speed'"),
        (["--prior", "--constraints", "nowhere.toml"], "nowhere.toml"),
    ],
)
def test_what_decide_cannot_use_is_one_line(
    office: Path, arguments: list[str], complaint: str
) -> None:
    done = run("decide", *arguments, cwd=office)
    assert done.returncode == 2
    assert complaint in done.stderr
    assert len(done.stderr.splitlines()) == 1


GATES = """
[[gates]]
name = "nobody is sent to an old room"
expression = "handbook.stale_rate <= 60%"

[[gates]]
expression = "remembered.stale_rate <= 1%"
sentence = "Memory is as good as the handbook."

[[gates]]
expression = "handbook.right_rate >= baseline.handbook.right_rate - 2pp"
"""


@pytest.fixture
def gated(office: Path) -> Path:
    """The example suite with gates."""
    path = office / "suite.toml"
    path.write_text(path.read_text(encoding="utf-8") + GATES, encoding="utf-8")
    return office


def test_compare_judges_the_gates_of_its_suite_and_gate_makes_an_exit_code_of_them(
    gated: Path,
) -> None:
    done = run("compare", gated, "--out", "kept", "--json", "out.json", cwd=gated)
    assert done.returncode == 0, done.stderr
    assert "FAIL         remembered.stale_rate <= 1%\n" in done.stdout
    assert "             Memory is as good as the handbook.\n" in done.stdout
    assert "note: not judged: handbook.right_rate >= " in done.stdout
    assert "2 gates: 1 failed, 1 passed" in done.stdout
    assert max(len(line) for line in done.stdout.splitlines() if ":" not in line[:8]) <= 80
    figures = json.loads((gated / "out.json").read_text(encoding="utf-8"))
    assert [one["verdict"] for one in figures["gates"]["verdicts"]] == ["pass", "fail"]
    (kept,) = (gated / "kept").iterdir()
    report = (kept / "report.html").read_text(encoding="utf-8")
    assert "2 gates: 1 failed, 1 passed." in report
    done = run("gate", kept, "--json", "-", cwd=gated)
    assert done.returncode == 1
    judged = json.loads(done.stdout)
    assert judged["family"] == 2
    assert judged["verdicts"][1]["expression"] == "remembered.stale_rate <= 1%"
    assert judged["left_out"][0][1] == "it needs a baseline run"
    assert "FAIL " in done.stderr
    done = run("gate", kept, "--gate", "handbook.stale_rate <= 60%", cwd=gated)
    assert (done.returncode, done.stdout.splitlines()[-1]) == (0, "1 gate: 1 passed")


def test_what_inconclusive_does_to_the_exit_code_is_chosen(gated: Path) -> None:
    run("compare", gated, "--out", "kept", cwd=gated)
    (kept,) = (gated / "kept").iterdir()
    asked = ("gate", kept, "--gate", "remembered.stale_rate <= 25%", "--inconclusive")
    codes = {word: run(*asked, word, cwd=gated) for word in ("fail", "warn", "pass")}
    assert {word: done.returncode for word, done in codes.items()} == {
        "fail": 1, "warn": 0, "pass": 0,
    }  # fmt: skip
    assert "warning: 1 inconclusive" in codes["warn"].stderr
    assert not codes["pass"].stderr
    done = run(*asked, "panic", cwd=gated)
    assert done.returncode == 2
    assert "--inconclusive: 'panic'" in done.stderr


def test_a_baseline_is_judged_against_and_refused_where_it_is_unlike(gated: Path) -> None:
    run("compare", gated, "--out", "old", cwd=gated)
    questions = gated / "questions.jsonl"
    text = questions.read_text(encoding="utf-8").replace("Where ", "And where ", 1)
    questions.write_text(text, encoding="utf-8")
    run("compare", gated, "--out", "new", cwd=gated)
    (old,), (new,) = (gated / "old").iterdir(), (gated / "new").iterdir()
    asked = ("gate", new, "--baseline", old, "--gate")
    gate = "handbook.right_rate >= baseline.handbook.right_rate - 50pp"
    done = run(*asked, gate, cwd=gated)
    assert done.returncode == 2
    assert "are unlike: questions (was " in done.stderr
    assert done.stderr.count("\n") == 1
    done = run(*asked, gate, "--allow-different", "questions", cwd=gated)
    assert done.returncode == 0, done.stderr
    assert "PASS " in done.stdout
    assert "note: differs from the baseline, as allowed: questions" in done.stdout


@pytest.mark.parametrize(
    ("gate", "message"),
    [
        ("handbok.right_rate >= 5%", "column 1 of 'handbok.right_rate >= 5%': no system 'handbok'"),
        ("handbook.right_rate > 5%", "column 21 of"),
    ],
)
def test_a_gate_that_is_wrong_is_one_line(office: Path, gate: str, message: str) -> None:
    run("compare", office, "--out", "kept", cwd=office)
    (kept,) = (office / "kept").iterdir()
    done = run("gate", kept, "--gate", gate, cwd=office)
    assert done.returncode == 2
    assert message in done.stderr
    assert done.stderr.count("\n") == 1
    done = run("gate", kept, cwd=office)
    assert done.returncode == 2
    assert "has no gates" in done.stderr


def test_a_suites_gate_on_a_system_that_it_has_not_is_refused_before_anything_is_asked(
    gated: Path,
) -> None:
    path = gated / "suite.toml"
    text = path.read_text(encoding="utf-8").replace('"remembered.stale', '"remembred.stale')
    path.write_text(text, encoding="utf-8")
    done = run("compare", gated, "--out", "kept", cwd=gated)
    assert done.returncode == 2
    assert "suite.toml:13: gates: column 1 of 'remembred.stale_rate <= 1%'" in done.stderr
    assert "did you mean 'remembered'" in done.stderr
    assert not (gated / "kept").exists()
