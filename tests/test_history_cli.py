"""History, diff, trend and the nightly job as a user meets them, on real runs."""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
import stat
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from harness import api
from harness.cli import main
from harness.history import History, take

sys.path.insert(0, str(Path(__file__).parent))

from made import runs_made

ROOT = Path(__file__).resolve().parent.parent
Call = Callable[..., "Done"]


@dataclass(frozen=True)
class Done:
    """What a command came to."""

    returncode: int
    stdout: str
    stderr: str


@pytest.fixture
def run(capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Call:
    """The command line in this process, since starting one takes longer than most commands."""
    for name, value in (("COLUMNS", "80"), ("NO_COLOR", "1"), ("TERM", "dumb")):
        monkeypatch.setenv(name, value)
    monkeypatch.delenv("HARNESS_HISTORY", raising=False)

    def called(*arguments: str | Path, cwd: Path) -> Done:
        monkeypatch.chdir(cwd)
        monkeypatch.setattr(sys, "argv", ["harness", *map(str, arguments)])
        capfd.readouterr()
        with pytest.raises(SystemExit) as ended:
            main()
        said = capfd.readouterr()
        return Done(int(ended.value.code or 0), said.out, said.err)

    return called


def compare(office: Path, name: str) -> None:
    """A run that is saved."""
    result = api.compare(office, out=office / "runs")
    History(office / "history").save(take(result.loaded, result.results), name)


def spoil(office: Path, teams: tuple[str, ...]) -> None:
    """The assistant that remembers is wrong about these teams from now on."""
    path = office / "answers.jsonl"
    rows = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    for row in rows:
        if row["question_id"].split("-")[0] in teams:
            row["text"] = "Room 999"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")


ALL = ("amber", "basalt", "cedar", "delta", "ember", "fjord", "grove", "harbor")


@pytest.fixture(scope="module")
def two_saved(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two runs: as it is, and one in which all that was remembered is wrong. Nothing may change it."""
    office = tmp_path_factory.mktemp("saved") / "office"
    shutil.copytree(ROOT / "docs" / "examples" / "your-own", office)
    compare(office, "first")
    spoil(office, ALL)
    compare(office, "second")
    return office


@pytest.fixture
def saved(two_saved: Path, tmp_path: Path) -> Path:
    """A copy of it."""
    return Path(shutil.copytree(two_saved, tmp_path / "office"))


def history_section(report: Path) -> str:
    text = report.read_text(encoding="utf-8")
    (found,) = re.findall(r'<section[^>]* id="history".*?</section>', text, re.DOTALL)
    return str(found)


def width(text: str) -> int:
    return max(map(len, text.splitlines()))


def test_a_run_that_is_saved_at_once_is_the_latest_point_of_its_report(
    run: Call, saved: Path
) -> None:
    done = run("compare", ".", "--save", "third", "--report", "third.html", cwd=saved)
    assert done.returncode == 0, done.stderr
    assert "saved:  0003_third in history" in done.stdout
    section = history_section(saved / "third.html")
    assert "0001" in section
    assert "0003" in section


def test_history_lists_runs_in_80_columns_and_as_json(run: Call, saved: Path) -> None:
    done = run("history", "--json", "out.json", "--verify", cwd=saved)
    assert done.returncode == 0, done.stderr
    assert width(done.stdout) <= 80
    assert re.search(r"0002 +second .* remembered\s0\.0%", done.stdout)
    listed = json.loads((saved / "out.json").read_text(encoding="utf-8"))
    assert [one["run"] for one in listed["runs"]] == ["0001_first", "0002_second"]
    right = listed["runs"][0]["systems"]["remembered"]["right_rate"]
    assert (right["value"], right["n"]) == (0.75, 32)


def test_diff_shows_each_planted_flip_side_by_side(run: Call, saved: Path) -> None:
    done = run("diff", "1", "2", "--flips", "40", "--json", "out.json", cwd=saved)
    assert done.returncode == 0, done.stderr
    assert width(done.stdout) <= 80
    assert "unlike: remembered (answers)" in done.stdout
    assert "lost 24, won 0" in done.stdout
    assert re.search(r"Room 100 {20,}Room 999", done.stdout)
    found = json.loads((saved / "out.json").read_text(encoding="utf-8"))
    flips = {system["b"]: system["flips"] for system in found["systems"]}
    assert len(flips["remembered"]) == 24
    assert flips["handbook"] == []
    assert {flip["b_text"] for flip in flips["remembered"]} == {"Room 999"}
    folder = next((saved / "runs").iterdir())
    beside = run("diff", folder, "second:remembered", "--flips", "0", cwd=saved)
    assert beside.returncode == 0, beside.stderr
    same = run("diff", "1:handbook", "1:remembered", cwd=saved)
    assert "lost 8, won 0" in same.stdout
    assert "unlike" not in same.stdout


def test_trend_is_80_columns_and_json(run: Call, saved: Path) -> None:
    done = run("trend", "right_rate", "--json", "out.json", cwd=saved)
    assert done.returncode == 0, done.stderr
    assert width(done.stdout) <= 80
    found = json.loads((saved / "out.json").read_text(encoding="utf-8"))
    values = {one["system"]: [p["estimate"]["value"] for p in one["points"]] for one in found}
    assert values == {"handbook": [1.0, 1.0], "remembered": [0.75, 0.0]}


def test_a_report_shows_the_saved_runs_and_is_the_same_twice(run: Call, saved: Path) -> None:
    made = runs_made(saved / "runs")
    run("history", "pin", "first", cwd=saved)
    pages = []
    for name in ("a.html", "b.html"):
        done = run("report", made[0], "--storage", "history", "--html", name, cwd=saved)
        assert done.returncode == 0, done.stderr
        pages.append((saved / name).read_bytes())
    assert pages[0] == pages[1]
    section = history_section(saved / "a.html")
    assert "This report is of 0001_first, not of the latest." in section
    assert re.search(r'<th [^>]*>Baseline <span class="unit">pinned 0001_first</span>', section)
    assert re.search(r'data-label="Latest, 0002_second"><data class="value" value="0.0"', section)
    api.load(made[0]).report(saved / "c.html", history=saved / "history")
    assert (saved / "c.html").read_bytes() == pages[0]
    run("report", made[0], "--html", "d.html", cwd=saved)
    assert 'id="history"' not in (saved / "d.html").read_text(encoding="utf-8")


def test_a_run_is_saved_once_pruned_and_restored(run: Call, saved: Path) -> None:
    folder = runs_made(saved / "runs")[0]
    again = run("history", "save", folder, "again", cwd=saved)
    assert "is saved already, as 0001_first" in again.stdout
    dry = run("history", "prune", "--keep", "last=1", "--dry-run", cwd=saved)
    assert "0001_first of office" in dry.stdout
    assert (saved / "history" / "runs" / "0001_first.parquet").is_file()
    before = (saved / "history" / "runs" / "0001_first.parquet").read_bytes()
    # An option of the group counts for its commands too.
    moved = run("history", "--storage", "history", "prune", "--keep", "last=1", cwd=saved)
    assert "1 went to the trash, 1 stay" in moved.stdout
    assert "0001_first" not in run("history", cwd=saved).stdout
    assert "0001_first" in run("history", "restore", cwd=saved).stdout
    assert run("history", "restore", "first", cwd=saved).stdout == "0001_first is back\n"
    assert (saved / "history" / "runs" / "0001_first.parquet").read_bytes() == before


def test_every_command_names_a_damaged_file_and_goes_on(run: Call, saved: Path) -> None:
    file = saved / "history" / "runs" / "0001_first.parquet"
    file.write_bytes(file.read_bytes()[:-9])
    for arguments in (
        ("history",),
        ("trend", "right_rate"),
        ("diff", "last:handbook", "last:remembered"),
        ("history", "pin", "last"),
        ("history", "prune", "--keep", "last=9"),
        ("history", "query", "SELECT 1"),
        ("report", runs_made(saved / "runs")[-1], "--storage", "history"),
        ("nightly", "--run", runs_made(saved / "runs")[-1]),
    ):
        done = run(*arguments, cwd=saved)
        assert done.returncode == 0, done.stderr
        assert "skipped" in done.stderr, arguments
        assert "0001_first.parquet: not a whole Parquet file" in done.stderr
    flipped = saved / "history" / "runs" / "0002_second.parquet"
    data = bytearray(flipped.read_bytes())
    data[200:260] = bytes(60)
    flipped.write_bytes(data)
    assert run("history", cwd=saved).returncode == 0
    verified = run("history", "--verify", cwd=saved)
    assert verified.returncode == 1
    assert "0002_second.parquet" in verified.stderr


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (("history", "pin", "3"), "no saved run '3'"),
        (("diff", "first", "frist"), "did you mean"),
        (("diff", "runs/none", "1"), "no such folder"),
        (("diff", "1", "1"), "name two of its systems"),
        (("diff", "1:x", "2"), "no system 'x'"),
        (("trend", "rigth_rate"), "did you mean 'right_rate'"),
        (("trend", "right_rate", "--suite", "none"), "of suite 'none'"),
        (("history", "prune", "--keep", "all"), "--keep: 'all'"),
        (("history", "restore", "1"), "the trash is empty"),
        (("history", "restore", "1", "--all"), "not both"),
        (("history", "query", "SELECT x FROM answers"), "the query: "),
        (("history", "--storage", "zzz://x"), "Protocol not known"),
        (("report", "{run}", "--storage", "none"), "no run of suite 'office' is saved in none"),
        (("report", "{run}", "--storage", "zzz://x"), "Protocol not known"),
        (("report", "none", "--storage", "history"), "none is not a run"),
        (("nightly",), "name a suite to run"),
        (("nightly", ".", "--save", "last"), "cannot be named"),
        (("nightly", ".", "--keep", "none=1"), "--keep"),
        (("compare", ".", "--save", "a/b"), "cannot be named"),
    ],
)
def test_what_cannot_be_is_one_line(
    run: Call, two_saved: Path, arguments: tuple[str, ...], complaint: str
) -> None:
    made = str(runs_made(two_saved / "runs")[0])
    done = run(*(argument.replace("{run}", made) for argument in arguments), cwd=two_saved)
    assert done.returncode == 2
    assert complaint in done.stderr
    assert done.stderr.startswith("harness: ")
    assert len(done.stderr.splitlines()) == 1


def test_nights_open_with_what_moved_and_fail_when_it_is_for_the_worse(
    run: Call, office: Path
) -> None:
    first = run("nightly", ".", cwd=office)
    assert first.returncode == 0, first.stderr
    assert first.stdout.splitlines()[:2] == [
        "office 0001_nightly: the first run, there is nothing to compare it with",
        "0001_nightly is the baseline of office from now on",
    ]
    (made,) = runs_made(office / "runs")
    assert "One run of this suite is saved" in history_section(made / "report.html")
    quiet = run("nightly", ".", cwd=office)
    assert quiet.returncode == 0, quiet.stdout
    assert quiet.stdout.startswith(
        "office 0002_nightly: no change is shown against pinned and last 0001_nightly ("
    )
    spoil(office, ALL)
    # Eight groups of questions: the least p-value of flipped signs is 2 / 2^8, in a family of eight.
    worse = run(
        "nightly", ".", "--alpha", "0.1", "--summary", "summary.md", "--json", "night.json",
        "--report", "public/index.html", cwd=office,
    )  # fmt: skip
    assert worse.returncode == 1, worse.stdout
    line = worse.stdout.splitlines()[0]
    assert line.startswith("office 0003_nightly: WORSE: right rate of remembered ")
    assert "to 0.0% against pinned 0001_nightly" in line
    assert "changed since last 0002_nightly: remembered (answers)" in worse.stdout
    section = history_section(office / "public" / "index.html")
    assert "Over 3 saved runs" in section
    assert re.search(r'<th [^>]*>Latest <span class="unit">0003_nightly</span>', section)
    assert 'class="this"' in section
    assert "not among" not in section
    assert "remembered (answers)" in section
    summary = (office / "summary.md").read_text(encoding="utf-8")
    assert summary.startswith("**office 0003\\_nightly: WORSE: right rate of remembered")
    night = json.loads((office / "night.json").read_text(encoding="utf-8"))
    assert night["failed"]
    assert night["line"] == line
    assert (office / night["folder"] / "manifest.json").is_file()
    after = run("nightly", ".", "--alpha", "0.1", cwd=office)
    assert after.returncode == 1  # still worse than the baseline, though not than last night
    assert "against pinned 0001_nightly" in after.stdout.splitlines()[0]
    run("history", "pin", "last", cwd=office)
    assert run("nightly", ".", "--alpha", "0.1", cwd=office).returncode == 0


def test_a_system_that_is_gone_fails_the_night(run: Call, office: Path) -> None:
    run("nightly", ".", cwd=office)
    gone = run("nightly", ".", "--systems", "handbook", "--json", "-", cwd=office)
    assert gone.returncode == 1
    assert json.loads(gone.stdout)["missing"] == ["remembered (in pinned and last 0001_nightly)"]
    assert "MISSING: remembered (in pinned" in gone.stderr


def test_a_night_of_the_embedded_suite(run: Call, tmp_path: Path) -> None:
    for number in (1, 2):
        done = run(
            "nightly", "releases", "--systems", "base", "--days", "2026-08-22", "--limit", "4",
            "--storage", f"file://{tmp_path}/kept", cwd=tmp_path,
        )  # fmt: skip
        assert done.returncode == 0, done.stdout + done.stderr
        assert done.stdout.startswith(f"releases 000{number}_nightly: ")
    assert "no change is shown" in done.stdout.splitlines()[0]
    listed = run("history", "--storage", f"file://{tmp_path}/kept", cwd=tmp_path)
    assert listed.stdout.count("nightly") == 2


def test_the_commands_of_the_document_work_one_after_the_other(run: Call, tmp_path: Path) -> None:
    shutil.copytree(ROOT / "docs" / "examples", tmp_path / "docs" / "examples")
    text = (ROOT / "docs" / "history.md").read_text(encoding="utf-8")
    ((block),) = re.findall(r"```sh\n(.*?)```", text, re.DOTALL)
    for line in block.splitlines():
        program, *arguments = shlex.split(line)
        assert program == "harness"
        done = run(*arguments, cwd=tmp_path)
        assert done.returncode == 0, line + done.stdout + done.stderr


def test_the_example_workflow_is_one_and_its_commands_work(office: Path) -> None:
    yaml = pytest.importorskip("yaml", reason="needs PyYAML")
    text = (ROOT / "docs" / "examples" / "nightly" / "nightly.yml").read_text(encoding="utf-8")
    workflow = yaml.safe_load(text)
    job = workflow["jobs"]["nightly"]
    steps = {step.get("name"): step for step in job["steps"]}
    program = office / "bin" / "harness"
    program.parent.mkdir()
    program.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m harness "$@"\n')
    program.chmod(program.stat().st_mode | stat.S_IXUSR)
    environment = {
        **os.environ, **workflow["env"], "SUITE": ".", "GITHUB_STEP_SUMMARY": "summary.md",
        "PATH": f"{program.parent}{os.pathsep}{os.environ['PATH']}",
    }  # fmt: skip
    for name in ("night", "trend"):
        done = subprocess.run(  # noqa: S603  (our own document)
            ["/bin/sh", "-c", steps[name]["run"]],
            cwd=office, env=environment, capture_output=True, text=True, check=False,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
    assert (office / "summary.md").read_text(encoding="utf-8").startswith("**office 0001")
    assert (office / "public" / "index.html").is_file()
    kept = [path for step in job["steps"] for path in step.get("with", {}).get("path", "").split()]
    assert {"history", "cache", "public", "night.json", "runs"} <= set(kept)
    assert all(steps[name].get("if") == "always()" for name in ("trend",))


def test_a_run_to_compare_with_that_is_not_saved_stops_the_night_before_it_runs(
    run: Call, office: Path
) -> None:
    compare(office, "first")
    before = sorted((office / "runs").iterdir())
    done = run("nightly", office, "--against", "pinned,frist", cwd=office)
    assert done.returncode == 2
    assert done.stderr.startswith("harness: --against: no saved run 'frist': did you mean 'first'?")
    assert sorted((office / "runs").iterdir()) == before
