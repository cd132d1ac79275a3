"""A verdict on its way: from the test that judged, through its report, to the summary and JUnit.

Reports are what travels from pytest-xdist's workers, so a verdict is plain data on one.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import pytest

if TYPE_CHECKING:
    from harness.gates import GateVerdict
    from harness.statistics.gates import Gate

__all__ = ["attach", "judged", "row_of", "rows_on", "worst_first"]

_MADE: Final = pytest.StashKey[list[dict[str, Any]]]()
_ON_REPORT: Final = "harness_verdicts"
_ORDER: Final = {"fail": 0, "inconclusive": 1, "pass": 2}


def row_of(title: str, gate: Gate | GateVerdict, run: str) -> dict[str, Any]:
    """A verdict as plain data."""
    estimate = getattr(gate, "estimate", None)
    return {
        "gate": title,
        "verdict": gate.verdict,
        "sentence": gate.sentence,
        "explanation": getattr(gate, "explanation", ""),
        "value": getattr(estimate, "value", None),
        "low": getattr(estimate, "low", None),
        "high": getattr(estimate, "high", None),
        "n": getattr(estimate, "n", None),
        "run": run,
    }


def judged(item: pytest.Item, row: dict[str, Any], inconclusive: str) -> None:
    """Keep a verdict for the report of its test; one that fails ends the test with its sentence."""
    __tracebackhide__ = True
    if row["verdict"] != "inconclusive" or inconclusive != "pass":
        item.stash.setdefault(_MADE, []).append(row)
    item.user_properties += [
        (f"harness.{name}", _text(row[name]))
        for name in ("gate", "verdict", "sentence", "value", "low", "high", "n", "run")
        if row[name] is not None
    ]
    if row["verdict"] == "fail" or (row["verdict"] == "inconclusive" and inconclusive == "fail"):
        pytest.fail("\n".join(filter(None, (row["sentence"], row["explanation"]))), pytrace=False)


def attach(item: pytest.Item, report: pytest.TestReport) -> None:
    """Put what a test has judged so far on its report."""
    rows = item.stash.get(_MADE, [])
    if rows:
        item.stash[_MADE] = []
        path, line, _ = report.location
        at = {"test": report.nodeid, "file": path, "line": None if line is None else line + 1}
        setattr(report, _ON_REPORT, [{**row, **at} for row in rows])


def rows_on(report: pytest.TestReport) -> list[dict[str, Any]]:
    """The verdicts on a report."""
    found: list[dict[str, Any]] = getattr(report, _ON_REPORT, [])
    return found


def worst_first(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Failures, then what is inconclusive, then what passed; by test within each."""
    return sorted(rows, key=lambda row: (_ORDER[row["verdict"]], row["run"], row["test"]))


def _text(value: object) -> str:
    return f"{value:.6g}" if isinstance(value, float) else str(value)
