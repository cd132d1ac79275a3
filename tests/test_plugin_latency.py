"""The releases suite's benchmarks of stages, on systems whose stages take a planted time."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parent.parent
SECONDS = {"retrieve": 0.25, "first_token": 0.5, "decode": 2.0, "answer": 3.0}
SYSTEMS = {
    "base": "closed",
    "rag": "reading",
    "fine-tuned": "closed",
    "hybrid": "reading",
    "stacked": "reading",
}
FUNCTIONS = """
from pathlib import Path

from harness import Answer, Timing, Usage

def reading(question, day):
    slower = float(Path("slower").read_text()) if Path("slower").exists() else 1.0
    with Path("asked").open("a") as asked:
        asked.write("x")
    stages = {"retrieve": 0.25, "first_token": 0.5, "decode": 2.0 * slower}
    timing = Timing(queue=9.0, total=9.25 + sum(stages.values()), **stages)
    return Answer("Room 1", usage=Usage(40, 5), timing=timing)

def closed(question, day):
    return Answer("Room 1", usage=Usage(9, 5), timing=Timing(first_token=0.5, decode=2.0, total=3.0))
"""
GATE = """
def test_a_gate(harness_results, harness_gate):
    raise AssertionError
"""


@pytest.fixture
def suite(pytester: pytest.Pytester) -> pytest.Pytester:
    """A session folder with the shipped benchmarks, a gate, and scripted systems of the same names."""
    example = ROOT / "docs" / "examples" / "your-own"
    for name in ("suite.toml", "questions.jsonl"):
        shutil.copy(example / name, pytester.path)
    shutil.copy(ROOT / "suites" / "releases" / "test_latency.py", pytester.path)
    declared = [
        f'[systems.{name}]\nstrategy = "external"\nfunction = "scripted_stages:{function}"\n'
        for name, function in SYSTEMS.items()
    ]
    (pytester.path / "systems.toml").write_text("".join(declared), encoding="utf-8")
    (pytester.path / "scripted_stages.py").write_text(FUNCTIONS, encoding="utf-8")
    pytester.makepyfile(test_gate=GATE)
    return pytester


def run(suite: pytest.Pytester, *arguments: str) -> pytest.RunResult:
    return suite.runpytest_subprocess("-p", "no:cacheprovider", *arguments)


def saved(suite: pytest.Pytester) -> dict[str, Any]:
    (file,) = suite.path.glob(".benchmarks/*/*.json")
    benchmarks = json.loads(file.read_text(encoding="utf-8"))["benchmarks"]
    return {entry["name"]: entry for entry in benchmarks}


def asked(suite: pytest.Pytester) -> int:
    file = suite.path / "asked"
    return len(file.read_text(encoding="utf-8")) if file.exists() else 0


def test_each_stage_of_each_system_is_timed_and_nothing_else_is_run(
    suite: pytest.Pytester,
) -> None:
    result = run(suite, "--benchmark-only", "--benchmark-save=first")
    result.assert_outcomes(passed=18, skipped=1)
    assert not (suite.path / "runs").exists()
    found = saved(suite)
    retrieving = {name for name, function in SYSTEMS.items() if function == "reading"}
    assert set(found) == {
        f"test_stage[{system}-{stage}]"
        for system in SYSTEMS
        for stage in SECONDS
        if stage != "retrieve" or system in retrieving
    }
    for entry in found.values():
        extra = entry["extra_info"]
        assert entry["name"] == f"test_stage[{extra['system']}-{extra['stage']}]"
        assert entry["group"] == extra["stage"]
        assert entry["stats"]["rounds"] == extra["answers"] == 20
        for figure in ("min", "median", "max"):
            assert entry["stats"][figure] == pytest.approx(SECONDS[extra["stage"]])
        assert extra["completion_tokens"] == 20 * 5
        assert extra["prompt_tokens"] == 20 * (40 if extra["system"] in retrieving else 9)
        assert extra["day"] == "2026-06-01"


def test_a_stage_that_became_slower_fails_the_comparison_and_names_it(
    suite: pytest.Pytester,
) -> None:
    run(suite, "--benchmark-only", "--benchmark-save=first")
    compare = ("--benchmark-only", "--benchmark-compare", "--benchmark-compare-fail=median:10%")
    same = run(suite, *compare)
    same.assert_outcomes(passed=18, skipped=1)
    assert same.ret == 0
    (suite.path / "slower").write_text("1.2", encoding="utf-8")
    worse = run(suite, *compare)
    assert worse.ret != 0
    regressed = {
        line for line in worse.stderr.lines + worse.outlines if "PercentageRegression" in line
    }
    told = " ".join(regressed)
    for system, function in SYSTEMS.items():
        assert (f"[{system}-decode]" in told) is (function == "reading")
    assert "first_token" not in told
    assert "retrieve" not in told


def test_disabled_benchmarks_ask_once_each_and_time_nothing(suite: pytest.Pytester) -> None:
    result = run(suite, "--benchmark-disable", "test_latency.py")
    result.assert_outcomes(passed=18)
    assert asked(suite) == 3 * 4


@pytest.mark.parametrize("flag", ["--benchmark-skip", "--harness-run=nowhere"])
def test_skipped_benchmarks_ask_nothing(suite: pytest.Pytester, flag: str) -> None:
    result = run(suite, flag, "test_latency.py", "-rs")
    result.assert_outcomes(skipped=18)
    result.stdout.fnmatch_lines([f"SKIPPED*{flag.partition('=')[0]}*"])
    assert asked(suite) == 0


def test_under_workers_they_are_skipped_with_the_reason(suite: pytest.Pytester) -> None:
    result = run(suite, "-n", "2", "test_latency.py", "-rs")
    result.assert_outcomes(skipped=18)
    result.stdout.fnmatch_lines(["SKIPPED*leave out -n*"])
    assert asked(suite) == 0


def test_without_pytest_benchmark_they_are_skipped_with_the_reason(suite: pytest.Pytester) -> None:
    suite.makeconftest("import sys; sys.modules['pytest_benchmark'] = None")
    result = run(suite, "-p", "no:benchmark", "--strict-markers", "test_latency.py", "-rs")
    result.assert_outcomes(skipped=1)
    result.stdout.fnmatch_lines(["SKIPPED*needs pytest-benchmark*"])


def test_systems_that_were_not_asked_for_are_skipped(suite: pytest.Pytester) -> None:
    result = run(suite, "--benchmark-only", "--harness-systems=rag", "test_latency.py", "-rs")
    result.assert_outcomes(passed=4, skipped=14)
    result.stdout.fnmatch_lines(["SKIPPED*is not among the systems asked for"])


@pytest.mark.parametrize(
    ("file", "old", "new", "complaint"),
    [
        ("suite.toml", "days", "dais", "*suite.toml:2*dais*days*"),
        ("systems.toml", "scripted_stages:closed", "scripted_stages:closd", "*closd*closed*"),
    ],
)
def test_what_is_wrong_is_said_in_one_line(
    suite: pytest.Pytester, file: str, old: str, new: str, complaint: str
) -> None:
    path = suite.path / file
    path.write_text(path.read_text(encoding="utf-8").replace(old, new), encoding="utf-8")
    result = run(suite, "--benchmark-only", "test_latency.py", "-k", "base-answer")
    result.stdout.fnmatch_lines([complaint])


def test_a_system_that_fails_has_no_time(suite: pytest.Pytester) -> None:
    path = suite.path / "scripted_stages.py"
    path.write_text(
        "def reading(q, d): raise LookupError('planted')\nclosed = reading\n", encoding="utf-8"
    )
    result = run(suite, "--benchmark-only", "test_latency.py", "-k", "rag-answer")
    result.assert_outcomes(failed=1, deselected=17)
    result.stdout.fnmatch_lines(["*rag failed on *: error: LookupError: planted"])
