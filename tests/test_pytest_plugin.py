"""The plugin's options, markers, history and files, in sessions on recorded answers."""

from __future__ import annotations

import json
import shutil
import sys
from collections.abc import Callable
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from harness import api
from harness.history import History, take
from harness.plugin.options import read_settings

sys.path.insert(0, str(Path(__file__).parent))

from made import runs_made

ROOT = Path(__file__).resolve().parent.parent
EXAMPLE = ROOT / "docs" / "examples" / "your-own"
SUITE = """
[[gates]]
name = "nobody is sent to an old room"
expression = "remembered.stale_rate <= 1%"
sentence = "People have missed meetings."

[[gates]]
expression = "handbook.right_rate >= baseline.handbook.right_rate - 5pp"
"""
SYSTEMS = """
[systems.handbook]
strategy = "external"
replay = "handbook.jsonl"

[systems.remembered]
strategy = "external"
replay = "answers.jsonl"
"""
TESTS = """
    import pytest

    def test_answers(harness_system):
        assert harness_system.counts.failed == 0

    @pytest.mark.harness(systems=["handbook"])
    def test_one(harness_system):
        assert harness_system.name == "handbook"

    def test_tied(harness_gate):
        harness_gate.check("remembered.stale_rate <= 30%")

    def test_kept(harness_results, harness_gate):
        harness_gate.at_least(harness_results["handbook"], "right_rate", 0.5)
"""
EACH = """
    def test_each(harness_answer):
        assert harness_answer.score.right, harness_answer.text
"""


@pytest.fixture(scope="module", autouse=True)
def _imported(tmp_path_factory: pytest.TempPathFactory) -> None:
    """Sessions run in this process, which can import numpy once only: now, for pytester drops it after."""
    folder = tmp_path_factory.mktemp("warm")
    shutil.copytree(EXAMPLE, folder, dirs_exist_ok=True)
    write_answers(folder, lambda _: True)
    (folder / "systems.toml").write_text(SYSTEMS, encoding="utf-8")
    api.forecast(folder)
    result = api.compare(folder, limit=4, out=folder / "runs")
    result.report()
    result.against(result)
    History(folder / "history").save(take(result.loaded, result.results))


def write_answers(folder: Path, right: Callable[[str], bool]) -> None:
    """What the handbook says of every question on both days, wrong where it is to be wrong."""
    rows = []
    for line in (folder / "questions.jsonl").read_text(encoding="utf-8").splitlines():
        row = json.loads(line)
        facts = json.loads(row["history"])["facts"]
        for day in ("2026-03-01", "2026-06-01"):
            (room,) = (v for v, start, end in facts if start <= day and (not end or day < end))
            text = f"Room {room}" if right(row["id"]) else "Room 999"
            rows.append({"question_id": row["id"], "day": day, "text": text, "seconds": 0.2})
    text = "".join(json.dumps(row) + "\n" for row in rows)
    (folder / "handbook.jsonl").write_text(text, encoding="utf-8")


