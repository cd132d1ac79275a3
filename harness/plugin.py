"""The pytest plugin: gates on a suite, from one run per session.

A test beside a `suite.toml` asks for `harness_results` (the figures) and `harness_gate` (to judge one):

    def test_rag_is_fresh(harness_results, harness_gate):
        harness_gate.at_most(harness_results["rag"], "stale_rate", 0.05)

`harness_prepared` has the same systems, ready to be asked: with pytest-benchmark, their stages are timed.

Nothing heavy is imported, and nothing is printed, in a session that has no such test.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from harness.running.prepared import PreparedSystems
    from harness.statistics.estimate import Estimate
    from harness.statistics.gates import Gate
    from harness.statistics.results import Results, SystemResult


@dataclass(frozen=True)
class _Options:
    """The command line's options, as given."""

    run: Path | None
    limit: int | None
    seed: int | None
    systems: tuple[str, ...] | None
    out: Path | None


@dataclass(frozen=True)
class _Judged:
    """A gate with the test that asked for it."""

    nodeid: str
    gate: Gate


_RUNS = pytest.StashKey[dict[Path, Any]]()
_JUDGED = pytest.StashKey[list[_Judged]]()


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the `harness` option group."""
    group = parser.getgroup("harness", "harness: RAG, fine-tuned and hybrid systems under gates")
    group.addoption("--harness-run", metavar="DIR", help="judge this finished run; run nothing")
    group.addoption("--harness-limit", type=int, metavar="N", help="ask only N questions a day")
    group.addoption("--harness-seed", type=int, metavar="N", help="seed of plan and resampling")
    group.addoption("--harness-systems", metavar="A,B", help="only these systems")
    group.addoption("--harness-out", metavar="DIR", help="folder for new runs (default: runs)")


def pytest_configure(config: pytest.Config) -> None:
    """Prepare the session's store."""
    config.stash[_RUNS] = {}
    config.stash[_JUDGED] = []


def _options(config: pytest.Config) -> _Options:
    run, out = config.getoption("--harness-run"), config.getoption("--harness-out")
    systems = config.getoption("--harness-systems")
    return _Options(
        run=Path(run) if run else None,
        limit=config.getoption("--harness-limit"),
        seed=config.getoption("--harness-seed"),
        systems=tuple(systems.split(",")) if systems else None,
        out=Path(out) if out else None,
    )


def _run_suite(suite: Path, options: _Options) -> Any:  # noqa: ANN401  (imported lazily)
    from harness import api  # noqa: PLC0415  (heavy)

    if options.run is not None:
        return api.load(options.run)
    return api.compare(
        suite,
        systems=options.systems,
        limit=options.limit,
        seed=options.seed,
        out=options.out,
    )


def _suite_beside(request: pytest.FixtureRequest) -> Path:
    suite = request.path.parent / "suite.toml"
    if not suite.is_file():
        raise pytest.UsageError(f"{request.path}: asks for harness results, but {suite} is missing")
    return suite


@pytest.fixture(scope="module")
def harness_run(request: pytest.FixtureRequest) -> Any:  # noqa: ANN401  (imported lazily)
    """The `harness.Result` of the suite beside the test: one run per session and suite."""
    from harness.errors import HarnessError  # noqa: PLC0415  (only in harness sessions)

    config = request.config
    if hasattr(config, "workerinput"):
        raise pytest.UsageError(
            "a suite runs once per session: leave out -n, or judge a finished run: --harness-run DIR"
        )
    suite = _suite_beside(request)
    runs = config.stash[_RUNS]
    if suite not in runs:
        try:
            runs[suite] = _run_suite(suite, _options(config))
        except HarnessError as error:
            pytest.fail(str(error), pytrace=False)
    return runs[suite]


@pytest.fixture(scope="module")
def harness_results(harness_run: Any) -> Results:  # noqa: ANN401  (imported lazily)
    """The figures of the run: `harness_results["rag"].metrics["stale_rate"]` is an `Estimate`."""
    figures: Results = harness_run.results
    return figures


