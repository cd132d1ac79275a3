"""The pytest plugin: gates on a suite, from one run per session.

A test beside a `suite.toml` asks for `harness_results` (the figures) and `harness_gate` (to judge one):

    def test_rag_is_fresh(harness_gate):
        harness_gate.check("rag.stale_rate <= 5%")

The gates that stand in the `suite.toml` itself are tests too, one each.

`harness_prepared` has the same systems, ready to be asked: with pytest-benchmark, their stages are timed.

Nothing heavy is imported, and nothing is printed, in a session that has no such test.
"""

from __future__ import annotations

import tomllib
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from textwrap import wrap
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from harness.gates import Declared, GateReport, GateVerdict
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
    baseline: Path | None
    allow_different: tuple[str, ...]


@dataclass(frozen=True)
class _Judged:
    """A gate with the name under which it is shown."""

    title: str
    gate: Gate | GateVerdict


_RUNS = pytest.StashKey[dict[Path, Any]]()
_JUDGED = pytest.StashKey[list[_Judged]]()
_ASKING = pytest.StashKey[Counter[Path]]()
_INCONCLUSIVE = ("fail", "warn", "pass")
_WIDTH = 80
_INDENT = 13


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the `harness` option group."""
    group = parser.getgroup("harness", "harness: RAG, fine-tuned and hybrid systems under gates")
    group.addoption("--harness-run", metavar="DIR", help="judge this finished run; run nothing")
    group.addoption("--harness-limit", type=int, metavar="N", help="ask only N questions a day")
    group.addoption("--harness-seed", type=int, metavar="N", help="seed of plan and resampling")
    group.addoption("--harness-systems", metavar="A,B", help="only these systems")
    group.addoption(
        "--harness-inconclusive",
        choices=_INCONCLUSIVE,
        default="warn",
        help="what a gate that is inconclusive does to its test (default: warn at the end)",
    )
    group.addoption("--harness-baseline", metavar="DIR", help="the run that gates call baseline")
    group.addoption(
        "--harness-allow-different", metavar="A,B", help="what may differ from the baseline"
    )
    group.addoption("--harness-out", metavar="DIR", help="folder for new runs (default: runs)")


def pytest_configure(config: pytest.Config) -> None:
    """Prepare the session's store."""
    config.stash[_RUNS] = {}
    config.stash[_JUDGED] = []
    config.stash[_ASKING] = Counter()


def pytest_collect_file(file_path: Path, parent: pytest.Collector) -> pytest.Collector | None:
    """The gates in a `suite.toml` are tests."""
    if file_path.name != "suite.toml" or not _has_gates(file_path):
        return None
    return GateFile.from_parent(parent, path=file_path)


def _has_gates(path: Path) -> bool:
    """Whether it is a suite of the harness, as far as can be told without reading it closely."""
    try:
        data = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError):
        return False
    return bool(data.get("gates")) and {"days", "systems", "questions"} <= data.keys()


def pytest_collection_finish(session: pytest.Session) -> None:
    """Count who will ask for a gate beside each suite: a false failure is as likely in all as in one."""
    session.config.stash[_ASKING] = Counter(
        item.path.parent
        for item in session.items
        if isinstance(item, GateItem) or "harness_gate" in getattr(item, "fixturenames", ())
    )


