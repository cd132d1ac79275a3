"""Gates judged on a run and its baseline, once the two are known to be alike."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from harness.gates.evidence import Evidence
from harness.gates.judge import Declared, GateReport, judge
from harness.gates.likeness import changes_under_test, check_alike
from harness.running.folder import LoadedRun
from harness.statistics.gates import FAMILY_ERROR
from harness.statistics.results import Results

__all__ = ["judge_runs"]


def judge_runs(
    gates: Sequence[Declared],
    run: tuple[LoadedRun, Results],
    baseline: tuple[LoadedRun, Results] | None = None,
    *,
    allow_different: Sequence[str] = (),
    error: float | None = None,
) -> GateReport:
    """Judge gates on a run; a pure function of its arguments.

    Raises `RunError` where a baseline is unlike the run in what `allow_different` does not name.
    """
    now = run[0].manifest
    notes: tuple[str, ...] = ()
    before = None
    if baseline is not None:
        expressions = [gate.expression for gate in gates]
        before = baseline[0].manifest
        notes = check_alike(now, before, expressions, allow_different)
        notes += changes_under_test(now, before, expressions)
    report = judge(
        gates,
        Evidence(*run),
        None if baseline is None else Evidence(*baseline),
        seed=now.seed,
        error=FAMILY_ERROR if error is None else error,
    )
    return replace(
        report,
        notes=notes,
        baseline=None if before is None else before.run_id,
    )
