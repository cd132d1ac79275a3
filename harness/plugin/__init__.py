"""The pytest plugin: gates on a suite, from one run per session.

A test beside a `suite.toml` asks for `harness_results` (the figures) and `harness_gate` (to judge one):

    def test_rag_is_fresh(harness_gate):
        harness_gate.check("rag.stale_rate <= 5%")

The gates that stand in the `suite.toml` itself are tests too, one each. `harness_system` makes a test
for each system, `harness_answer` one for each answer. `docs/pytest.md` says it all.

Nothing heavy is imported, and nothing is printed, in a session that has no such test.
"""

from __future__ import annotations

import sys
from collections.abc import Generator
from pathlib import Path
from typing import Any, Final

import pytest

from harness.plugin import github, keeping, summary, workers
from harness.plugin.fixtures import (
    harness_answer,
    harness_gate,
    harness_prepared,
    harness_results,
    harness_run,
    harness_system,
)
from harness.plugin.gates import GateFile, GateItem, has_gates
from harness.plugin.judging import Judge
from harness.plugin.markers import LINE
from harness.plugin.options import add_options, from_command_line
from harness.plugin.questions import AskedAnswer, call_for_each, parametrise
from harness.plugin.runs import carry_out
from harness.plugin.state import (
    RUN_FIXTURES,
    SUITE_FILE,
    State,
    is_worker,
    state_of,
    wanted_by,
)
from harness.plugin.verdicts import attach, rows_on

__all__ = [
    "AskedAnswer",
    "Judge",
    "harness_answer",
    "harness_gate",
    "harness_prepared",
    "harness_results",
    "harness_run",
    "harness_system",
]

_FIXTURES: Final = RUN_FIXTURES | {"harness_prepared"}


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the `harness` option group."""
    add_options(parser)


def pytest_configure(config: pytest.Config) -> None:
    """Register the marker; refuse what is wrong on the command line."""
    config.addinivalue_line("markers", LINE)
    from_command_line(config)
    config.pluginmanager.register(_Listener(state_of(config)), "harness-listener")


def pytest_collect_file(file_path: Path, parent: pytest.Collector) -> pytest.Collector | None:
    """The gates in a `suite.toml` are tests."""
    if file_path.name != SUITE_FILE or not has_gates(file_path):
        return None
    return GateFile.from_parent(parent, path=file_path)


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """A test for each system, or for each answer, where one asks for it."""
    parametrise(metafunc)


@pytest.hookimpl(tryfirst=True)
def pytest_collection_finish(session: pytest.Session) -> None:
    """See which runs are needed, and who judges; skip what is not to be run.

    A false failure is as likely in all gates of a suite as in one, so they are counted.
    """
    config = session.config
    state = state_of(config)
    items = [item for item in session.items if _is_ours(item)]
    if not items:
        if config.getoption("--harness-only"):
            _skip(session.items, "--harness-only")
        return
    try:
        _look_at(state, items, session.items)
    except pytest.UsageError as error:
        if not is_worker(config):
            raise
        state.problems.append(str(error))  # a worker cannot say so itself
    if is_worker(config):
        workers.announce(state)


def _look_at(state: State, ours: list[pytest.Item], items: list[pytest.Item]) -> None:
    settings = state.settings
    state.tests = len(ours)
    if settings.only:
        _skip([item for item in items if item not in set(ours)], "--harness-only")
    for item in ours:
        wanted = item.file.wanted if isinstance(item, GateItem) else wanted_by(state.config, item)
        fixtures = set(getattr(item, "fixturenames", ()))
        judges = isinstance(item, GateItem) or "harness_gate" in fixtures
        there = Path(wanted.key.suite).is_file() or not wanted.key.suite.endswith(SUITE_FILE)
        if judges:
            state.asking[wanted.key.suite] += 1
        if (judges or RUN_FIXTURES & fixtures) and there and not item.get_closest_marker("skip"):
            state.need(wanted)
    if settings.skip or settings.dry_run:
        _skip(ours, "--harness-skip" if settings.skip else "--harness-dry-run")
    if settings.skip:
        state.needs.clear()
    if not is_worker(state.config):
        keeping.find_saved(state)


def _is_ours(item: pytest.Item) -> bool:
    return isinstance(item, GateItem) or bool(
        _FIXTURES & set(getattr(item, "fixturenames", ())) or item.get_closest_marker("harness")
    )


def _skip(items: list[pytest.Item], reason: str) -> None:
    for item in items:
        item.add_marker(pytest.mark.skip(reason=reason))


def pytest_report_collectionfinish(config: pytest.Config) -> list[str]:
    """One line: what is to be run; none in a session without a test of the harness."""
    state = state_of(config)
    quiet = getattr(config.option, "verbose", 0) < 0
    return [summary.head(state)] if state.tests and not quiet else []


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node: Any) -> None:  # noqa: ANN401  (xdist's)
    """Before a worker of pytest-xdist starts: tell it where the controller's runs will lie."""
    workers.invite(state_of(node.config), node)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_node_collection_finished(node: Any) -> None:  # noqa: ANN401  (xdist's)
    """A worker has collected its tests, and none has begun: carry out the runs that they need."""
    config = node.config
    state = state_of(config)
    workers.heard(state, node.gateway.id)
    if state.problems:
        raise pytest.UsageError(state.problems[0])
    if not state.tests or state.settings.dry_run or set(state.needs) <= set(state.results):
        return
    keeping.find_saved(state)
    if (reporter := config.pluginmanager.get_plugin("terminalreporter")) is not None:
        reporter.ensure_newline()
        reporter.write_line(summary.head(state))
    workers.publish(state, lambda key: carry_out(state.settings, key, state.needs[key]))


@pytest.hookimpl(tryfirst=True)
def pytest_pyfunc_call(pyfuncitem: pytest.Function) -> bool | None:
    """Call a test that asks for `harness_answer` for each of them."""
    return call_for_each(pyfuncitem)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item,
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """What a test judged goes with its report, from wherever it ran."""
    report = yield
    attach(item, report)
    return report


class _Listener:
    """Gathers the verdicts of a session out of the reports of its tests."""

    def __init__(self, state: State) -> None:
        self._state = state

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """A report, of a test that ran here or in a worker."""
        self._state.verdicts += rows_on(report)


def pytest_sessionfinish(session: pytest.Session, exitstatus: int) -> None:
    """Compare, save and write; a comparison that fails makes the session fail."""
    config = session.config
    state = state_of(config)
    if is_worker(config) or not state.tests or config.option.collectonly:
        return
    if state.settings.dry_run:
        state.lines += summary.forecasts(state)
    keeping.keep(state)
    github.summarise(state)
    if (state.red or state.problems) and exitstatus == pytest.ExitCode.OK:
        session.exitstatus = pytest.ExitCode.TESTS_FAILED
    if config.pluginmanager.get_plugin("terminalreporter") is None:
        for problem in state.problems:
            sys.stderr.write(f"harness: {problem}\n")
        for line in github.commands(state):
            sys.stdout.write(f"{line}\n")


def pytest_terminal_summary(
    terminalreporter: pytest.TerminalReporter, config: pytest.Config
) -> None:
    """Print one section: what was run, and each gate, worst first."""
    state = state_of(config)
    if not state.tests:
        return
    summary.section(terminalreporter, state)
    for line in github.commands(state):
        terminalreporter.write_line(line)


def pytest_unconfigure(config: pytest.Config) -> None:
    """Remove what workers shared."""
    workers.withdraw(state_of(config))
