"""`harness report` and `harness publish` as a user runs them, on runs of two small assistants."""

from __future__ import annotations

import csv
import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from harness import api
from harness.errors import ConfigError, RunError
from harness.load_result import LoadResult
from harness.scoring.limits import LatencyLimits
from harness.under_load import load_test

ROOT = Path(__file__).resolve().parent.parent
SERVICE = 0.02
ASSISTANTS = f"""\
import time

def old(question, day):
    return "I don't know."

def new(question, day):
    return question.references(day)[0].value if question.references(day) else "I don't know."

def slow(question, day):
    time.sleep({SERVICE})
    return "I don't know."
"""
SYSTEMS = """\
[systems.assistant]
strategy = "external"
function = "{module}:{function}"
"""


def suite(folder: Path, function: str) -> Path:
    shutil.copytree(ROOT / "docs" / "examples" / "your-own", folder)
    module = f"assistants_{folder.name}"
    (folder / f"{module}.py").write_text(ASSISTANTS)
    systems = SYSTEMS.format(module=module, function=function)
    (folder / "systems.toml").write_text(systems)
    return folder / "suite.toml"


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    home = tmp_path_factory.mktemp("runs")
    before = api.compare(suite(home / "old", "old"), out=home).run
    after = api.compare(suite(home / "new", "new"), out=home).run
    return before, after