@pytest.fixture
def suite(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> pytest.Pytester:
    """A folder with a suite of recorded answers, two gates of its own and five tests."""
    for name in ("GITHUB_ACTIONS", "GITHUB_STEP_SUMMARY"):
        monkeypatch.delenv(name, raising=False)
    folder = pytester.mkdir("office")
    for name in ("answers.jsonl", "questions.jsonl"):
        shutil.copy(EXAMPLE / name, folder)
    text = (EXAMPLE / "suite.toml").read_text(encoding="utf-8")
    (folder / "suite.toml").write_text(text + SUITE, encoding="utf-8")
    (folder / "systems.toml").write_text(SYSTEMS, encoding="utf-8")
    write_answers(folder, lambda _: True)
    write_tests(pytester, TESTS)
    return pytester


def write_tests(suite: pytest.Pytester, text: str) -> None:
    path = suite.makepyfile(text)
    path.rename(suite.path / "office" / "test_office.py")


def run(suite: pytest.Pytester, *arguments: str) -> pytest.RunResult:
    return suite.runpytest_inprocess("-p", "no:cacheprovider", "-p", "no:benchmark", *arguments)


def runs(suite: pytest.Pytester) -> list[Path]:
    return runs_made(suite.path / "runs")


def test_one_session_says_judges_saves_and_writes_everything(
    suite: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", "summary.md")
    files = ("--harness-json=out/all.json", "--harness-html=out/report.html", "--junitxml=j.xml")
    result = run(suite, "-v", "-W", "error", "-rs", "--harness-save=first", *files)
    result.assert_outcomes(passed=5, failed=1, skipped=1)
    assert result.ret == pytest.ExitCode.TESTS_FAILED
    (made,) = runs(suite)
    result.stdout.fnmatch_lines(
        [
            "harness: 7 tests on office",
            "office/suite.toml::nobody is sent to an old room FAILED*",
            "office/test_office.py::test_answers[[]handbook[]] PASSED*",
            "office/test_office.py::test_answers[[]remembered[]] PASSED*",
            "office/test_office.py::test_one[[]handbook[]] PASSED*",
            "*gate: nobody is sent to an old room*",
            "remembered stale_rate is 25% *wanted at most 1%",
            "People have missed meetings.",
            "*= harness gates =*",
            f"run: runs/{made.name}",
            "FAIL         nobody is sent to an old room",
            "*People have missed meetings.",
            "INCONCLUSIVE remembered.stale_rate <= 30%",
            "PASS         test kept",
            "saved:  0001_first in history",
            "report: out/report.html",
            "::error file=office/suite.toml,line=10,title=harness%3A nobody is sent to an old room"
            "::remembered stale_rate is 25%25 *",
            "::warning file=office/test_office.py,line=10,title=harness%3A remembered.stale_rate *",
            "SKIPPED [[]1[]] office/suite.toml:14: it needs a baseline run",
        ]
    )
    lines = result.outlines
    start = next(i for i, line in enumerate(lines) if "harness gates" in line)
    section = [line for line in lines[start:] if not line.startswith("::")]
    assert max(map(len, section[: section.index("report: out/report.html")])) <= 80

    data = json.loads((suite.path / "out" / "all.json").read_text(encoding="utf-8"))
    assert [row["verdict"] for row in data["gates"]] == ["fail", "inconclusive", "pass"]
    assert data["gates"][0]["value"] == 0.25
    assert data["gates"][0]["test"] == "office/suite.toml::nobody is sent to an old room"
    assert data["runs"][0]["run"] == f"runs/{made.name}"
    page = (suite.path / "out" / "report.html").read_text(encoding="utf-8")
    assert "nobody is sent" in page
    assert "One run of this suite is saved" in page
    summary = (suite.path / "summary.md").read_text(encoding="utf-8")
    assert "| **fail** | nobody is sent to an old room | remembered stale\\_rate" in summary
    assert summary.index("**fail**") < summary.index("**inconclusive**") < summary.index("**pass**")
    cases = ET.parse(suite.path / "j.xml").getroot().iter("testcase")  # noqa: S314  (ours)
    case = next(case for case in cases if case.get("name") == "nobody is sent to an old room")
    told = {p.get("name"): p.get("value") for p in case.iter("property")}
    assert told["harness.verdict"] == "fail"
    assert told["harness.value"] == "0.25"
    assert told["harness.n"] == "32"
    assert str(told["harness.sentence"]).startswith("remembered stale_rate is 25%")


def test_a_saved_run_is_the_baseline_of_the_next(suite: pytest.Pytester) -> None:
    first = run(suite, "--harness-compare", "--harness-autosave")
    first.stdout.fnmatch_lines(["office: nothing is saved yet, nothing to compare with"])
    write_answers(suite.path / "office", lambda name: not name.endswith("-1"))
    write_tests(suite, "def test_nothing(harness_results): pass")
    quiet = run(suite, "--deselect=office/suite.toml", "--harness-compare=off*")
    assert quiet.ret == pytest.ExitCode.OK
    quiet.stdout.fnmatch_lines(
        ["office this run: no change is shown against saved 0001_office (4*", "*handbook (answers)"]
    )

    result = run(
        suite,
        "--deselect=office/suite.toml::nobody is sent to an old room",
        "--harness-compare=1",
        "--harness-compare-fail=right_rate:2pp",
        "--harness-compare-fail=remembered.stale_rate <= baseline.remembered.stale_rate + 1pp",
        f"--harness-run={runs(suite)[-1]}",
        "--harness-json=all.json",
        "--harness-html=report.html",
    )
    result.assert_outcomes(passed=1, failed=1)
    result.stdout.fnmatch_lines(
        [
            "FAIL         handbook.right_rate >= baseline.handbook.right_rate - 2pp",
            "*handbook right_rate minus that of baseline handbook is -50pp*",
            "FAIL         handbook.right_rate >= baseline.handbook.right_rate - 5pp",
            "*handbook right_rate minus that of baseline handbook is -50pp*",
            "INCONCLUSIVE remembered.*",
            "compared: handbook differs from itself in the baseline in: answers",
        ]
    )
    (compared,) = json.loads((suite.path / "all.json").read_text(encoding="utf-8"))["compared"]
    assert [v["verdict"] for v in compared["gates"]["verdicts"]] == [
        "fail",
        "inconclusive",
        "inconclusive",
    ]
    assert compared["moved"]["references"] == ["saved 0001_office"]

    page = (suite.path / "report.html").read_text(encoding="utf-8")
    assert 'id="history"' not in page  # this session saves nothing
    assert "wanted at least 5pp less than handbook in the baseline" in page
    before, now = (api.load(path) for path in runs(suite))
    assert now.report("again.html", baseline=before).read_text(encoding="utf-8") == page

    alone = run(
        suite,
        "--deselect=office/suite.toml",
        "--harness-compare=1",
        "--harness-compare-fail=right_rate:2pp",
    )
    alone.assert_outcomes(passed=1)
    assert alone.ret == pytest.ExitCode.TESTS_FAILED  # set at the end: no test failed


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--harness-compare=second"], "*no run of suite 'office' is saved in history"),
        (["--harness-save=7"], "*a run cannot be named '7'*"),
        (["--harness-compare-fail=right_rate:2pp"], "*needs a run to compare with*"),
        (["--harness-limit=none"], "*--harness-limit: 'none': is no whole number"),
        (["--harness-inconclusive=warm"], "*did you mean 'warn'*"),
        (["--harness-only", "--harness-skip"], "*leave no test*"),
        (["--harness-compare", "--harness-baseline=x"], "*give one of them"),
    ],
)
def test_a_wrong_option_stops_the_session_before_anything_is_run(
    suite: pytest.Pytester, arguments: list[str], said: str
) -> None:
    result = run(suite, *arguments)
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines([said])
    assert not runs(suite)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ("'handbook'", "*test_office.py: @pytest.mark.harness takes no positional argument*"),
        ("sistems=['handbook']", "*has no argument 'sistems': did you mean 'systems'*"),
        ("systems=7", "*systems must be names*not 7"),
        ("limit=0", "*limit must be at least 1, not 0"),
        ("seed='x'", "*seed must be a whole number, not 'x'"),
        ("inconclusive='maybe'", "*inconclusive must be one of fail, warn, pass, not 'maybe'"),
    ],
)
def test_a_bad_argument_of_a_marker_is_a_usage_error(
    suite: pytest.Pytester, arguments: str, said: str
) -> None:
    text = f"import pytest\n@pytest.mark.harness({arguments})\ndef test_it(harness_system): pass\n"
    (suite.path / "office" / "test_office.py").write_text(text, encoding="utf-8")
    result = run(suite, "--strict-markers")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines([said])


