"""Gates: what a run must keep, written in a line each and judged as one family."""

from harness.gates.declared import declare, declared_in, from_texts
from harness.gates.evidence import Evidence, Scope
from harness.gates.expression import Expression, parse
from harness.gates.judge import Declared, GateReport, GateVerdict, judge
from harness.gates.runs import judge_runs
from harness.gates.watch import Watch, check_watchable

__all__ = [
    "Declared",
    "Evidence",
    "Expression",
    "GateReport",
    "GateVerdict",
    "Scope",
    "Watch",
    "check_watchable",
    "declare",
    "declared_in",
    "from_texts",
    "judge",
    "judge_runs",
    "parse",
]
