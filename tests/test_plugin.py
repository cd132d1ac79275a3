"""The plugin in sessions of its own: gates, one run a session, silence where it has no business."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
GATES = """
    def test_the_handbook_is_right(harness_results, harness_gate):
        harness_gate.at_least(harness_results["handbook"], "right_rate", 0.5)

    def test_memory_is_fresh(harness_results, harness_gate):
        harness_gate.at_most(harness_results["remembered"], "stale_rate", 0.01)

    def test_memory_is_mostly_fresh(harness_results, harness_gate):
        harness_gate.at_most(harness_results["remembered"], "stale_rate", 0.3)
"""


@pytest.fixture
def suite(pytester: pytest.Pytester) -> pytest.Pytester:
    """A session folder that holds the example suite and three gates, one of each verdict."""
    shutil.copytree(ROOT / "docs" / "examples" / "your-own", pytester.path, dirs_exist_ok=True)
    for shipped in pytester.path.glob("test_*.py"):
        shipped.unlink()
    pytester.makepyfile(test_gates=GATES)
    return pytester


def test_each_gate_gets_its_verdict_and_only_a_failed_one_fails(suite: pytest.Pytester) -> None:
    result = suite.runpytest_subprocess("-p", "no:cacheprovider")
    result.assert_outcomes(passed=2, failed=1)
    result.stdout.fnmatch_lines(
        [
            "*harness gates*",
            "FAIL *memory is fresh",
            "*stale_rate of remembered is 0.25 *n = 32; wanted at most 0.01",
            "INCONCLUSIVE *memory is mostly fresh",
            "*the interval holds the bound: *if 0.25 is true, * times as many questions *",
            "PASS *the handbook is right",
        ]
    )


def test_any_figure_of_the_run_can_be_a_gate(suite: pytest.Pytester) -> None:
    suite.makepyfile(
        test_gates="""
        def test_what_was_said_late(harness_results, harness_gate):
            ages = harness_results.over_time.stale_by_age
            late = next(row for row in ages if row.system == "remembered").shares
            harness_gate.figure_at_least("late answers", late[-1], 0.0)
            harness_gate.figure_at_most("a share", harness_results["handbook"].metrics["stale_rate"], -1)
    """
    )
    result = suite.runpytest_subprocess()
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["*a share is 0 *wanted at most -1", "*late answers is *"])


def test_all_tests_of_a_session_share_one_run(suite: pytest.Pytester) -> None:
    suite.makepyfile(
        test_other="""
        def test_again(harness_results, harness_gate):
            harness_gate.at_least(harness_results["handbook"], "right_rate", 0.5)
    """
    )
    suite.runpytest_subprocess("--harness-out", "kept")
    assert len(list((suite.path / "kept").iterdir())) == 1


def test_a_finished_run_is_judged_again_without_asking_anything(suite: pytest.Pytester) -> None:
    suite.runpytest_subprocess("--harness-out", "kept")
    run = next((suite.path / "kept").iterdir())
    (suite.path / "assistants.py").unlink()
    result = suite.runpytest_subprocess("--harness-run", str(run))
    result.assert_outcomes(passed=2, failed=1)


def test_a_broken_suite_fails_with_the_place_and_no_traceback(suite: pytest.Pytester) -> None:
    path = suite.path / "suite.toml"
    path.write_text(path.read_text(encoding="utf-8").replace("days", "dais"), encoding="utf-8")
    result = suite.runpytest_subprocess()
    result.stdout.fnmatch_lines(["*suite.toml:2*dais*days*"])
    result.stdout.no_fnmatch_line("*Traceback*")


def test_workers_are_refused_with_the_way_out(suite: pytest.Pytester) -> None:
    result = suite.runpytest_subprocess("-n", "2")
    result.stdout.fnmatch_lines(["*--harness-run DIR*"])


def test_an_unrelated_session_is_left_alone(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(
        """
        import sys

        def test_nothing_heavy_is_imported():
            heavy = {"scipy", "datasets", "lancedb", "pyarrow", "torch", "harness.api"}
            assert not heavy & set(sys.modules)
    """
    )
    result = pytester.runpytest_subprocess("-W", "error")
    result.assert_outcomes(passed=1)
    assert [line for line in result.stdout.lines if "harness" in line] == [
        line for line in result.stdout.lines if line.startswith("plugins: ")
    ]