def test_a_marker_names_suite_limit_seed_and_what_inconclusive_means(
    suite: pytest.Pytester,
) -> None:
    suite.makepyfile(
        test_elsewhere="""
        import pytest

        pytestmark = pytest.mark.harness(suite="office", inconclusive="fail")

        def test_all(harness_run):
            assert len(harness_run.loaded.questions) == 16

        @pytest.mark.harness(limit=4, seed=3, systems="handbook")
        def test_small(harness_run):
            assert len(harness_run.loaded.questions) == 4
            assert harness_run.loaded.manifest.seed == 3
            assert [s.name for s in harness_run.loaded.manifest.systems] == ["handbook"]

        def test_tied(harness_gate):
            harness_gate.check("remembered.stale_rate <= 30%")

        @pytest.mark.harness(inconclusive="warn")
        def test_warned(harness_gate):
            harness_gate.check("remembered.stale_rate <= 30%")
    """
    )
    result = run(suite, "test_elsewhere.py", "--harness-inconclusive=pass", "--harness-limit=8")
    result.assert_outcomes(
        passed=2, failed=2
    )  # the command line's limit holds where no marker does
    shutil.rmtree(suite.path / "runs")
    result = run(suite, "test_elsewhere.py", "--harness-inconclusive=pass")
    result.assert_outcomes(passed=3, failed=1)
    assert len(runs(suite)) == 2