@pytest.fixture(scope="module")
def harness_prepared(request: pytest.FixtureRequest) -> Iterator[PreparedSystems]:
    """The systems of the suite beside the test, each prepared when it is first taken.

    They are as a run has them on the last of the suite's default days. What is timed here would be
    disturbed by other workers, so the test is skipped under pytest-xdist.
    """
    from harness.errors import HarnessError  # noqa: PLC0415  (only in harness sessions)
    from harness.running.prepared import prepared  # noqa: PLC0415  (heavy)

    options = _options(request.config)
    if hasattr(request.config, "workerinput"):
        pytest.skip("what is timed beside other workers is their time too: leave out -n")
    if options.run is not None:
        pytest.skip("--harness-run judges what has been run, and asks nothing")
    try:
        systems = prepared(_suite_beside(request), systems=options.systems)
    except HarnessError as error:
        pytest.fail(str(error), pytrace=False)
    with systems:
        yield systems


class Judge:
    """Judges figures in one test; a failed gate fails the test with its sentence."""

    def __init__(self, nodeid: str, judged: list[_Judged]) -> None:
        self._nodeid = nodeid
        self._judged = judged

    def at_most(self, system: SystemResult, metric: str, bound: float) -> None:
        """Fail when `metric` of `system` is above `bound` with its whole interval."""
        __tracebackhide__ = True
        from harness.statistics.gates import at_most  # noqa: PLC0415  (only in harness sessions)

        self._take(at_most(f"{metric} of {system.name}", system.metrics[metric], bound))

    def at_least(self, system: SystemResult, metric: str, bound: float) -> None:
        """Fail when `metric` of `system` is below `bound` with its whole interval."""
        __tracebackhide__ = True
        from harness.statistics.gates import at_least  # noqa: PLC0415  (only in harness sessions)

        self._take(at_least(f"{metric} of {system.name}", system.metrics[metric], bound))

    def not_less(
        self, results: Results, a: str, b: str, metric: str, *, margin: float = 0.0
    ) -> None:
        """Fail when `b` is surely below `a` on `metric` by more than `margin`, paired."""
        __tracebackhide__ = True
        from harness.statistics.gates import at_least  # noqa: PLC0415  (only in harness sessions)

        difference = results.compare(a, b, metric).difference
        self._take(at_least(f"{metric} of {b} minus {a}", difference, 0.0 - margin))

    def not_more(
        self, results: Results, a: str, b: str, metric: str, *, margin: float = 0.0
    ) -> None:
        """Fail when `b` is surely above `a` on `metric` by more than `margin`, paired."""
        __tracebackhide__ = True
        from harness.statistics.gates import at_most  # noqa: PLC0415  (only in harness sessions)

        difference = results.compare(a, b, metric).difference
        self._take(at_most(f"{metric} of {b} minus {a}", difference, margin))

    def figure_at_most(self, what: str, estimate: Estimate, bound: float) -> None:
        """Fail when a figure, named by `what`, is above `bound` with its whole interval."""
        __tracebackhide__ = True
        from harness.statistics.gates import at_most  # noqa: PLC0415  (only in harness sessions)

        self._take(at_most(what, estimate, bound))

    def figure_at_least(self, what: str, estimate: Estimate, bound: float) -> None:
        """Fail when a figure, named by `what`, is below `bound` with its whole interval."""
        __tracebackhide__ = True
        from harness.statistics.gates import at_least  # noqa: PLC0415  (only in harness sessions)

        self._take(at_least(what, estimate, bound))

    def _take(self, gate: Gate) -> None:
        __tracebackhide__ = True
        self._judged.append(_Judged(self._nodeid, gate))
        if gate.verdict == "fail":
            pytest.fail(gate.sentence, pytrace=False)


@pytest.fixture
def harness_gate(request: pytest.FixtureRequest) -> Judge:
    """Judge a figure by its interval: pass, fail, or inconclusive (shown at the end)."""
    return Judge(request.node.nodeid, request.config.stash[_JUDGED])


def pytest_terminal_summary(
    terminalreporter: pytest.TerminalReporter, config: pytest.Config
) -> None:
    """Print one section: what was run, and each gate, worst first."""
    judged = config.stash[_JUDGED]
    if not judged:
        return
    order = {"fail": 0, "inconclusive": 1, "pass": 2}
    colours = {"fail": {"red": True}, "inconclusive": {"yellow": True}, "pass": {"green": True}}
    terminalreporter.section("harness gates")
    for run in config.stash[_RUNS].values():
        terminalreporter.write_line(f"run: {run.run}")
    for entry in sorted(judged, key=lambda entry: order[entry.gate.verdict]):
        verdict = entry.gate.verdict
        terminalreporter.write(f"{verdict.upper():13}", **colours[verdict])
        terminalreporter.write_line(entry.nodeid.rsplit("::", 1)[-1].replace("_", " "))
        terminalreporter.write_line(f"{'':13}{entry.gate.sentence}")
