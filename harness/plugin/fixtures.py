"""The fixtures: the run of a suite, its figures, one system, one answer, and who judges them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from harness.errors import HarnessError
from harness.plugin.judging import Judge
from harness.plugin.questions import AskedAnswer, EveryAnswer, answers_of
from harness.plugin.runs import missing, run_for
from harness.plugin.state import is_worker, state_of, wanted_by

if TYPE_CHECKING:
    from harness.api import Result
    from harness.running.prepared import PreparedSystems
    from harness.statistics.results import Results, SystemResult

__all__ = [
    "harness_answer",
    "harness_gate",
    "harness_prepared",
    "harness_results",
    "harness_run",
    "harness_system",
]


@pytest.fixture
def harness_run(request: pytest.FixtureRequest) -> Result:
    """The `harness.Result` of the suite: one run per session and suite."""
    return run_for(request)


@pytest.fixture
def harness_results(harness_run: Result) -> Results:
    """The figures of the run: `harness_results["rag"].metrics["stale_rate"]` is an `Estimate`."""
    return harness_run.results


@pytest.fixture
def harness_system(request: pytest.FixtureRequest) -> SystemResult:
    """The figures of one system; the test is made for each system of the suite."""
    return run_for(request).results[request.param]


@pytest.fixture
def harness_answer(
    request: pytest.FixtureRequest, harness_system: SystemResult
) -> AskedAnswer | EveryAnswer:
    """One answer of one system; the test is made, or called, for each."""
    __tracebackhide__ = True
    answers = answers_of(request.config, run_for(request))
    if (place := getattr(request, "param", None)) is not None:
        if (harness_system.name, place) not in answers:
            pytest.skip("the run was broken off before this was asked")
        return answers[harness_system.name, place]
    if not request.config.pluginmanager.has_plugin("subtests"):
        pytest.fail(
            "harness_answer needs the subtests of pytest 9, or --harness-per-question",
            pytrace=False,
        )
    of = tuple(answer for answer in answers.values() if answer.system == harness_system.name)
    return EveryAnswer(of, request.getfixturevalue("subtests"))


@pytest.fixture(scope="module")
def harness_prepared(request: pytest.FixtureRequest) -> Iterator[PreparedSystems]:
    """The systems of the suite, each prepared when it is first taken.

    They are as a run has them on the last of the suite's default days. What is timed here would be
    disturbed by other workers, so the test is skipped under pytest-xdist.
    """
    from harness.running.prepared import prepared  # noqa: PLC0415  (heavy)

    settings = state_of(request.config).settings
    if is_worker(request.config):
        pytest.skip("what is timed beside other workers is their time too: leave out -n")
    if settings.run is not None:
        pytest.skip("--harness-run judges what has been run, and asks nothing")
    wanted = wanted_by(request.config, request.node)
    if wanted.key.suite.endswith(".toml") and not Path(wanted.key.suite).is_file():
        pytest.fail(missing(request.path, wanted.key.suite), pytrace=False)
    try:
        systems = prepared(wanted.key.suite, systems=wanted.systems)
    except HarnessError as error:
        pytest.fail(str(error), pytrace=False)
    with systems:
        yield systems


@pytest.fixture
def harness_gate(request: pytest.FixtureRequest) -> Judge:
    """Judge a figure by its interval: pass, fail, or inconclusive (shown at the end)."""
    return Judge(request)