def test_the_command_line_wins_over_the_environment_over_the_ini_file(
    pytester: pytest.Pytester,
) -> None:
    pytester.makeini(
        "[pytest]\nharness_seed = 1\nharness_limit = 2\nharness_storage = shelf\n"
        "harness_autosave = true\nharness_compare = last\nharness_compare_fail =\n  right_rate:2pp\n"
        "  stale_rate:1pp\n"
    )
    environ = {"HARNESS_SEED": "3", "HARNESS_LIMIT": "4", "HARNESS_AUTOSAVE": "off"}
    settings = read_settings(pytester.parseconfig("--harness-seed=5"), environ)
    assert (settings.seed, settings.limit, settings.storage) == (5, 4, "shelf")
    assert (settings.autosave, settings.inconclusive) == (False, "warn")
    assert settings.compare_fail == ("right_rate:2pp", "stale_rate:1pp")
    history = {"HARNESS_HISTORY": "old"}
    assert read_settings(pytester.parseconfig(), history).storage == "old"
    both = {**history, "HARNESS_STORAGE": "new"}
    assert read_settings(pytester.parseconfig(), both).storage == "new"
    with pytest.raises(
        pytest.UsageError, match=r"\$HARNESS_AUTOSAVE: 'maybe': write true or false"
    ):
        read_settings(pytester.parseconfig(), {"HARNESS_AUTOSAVE": "maybe"})
    pytester.makeini("[pytest]\nharness_seed = x\n")
    with pytest.raises(pytest.UsageError, match=r"tox\.ini: harness_seed: 'x'"):
        read_settings(pytester.parseconfig(), {})


def test_every_answer_is_a_subtest_or_a_test_of_its_own(suite: pytest.Pytester) -> None:
    write_answers(suite.path / "office", lambda name: name != "amber-1")
    write_tests(suite, EACH)
    path = "office/test_office.py"
    result = run(suite, path, "--harness-systems=handbook")
    assert result.ret == pytest.ExitCode.TESTS_FAILED
    result.stdout.fnmatch_lines(
        [
            "*harness: 1 test on office (handbook)",
            "*test_each[[]handbook[]] (question='amber-1', day='2026-03-01')*",
            "*AssertionError: Room 999",
            "*contains 2 failed subtests",
        ]
    )
    (made,) = runs(suite)
    result = run(suite, path, "--harness-per-question", f"--harness-run={made}", "-v")
    result.assert_outcomes(passed=30, failed=2)
    result.stdout.fnmatch_lines(
        [
            "office/test_office.py::test_each[[]handbook-amber-1-2026-03-01[]] FAILED*",
            "office/test_office.py::test_each[[]handbook-amber-2-2026-03-01[]] PASSED*",
        ]
    )
    assert len(runs(suite)) == 1
    planned = run(suite, path, "--harness-per-question", "--collect-only", "-q")
    assert sum("::test_each[" in line for line in planned.outlines) == 64
    assert len(runs(suite)) == 1