def harness(*arguments: str | Path, cwd: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(  # noqa: S603  (our own program)
        [sys.executable, "-m", "harness", *map(str, arguments)],
        cwd=cwd,
        env={**os.environ, "NO_COLOR": "1", "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )


def test_a_run_is_written_up_in_every_form_twice_alike(
    runs: tuple[Path, Path], tmp_path: Path
) -> None:
    outputs = ("r.html", "s.md", "t/figures.csv", "t/comparisons.csv", "t/answers.csv", "j.json")
    made = []
    for _ in range(2):
        done = harness(
            "report", runs[1], "--baseline", runs[0], "--html", "r.html", "--markdown", "s.md",
            "--csv", "t", "--json", "j.json", cwd=tmp_path,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
        made.append([(tmp_path / name).read_bytes() for name in outputs])
    assert made[0] == made[1]
    for name in outputs[:-1]:
        assert f"report: {name}" in done.stdout.splitlines()


def test_what_changed_since_the_baseline_is_said(runs: tuple[Path, Path], tmp_path: Path) -> None:
    done = harness(
        "report", runs[1], "--baseline", runs[0], "--html", "r.html", "--markdown", "s.md",
        "--json", "-", cwd=tmp_path,
    )  # fmt: skip
    moved = json.loads(done.stdout)["baseline"]["systems"][0]
    won = sum(flip["won"] for flip in moved["flips"])
    assert won > 0
    page = (tmp_path / "r.html").read_text(encoding="utf-8")
    sentence = f"0 answers that were right are not now, and {won} are that were not."
    (section,) = re.findall(r'<section[^>]* id="baseline".*?</section>', page, re.DOTALL)
    assert sentence in section
    assert sentence in (tmp_path / "s.md").read_text(encoding="utf-8")
    assert re.search(r"unlike: [^<]*assistant \(function\)", section)


def test_the_systems_of_two_runs_stand_in_one_report(
    runs: tuple[Path, Path], tmp_path: Path
) -> None:
    done = harness("report", *runs, "--html", "r.html", "--csv", "t", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    with (tmp_path / "t" / "answers.csv").open(encoding="utf-8", newline="") as file:
        answers = list(csv.DictReader(file))
    right = {row["system"]: 0 for row in answers}
    for row in answers:
        right[row["system"]] += row["right"] == "yes"
    old, new = (f"assistant ({run.name})" for run in runs)
    assert set(right) == {old, new}
    assert right[new] == len(answers) / 2 > right[old]
    assert "were not interleaved" in " ".join(done.stdout.split())


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("{run}", "{run}"), "is named twice"),
        (("{run}", "none"), "harness: none is not a run"),
        (("{run}", "--baseline", "none"), "harness: none is not a run"),
        (("{run}", "--templates", "none"), "harness: --templates none: no such folder"),
        (("{run}", "--brand", "none.toml"), "harness: none.toml: No such file or directory"),
        (("{run}", "--markdown", "file/s.md"), "harness: file/s.md: cannot be written"),
    ],
)
def test_what_is_wrong_is_one_line(
    runs: tuple[Path, Path], tmp_path: Path, arguments: tuple[str, ...], told: str
) -> None:
    (tmp_path / "file").touch()
    given = [argument.replace("{run}", str(runs[0])) for argument in arguments]
    done = harness("report", *given, "--html", "r.html", cwd=tmp_path)
    assert done.returncode == 2
    assert told in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1


@pytest.fixture(scope="module")
def loaded(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """A run of one system that serves at most 50 requests a second, and a test of it with 400."""
    home = tmp_path_factory.mktemp("loaded")
    slow = suite(home / "slow", "slow")
    run = api.compare(slow, out=home).run
    test = load_test(
        slow,
        system="assistant",
        rates=[400],
        requests=100,
        seconds=0,
        total=0.5,
        workers=1,
        out=home,
    )
    return run, test.path


def test_a_load_test_stands_in_every_form_twice_alike(
    loaded: tuple[Path, Path], tmp_path: Path
) -> None:
    run, test = loaded
    outputs = ("r.html", "s.md", "t/load.csv", "j.json")
    made = []
    for _ in range(2):
        done = harness(
            "report", run, "--load", test, "--html", "r.html", "--markdown", "s.md", "--csv", "t",
            "--json", "j.json", cwd=tmp_path,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
        made.append([(tmp_path / name).read_bytes() for name in outputs])
    assert made[0] == made[1]
    assert "report: t/load.csv" in done.stdout.splitlines()
    page = (tmp_path / "r.html").read_text(encoding="utf-8")
    (section,) = re.findall(r'<section[^>]* id="load".*?</section>', page, re.DOTALL)
    assert "saturates below 400 requests a second; when more came than it could serve" in section
    with (tmp_path / "t" / "load.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    (share,) = (row for row in rows if row["rate"] == "400" and row["metric"] == "within")
    (again,) = json.loads((tmp_path / "j.json").read_text(encoding="utf-8"))["load"]
    assert float(share["value"]) == again["steps"][1]["within"]["value"] < 0.5
    (served,) = (row for row in rows if row["rate"] == "400" and row["metric"] == "answered")
    assert float(served["low"]) <= 1 / SERVICE


def test_from_python_a_load_test_is_given_as_it_is_or_by_its_folder(
    loaded: tuple[Path, Path], tmp_path: Path
) -> None:
    run, test = loaded
    result = api.load(run)
    by_path = result.report(tmp_path / "a.html", load=[test]).read_bytes()
    assert result.report(tmp_path / "b.html", load=[LoadResult(test)]).read_bytes() == by_path
    lenient = LoadResult(test, limits=LatencyLimits(total=1000.0))
    assert result.report(tmp_path / "c.html", load=[lenient]).read_bytes() != by_path


def test_a_load_test_that_does_not_fit_is_refused_before_figures_are_formed(
    loaded: tuple[Path, Path], runs: tuple[Path, Path], tmp_path: Path
) -> None:
    run, test = loaded
    result = api.load(run)
    copy = shutil.copytree(test, tmp_path / "copy")
    manifest = json.loads((copy / "load.json").read_text(encoding="utf-8"))
    (copy / "load.json").write_text(json.dumps({**manifest, "run_id": "another"}))
    unlike = LoadResult(copy, limits=LatencyLimits(ttft=0.1))
    with pytest.raises(
        ConfigError, match=r"'assistant' have unlike limits \(all of it within 500 ms; "
    ):
        result.report(tmp_path / "r.html", load=[test, unlike])
    with pytest.raises(ConfigError, match="is named twice"):
        result.markdown(load=[test, test])
    with pytest.raises(RunError, match=r"are unlike: suite .*; assistant's function \("):
        api.load(runs[1]).csv(tmp_path / "t", load=[test])
    assert "results" not in vars(result)
    assert not (tmp_path / "r.html").exists()


def test_beside_two_runs_a_load_test_goes_by_the_name_of_its_own(
    loaded: tuple[Path, Path], runs: tuple[Path, Path], tmp_path: Path
) -> None:
    run, test = loaded
    page = api.load(runs[1], run).report(tmp_path / "r.html", load=[test])
    assert f"assistant ({run.name}) holds none" in page.read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ("{run}", "is not a load test: it has no load.json"),
        ("none", "harness: none is not a load test: it has no load.json"),
    ],
)
def test_what_is_no_load_test_is_one_line(
    loaded: tuple[Path, Path], tmp_path: Path, given: str, told: str
) -> None:
    run, _ = loaded
    done = harness("report", run, "--load", given.replace("{run}", str(run)), cwd=tmp_path)
    assert done.returncode == 2
    assert told in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1


def test_reports_are_published(runs: tuple[Path, Path], tmp_path: Path) -> None:
    for number, run in enumerate(runs):
        harness("report", run, "--html", f"site/{number}.html", cwd=tmp_path)
    done = harness("publish", "site", "--url", "https://example.org/x", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[0].startswith("2 reports, the newest of ")
    assert {path.name for path in (tmp_path / "site").iterdir()} == {
        "0.html", "1.html", "feed.xml", "index.html",
    }  # fmt: skip
    done = harness("publish", "none", cwd=tmp_path)
    assert (done.returncode, done.stderr) == (2, "harness: none: no such folder\n")


TIMED = """\
from harness import Answer, Timing

def reading(question, day):
    return Answer("Room 1", timing=Timing(retrieve=0.25, first_token=1.5, decode=2.25, total=4.0))

def closed(question, day):
    return Answer("Room 1", timing=Timing(retrieve=0.0, first_token=0.5, decode=2.0, total=2.5))
"""


def test_the_terminal_says_what_a_system_costs_over_another_and_where(tmp_path: Path) -> None:
    folder = suite(tmp_path / "timed", "old")
    (folder.parent / "assistants_of_known_times.py").write_text(TIMED)
    declared = [
        f'[systems.{name}]\nstrategy = "external"\nfunction = "assistants_of_known_times:{name}"\n'
        for name in ("reading", "closed")
    ]
    (folder.parent / "systems.toml").write_text("".join(declared))
    done = harness("compare", folder, "--out", "runs", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    said = " ".join(done.stdout.replace("\N{NO-BREAK SPACE}", " ").split())
    assert (
        "On the same questions, reading costs +1,500 ms [+1,500, +1,500] over closed: "
        "retrieval +250, longer prefill +1,000, decode +250, other 0." in said
    )