def _options(config: pytest.Config) -> _Options:
    run, out = config.getoption("--harness-run"), config.getoption("--harness-out")
    systems = config.getoption("--harness-systems")
    baseline = config.getoption("--harness-baseline")
    allowed = config.getoption("--harness-allow-different")
    return _Options(
        run=Path(run) if run else None,
        limit=config.getoption("--harness-limit"),
        seed=config.getoption("--harness-seed"),
        systems=tuple(systems.split(",")) if systems else None,
        out=Path(out) if out else None,
        baseline=Path(baseline) if baseline else None,
        allow_different=tuple(allowed.split(",")) if allowed else (),
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


def _run_of(config: pytest.Config, suite: Path) -> Any:  # noqa: ANN401  (imported lazily)
    """The `harness.Result` of a suite: run when it is first asked for, once per session."""
    options, runs = _options(config), config.stash[_RUNS]
    if hasattr(config, "workerinput") and options.run is None:
        pytest.fail(
            "a suite runs once per session: leave out -n, or judge a finished run: --harness-run DIR",
            pytrace=False,
        )
    if suite not in runs:
        runs[suite] = _told(lambda: _run_suite(suite, options))
    if isinstance(runs[suite], str):
        pytest.fail(runs[suite], pytrace=False)
    return runs[suite]


def _told(work: Callable[[], Any]) -> Any:  # noqa: ANN401  (what the work gives, or why it did not)
    """What `work` returns, or the message of the error that a user can mend."""
    from harness.errors import HarnessError  # noqa: PLC0415  (only in harness sessions)

    try:
        return work()
    except HarnessError as error:
        return str(error)


@pytest.fixture(scope="module")
def harness_run(request: pytest.FixtureRequest) -> Any:  # noqa: ANN401  (imported lazily)
    """The `harness.Result` of the suite beside the test: one run per session and suite."""
    return _run_of(request.config, _suite_beside(request))


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


def _family_error(config: pytest.Config, folder: Path, gates: int) -> float:
    """The share that `gates` of those beside one suite have in the family's error."""
    from harness.statistics.gates import FAMILY_ERROR  # noqa: PLC0415  (only in harness sessions)

    return FAMILY_ERROR * gates / max(gates, config.stash[_ASKING][folder])


def _judge(
    config: pytest.Config,
    run: Any,  # noqa: ANN401  (imported lazily)
    gates: Sequence[Declared],
    error: float,
) -> GateReport | str:
    """Judge a family of gates on a run, and on the baseline if one was named; or say why not."""
    from harness import api  # noqa: PLC0415  (heavy)

    options = _options(config)

    def judged() -> Any:  # noqa: ANN401  (imported lazily)
        baseline = api.load(options.baseline) if options.baseline is not None else None
        return run.judged(gates, baseline, options.allow_different, error)

    found: GateReport | str = _told(judged)
    return found


def _take(config: pytest.Config, title: str, gate: Gate | GateVerdict) -> None:
    """Keep a verdict for the summary; one that fails ends the test with its sentence."""
    __tracebackhide__ = True
    inconclusive = config.getoption("--harness-inconclusive")
    if gate.verdict != "inconclusive" or inconclusive != "pass":
        config.stash[_JUDGED].append(_Judged(title, gate))
    if gate.verdict == "fail" or (gate.verdict == "inconclusive" and inconclusive == "fail"):
        pytest.fail(gate.sentence, pytrace=False)


class GateFile(pytest.File):
    """A `suite.toml`: its gates are judged together, as one family."""

    def collect(self) -> Iterator[GateItem]:
        """A test for each gate, under its name."""
        from harness.errors import HarnessError  # noqa: PLC0415  (only in harness sessions)
        from harness.gates import declare  # noqa: PLC0415  (numpy is slow)
        from harness.running.suite import load_suite  # noqa: PLC0415  (only in harness sessions)

        try:
            self.gates = declare(load_suite(self.path).gates)
        except HarnessError as error:
            raise self.CollectError(str(error)) from error
        for gate in self.gates:
            yield GateItem.from_parent(self, name=gate.title)

    @cached_property
    def report(self) -> GateReport | str:
        """The verdicts, once the suite has run; or what is wrong."""
        error = _family_error(self.config, self.path.parent, len(self.gates))
        return _judge(self.config, _run_of(self.config, self.path), self.gates, error)


class GateItem(pytest.Item):
    """One gate of a `suite.toml`."""

    def runtest(self) -> None:
        """Fail with the sentence of the gate, or skip where this run cannot tell."""
        __tracebackhide__ = True
        file = self.parent
        assert isinstance(file, GateFile)  # noqa: S101  (nobody else makes one)
        _run_of(self.config, file.path)
        report = file.report
        if isinstance(report, str):
            pytest.fail(report, pytrace=False)
        for name, why in report.left_out:
            if name == self.name:
                pytest.skip(why)
        (verdict,) = (one for one in report.verdicts if one.name == self.name)
        _take(self.config, self.name, verdict)

    def reportinfo(self) -> tuple[Path, int | None, str]:
        """Where it stands, and what heads its failure."""
        return self.path, None, f"gate: {self.name}"


class Judge:
    """Judges figures in one test; a failed gate fails the test with its sentence.

    A test has the same share of the family's error as every other gate beside the suite; of several
    in one test the i-th has 1 / (i (i + 1)) of it, which is the whole however many there are.
    """

    def __init__(self, request: pytest.FixtureRequest) -> None:
        self._request = request
        self._config = request.config
        self._made = 0

    def check(self, expression: str) -> None:
        """Judge a gate such as `rag.stale_rate <= 5%`; see `harness.gates.expression`."""
        __tracebackhide__ = True
        from harness.gates import from_texts  # noqa: PLC0415  (only in harness sessions)

        run = self._request.getfixturevalue("harness_run")
        systems = [system.name for system in run.results.systems]
        gates = _told(lambda: from_texts([expression], systems))
        report = (
            gates if isinstance(gates, str) else _judge(self._config, run, gates, self._level())
        )
        if isinstance(report, str):
            pytest.fail(report, pytrace=False)
        for _, why in report.left_out:
            pytest.skip(why)
        _take(self._config, expression, report.verdicts[0])

    def at_most(self, system: SystemResult, metric: str, bound: float) -> None:
        """Fail when `metric` of `system` is above `bound` with its whole interval."""
        __tracebackhide__ = True
        from harness.statistics.gates import at_most  # noqa: PLC0415  (only in harness sessions)

        self._take(
            at_most(
                f"{metric} of {system.name}", system.metrics[metric], bound, level=self._level()
            )
        )

    def at_least(self, system: SystemResult, metric: str, bound: float) -> None:
        """Fail when `metric` of `system` is below `bound` with its whole interval."""
        __tracebackhide__ = True
        from harness.statistics.gates import at_least  # noqa: PLC0415  (only in harness sessions)

        self._take(
            at_least(
                f"{metric} of {system.name}", system.metrics[metric], bound, level=self._level()
            )
        )

    def not_less(
        self, results: Results, a: str, b: str, metric: str, *, margin: float = 0.0
    ) -> None:
        """Fail when `b` is surely below `a` on `metric` by more than `margin`, paired."""
        __tracebackhide__ = True
        from harness.statistics.gates import at_least  # noqa: PLC0415  (only in harness sessions)

        difference = results.compare(a, b, metric).difference
        self._take(
            at_least(f"{metric} of {b} minus {a}", difference, 0.0 - margin, level=self._level())
        )

    def not_more(
        self, results: Results, a: str, b: str, metric: str, *, margin: float = 0.0
    ) -> None:
        """Fail when `b` is surely above `a` on `metric` by more than `margin`, paired."""
        __tracebackhide__ = True
        from harness.statistics.gates import at_most  # noqa: PLC0415  (only in harness sessions)

        difference = results.compare(a, b, metric).difference
        self._take(at_most(f"{metric} of {b} minus {a}", difference, margin, level=self._level()))

    def figure_at_most(self, what: str, estimate: Estimate, bound: float) -> None:
        """Fail when a figure, named by `what`, is above `bound` with its whole interval."""
        __tracebackhide__ = True
        from harness.statistics.gates import at_most  # noqa: PLC0415  (only in harness sessions)

        self._take(at_most(what, estimate, bound, level=self._level()))

    def figure_at_least(self, what: str, estimate: Estimate, bound: float) -> None:
        """Fail when a figure, named by `what`, is below `bound` with its whole interval."""
        __tracebackhide__ = True
        from harness.statistics.gates import at_least  # noqa: PLC0415  (only in harness sessions)

        self._take(at_least(what, estimate, bound, level=self._level()))

    def _level(self) -> float:
        """The p-value that a failure takes now."""
        self._made += 1
        share = _family_error(self._config, self._request.path.parent, 1)
        return share / (self._made * (self._made + 1))

    def _take(self, gate: Gate) -> None:
        __tracebackhide__ = True
        title = self._request.node.nodeid.rsplit("::", 1)[-1].replace("_", " ")
        _take(self._config, title, gate)


@pytest.fixture
def harness_gate(request: pytest.FixtureRequest) -> Judge:
    """Judge a figure by its interval: pass, fail, or inconclusive (shown at the end)."""
    return Judge(request)


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
        terminalreporter.write(f"{verdict.upper():{_INDENT}}", **colours[verdict])
        terminalreporter.write_line(entry.title)
        for line in wrap(entry.gate.sentence, _WIDTH - _INDENT):
            terminalreporter.write_line(f"{'':{_INDENT}}{line}")