def test_nothing_is_asked_in_a_dry_run_or_where_it_is_skipped(suite: pytest.Pytester) -> None:
    suite.makepyfile(test_other="def test_mine(): pass")
    result = run(suite, "--harness-dry-run")
    result.assert_outcomes(passed=1, skipped=7)
    assert result.ret == pytest.ExitCode.OK
    result.stdout.fnmatch_lines(["office*nothing was asked", "64 answers would be asked for"])
    run(suite, "--harness-skip").assert_outcomes(passed=1, skipped=7)
    assert not runs(suite)
    run(suite, "--harness-only").assert_outcomes(passed=5, failed=1, skipped=2)


def test_a_run_that_was_broken_off_is_finished(suite: pytest.Pytester) -> None:
    write_tests(suite, "def test_all(harness_run): assert len(harness_run.loaded.records) == 64")
    run(suite, "office/test_office.py").assert_outcomes(passed=1)
    (made,) = runs(suite)
    journal = made / "records.jsonl"
    lines = journal.read_bytes().splitlines(keepends=True)
    journal.write_bytes(b"".join(lines[:40]))
    other = run(suite, "office/test_office.py", "--harness-resume", "--harness-seed=9")
    other.assert_outcomes(passed=1)
    assert len(runs(suite)) == 2
    assert len(journal.read_bytes().splitlines()) == 40
    run(suite, "office/test_office.py", "--harness-resume").assert_outcomes(passed=1)
    assert len(runs(suite)) == 2
    assert len(journal.read_bytes().splitlines()) == 64


def test_what_cannot_be_written_is_a_problem_and_turns_the_session_red(
    suite: pytest.Pytester,
) -> None:
    (suite.path / "taken").write_text("", encoding="utf-8")
    result = run(suite, "-k", "kept", "--harness-json=taken/all.json")
    result.assert_outcomes(passed=1, deselected=6)
    assert result.ret == pytest.ExitCode.TESTS_FAILED
    result.stdout.fnmatch_lines(["problem: taken/all.json: *"])


def test_workers_read_what_the_controller_ran(suite: pytest.Pytester) -> None:
    """Two workers, one run, one section; a bad marker is a usage error there too."""
    arguments = ("-p", "no:cacheprovider", "-W", "error", "-n", "2")
    result = suite.runpytest_subprocess(*arguments, "--harness-save=first", "--junitxml=j.xml")
    result.assert_outcomes(passed=5, failed=1, skipped=1)
    result.stdout.fnmatch_lines(
        [
            "harness: 7 tests on office",
            "FAIL         nobody is sent to an old room",
            "INCONCLUSIVE remembered.stale_rate <= 30%",
            "PASS         test kept",
            "saved:  0001_first in history",
        ]
    )
    assert len(runs(suite)) == 1
    assert "harness.verdict" in (suite.path / "j.xml").read_text(encoding="utf-8")
    write_tests(
        suite, "import pytest\n@pytest.mark.harness(limit=0)\ndef test_it(harness_run): pass"
    )
    result = suite.runpytest_subprocess(*arguments, "office/test_office.py")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(["ERROR: *limit must be at least 1, not 0"])


def test_it_does_without_pytests_own_plugins(
    suite: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    without = ("terminal", "cacheprovider", "xdist", "benchmark", "junitxml", "subtests")
    result = suite.runpytest_subprocess(
        *(argument for name in without for argument in ("-p", f"no:{name}")), "-W", "error"
    )
    assert result.ret == pytest.ExitCode.TESTS_FAILED
    assert [line[:8] for line in result.outlines] == ["::error ", "::warnin"]
    assert not result.errlines
