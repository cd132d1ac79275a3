"""Judging: the gates of a file, and figures in a test, as one family for each suite."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any

import pytest

from harness.plugin.keeping import baseline_of
from harness.plugin.markers import marked
from harness.plugin.runs import run_for
from harness.plugin.state import Problem, state_of, told, wanted_by
from harness.plugin.verdicts import judged, row_of

if TYPE_CHECKING:
    from harness.api import Result
    from harness.gates import Declared, GateReport, GateVerdict
    from harness.statistics.estimate import Estimate
    from harness.statistics.gates import Gate
    from harness.statistics.results import Results, SystemResult

__all__ = ["Judge", "family_error", "judge"]


def family_error(config: pytest.Config, suite: str, gates: int) -> float:
    """The share that `gates` of those of one suite have in the family's error."""
    from harness.statistics.gates import FAMILY_ERROR  # noqa: PLC0415  (only in harness sessions)

    return FAMILY_ERROR * gates / max(gates, state_of(config).asking[suite])


def judge(
    config: pytest.Config, run: Result, gates: Sequence[Declared], error: float
) -> GateReport | Problem:
    """Judge a family of gates on a run, and on the baseline if one was named; or say why not."""
    settings = state_of(config).settings

    def work() -> GateReport:
        return run.judged(gates, baseline_of(config, run), settings.allow_different, error)

    found: GateReport | Problem = told(work)
    return found


class Judge:
    """Judges figures in one test; a failed gate fails the test with its sentence.

    A test has the same share of the family's error as every other gate of the suite; of several
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

        run = run_for(self._request)
        systems = [system.name for system in run.results.systems]
        gates = told(lambda: from_texts([expression], systems))
        report = (
            gates if isinstance(gates, Problem) else judge(self._config, run, gates, self._level())
        )
        if isinstance(report, Problem):
            pytest.fail(report.message, pytrace=False)
        for _, why in report.left_out:
            pytest.skip(why)
        self._take(report.verdicts[0], expression)

    def at_most(self, system: SystemResult, metric: str, bound: float) -> None:
        """Fail when `metric` of `system` is above `bound` with its whole interval."""
        __tracebackhide__ = True
        self.figure_at_most(f"{metric} of {system.name}", system.metrics[metric], bound)

    def at_least(self, system: SystemResult, metric: str, bound: float) -> None:
        """Fail when `metric` of `system` is below `bound` with its whole interval."""
        __tracebackhide__ = True
        self.figure_at_least(f"{metric} of {system.name}", system.metrics[metric], bound)

    def not_less(
        self, results: Results, a: str, b: str, metric: str, *, margin: float = 0.0
    ) -> None:
        """Fail when `b` is surely below `a` on `metric` by more than `margin`, paired."""
        __tracebackhide__ = True
        difference = results.compare(a, b, metric).difference
        self.figure_at_least(f"{metric} of {b} minus {a}", difference, 0.0 - margin)

    def not_more(
        self, results: Results, a: str, b: str, metric: str, *, margin: float = 0.0
    ) -> None:
        """Fail when `b` is surely above `a` on `metric` by more than `margin`, paired."""
        __tracebackhide__ = True
        difference = results.compare(a, b, metric).difference
        self.figure_at_most(f"{metric} of {b} minus {a}", difference, margin)

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

    @cached_property
    def _suite(self) -> str:
        return wanted_by(self._config, self._request.node).key.suite

    def _level(self) -> float:
        """The p-value that a failure takes now."""
        self._made += 1
        return family_error(self._config, self._suite, 1) / (self._made * (self._made + 1))

    def _take(self, gate: Gate | GateVerdict, title: str = "") -> None:
        __tracebackhide__ = True
        node: Any = self._request.node
        name = title or node.nodeid.rsplit("::", 1)[-1].replace("_", " ")
        said = marked(node, node.path).inconclusive
        key = wanted_by(self._config, node).key
        run = state_of(self._config).runs.get(key)
        judged(
            node,
            row_of(name, gate, "" if run is None else str(run.run)),
            said if said is not None else state_of(self._config).settings.inconclusive,
        )
