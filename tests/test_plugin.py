"""The plugin in sessions of its own: gates, one run a session, silence where it has no business."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest

from harness.statistics.gates import at_least
from harness.statistics.intervals import rate

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
            "*stale_rate of remembered is 0.25 *n = 32; wanted",
            "*at most 0.01",
            "INCONCLUSIVE *memory is mostly fresh",
            "*the interval holds the bound: *",
            "*times as many*",
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


SUITE_GATES = """
[[gates]]
name = "fresh"
expression = "handbook.stale_rate <= 60%"
sentence = "Nobody is sent to an old room."

[[gates]]
expression = "remembered.stale_rate <= 1%"

[[gates]]
name = "tied"
expression = "remembered.stale_rate <= 30%"

[[gates]]
expression = "handbook.right_rate >= baseline.handbook.right_rate - 2pp"
"""


@pytest.fixture
def gated(suite: pytest.Pytester) -> pytest.Pytester:
    """The example suite with gates of its own, one of each verdict and one that needs a baseline."""
    (suite.path / "test_gates.py").unlink()
    path = suite.path / "suite.toml"
    path.write_text(path.read_text(encoding="utf-8") + SUITE_GATES, encoding="utf-8")
    return suite


def test_the_gates_of_a_suite_are_tests_of_their_own(gated: pytest.Pytester) -> None:
    result = gated.runpytest_subprocess("-v", "-rs", "-W", "error")
    result.assert_outcomes(passed=2, failed=1, skipped=1)
    result.stdout.fnmatch_lines(
        [
            "suite.toml::fresh PASSED*",
            "suite.toml::remembered.stale_rate <= 1% FAILED*",
            "suite.toml::tied PASSED*",
            "*harness gates*",
            "FAIL *remembered.stale_rate <= 1%",
            "*remembered stale_rate is 25% * n = 32 in 8 groups;",
            "*wanted at most 1%",
            "INCONCLUSIVE *tied",
            "PASS *fresh",
            "SKIPPED *it needs a baseline run",
        ]
    )
    result.stdout.no_fnmatch_line("*Traceback*")


@pytest.mark.parametrize(
    ("inconclusive", "passed", "shown"), [("fail", 1, True), ("warn", 2, True), ("pass", 2, False)]
)
def test_what_an_inconclusive_gate_does_is_the_users_choice(
    gated: pytest.Pytester, inconclusive: str, passed: int, shown: bool
) -> None:
    result = gated.runpytest_subprocess(f"--harness-inconclusive={inconclusive}")
    result.assert_outcomes(passed=passed, failed=3 - passed, skipped=1)
    assert any("INCONCLUSIVE" in line for line in result.stdout.lines) == shown


def test_a_baseline_is_named_on_the_command_line_and_must_be_alike(gated: pytest.Pytester) -> None:
    gated.runpytest_subprocess("--harness-out", "kept")
    (run,) = (gated.path / "kept").iterdir()
    result = gated.runpytest_subprocess("--harness-run", str(run), "--harness-baseline", str(run))
    result.assert_outcomes(passed=3, failed=1)
    questions = gated.path / "questions.jsonl"
    text = questions.read_text(encoding="utf-8").replace("Where ", "And where ", 1)
    questions.write_text(text, encoding="utf-8")
    result = gated.runpytest_subprocess("--harness-baseline", str(run))
    result.assert_outcomes(failed=4)
    result.stdout.fnmatch_lines(["*unlike: questions (was *--allow-different=questions"])
    allowed = ("--harness-baseline", str(run), "--harness-allow-different", "questions")
    gated.runpytest_subprocess(*allowed).assert_outcomes(passed=3, failed=1)


def test_a_gate_that_cannot_be_read_is_an_error_with_its_place(gated: pytest.Pytester) -> None:
    path = gated.path / "suite.toml"
    text = path.read_text(encoding="utf-8").replace(
        "handbook.stale_rate <=", "handbook.stael_rate <="
    )
    path.write_text(text, encoding="utf-8")
    result = gated.runpytest_subprocess()
    result.stdout.fnmatch_lines(["*suite.toml:10: gates: column 10 of *did you mean 'stale_rate'*"])
    result.stdout.no_fnmatch_line("*Traceback*")


def test_a_test_may_judge_an_expression_and_skips_what_it_cannot_tell(
    suite: pytest.Pytester,
) -> None:
    suite.makepyfile(
        test_gates="""
        def test_kept(harness_gate):
            harness_gate.check("handbook.right_rate >= 30%")

        def test_broken(harness_gate):
            harness_gate.check("remembered.stale_rate <= 1%")

        def test_later(harness_gate):
            harness_gate.check("handbook.right_rate >= baseline.handbook.right_rate - 2pp")

        def test_misspelt(harness_gate):
            harness_gate.check("handbok.right_rate >= 30%")
    """
    )
    result = suite.runpytest_subprocess()
    result.assert_outcomes(passed=1, failed=2, skipped=1)
    result.stdout.fnmatch_lines(["*no system 'handbok': did you mean 'handbook'*"])


@pytest.fixture(scope="module")
def bound() -> float:
    """The least bound that 0 of 32 in eight groups break; pytester would drop what it imports."""
    return next(b / 1000 for b in range(1, 999) if _alone(b / 1000) == "fail")


def test_many_tests_beside_one_suite_ask_more_of_a_failure_than_one(
    bound: float, suite: pytest.Pytester
) -> None:
    """A bound that breaks alone breaks none among many."""
    gate = """
        def test_{i}(harness_results, harness_gate):
            harness_gate.at_least(harness_results["handbook"], "stale_rate", {bound})
    """
    suite.makepyfile(test_gates=gate.format(i=0, bound=bound))
    suite.runpytest_subprocess().assert_outcomes(failed=1)
    suite.makepyfile(test_gates="".join(gate.format(i=i, bound=bound) for i in range(12)))
    result = suite.runpytest_subprocess()
    result.assert_outcomes(passed=12)
    result.stdout.fnmatch_lines(["*alone that would be a failure of p = *"])


def _alone(bound: float) -> str:
    estimate = rate(np.zeros(32), np.arange(32) // 4)
    return at_least("x", estimate, bound).verdict


def test_another_programs_suite_file_is_none_of_our_business(pytester: pytest.Pytester) -> None:
    (pytester.path / "suite.toml").write_text('gates = ["x"]\n', encoding="utf-8")
    pytester.makepyfile("def test_mine(): pass")
    result = pytester.runpytest_subprocess()
    result.assert_outcomes(passed=1)


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
