"""Gates in the terminal: the worst first, a line for the verdict and the sentence under it."""

from __future__ import annotations

from collections.abc import Iterator
from textwrap import wrap
from typing import Final

from harness.gates import GateReport
from harness.gates.selftest import GateSelftest
from harness.reporting.untrusted import single_line
from harness.statistics.gates import Verdict

_WIDTH: Final = 80
_INDENT: Final = 13
_LONGEST: Final = 1000
_STYLES: Final[dict[Verdict, str]] = {
    "fail": "bold red",
    "inconclusive": "bold yellow",
    "pass": "bold green",
}


def gate_lines(found: GateReport) -> Iterator[tuple[str, str]]:
    """A style and a line each, at most 80 columns wide; nothing where there is no gate."""
    if not found.verdicts and not found.remarks:
        return
    for one in found.worst_first:
        head = f"{one.verdict.upper():{_INDENT}}{_line(one.name)}"
        where = ", ".join([*map(str, one.days), *map(_line, one.tags)])
        yield from _wrapped(_STYLES[one.verdict], f"{head} ({where})" if where else head)
        for text in filter(None, (one.explanation, one.sentence)):
            yield from _wrapped("", f"{'':{_INDENT}}{_line(text)}")
    for note in found.remarks:
        yield from _wrapped("", f"note: {_line(note)}", indent=6)
    yield "bold", found.summary


def selftest_lines(found: GateSelftest) -> Iterator[str]:
    """What the instrument was measured to do: false failures, and planted falls that were caught."""
    silence = found.silence
    yield f"drawn from {single_line(found.source, _LONGEST)}"
    yield ""
    yield f"A/A: {silence.gates} gates on a system against itself, {silence.simulations:,} times"
    yield "every bound on the truth itself, so that every failure is a false one"
    yield "  sessions with a failure"
    yield f"{silence.points:9.1%}  by points: a bare threshold"
    yield f"{silence.interval:9.1%}  by each gate's 95% interval"
    yield f"{silence.judged:9.1%}  as judged, by Holm over the family; at most {found.family_error:.0%} stated"
    yield f"gates that passed with their bound on the truth: {silence.passed:.1%}"
    yield ""
    yield "Planted: right answers made wrong until the rate falls by so much"
    yield f"{'answers':>9}{'groups':>8}{'fall':>7}{'promised':>10}{'caught':>8}"
    for one in found.caught:
        short = "" if one.kept else "  short"
        yield (
            f"{one.answers:9,}{one.groups:8,}{100 * one.drop:5.0f}pp{one.promised:10.1%}"
            f"{one.caught:8.1%}{short}"
        )
    yield ""
    yield "all as stated" if found.kept else "not as stated"


def _line(text: str) -> str:
    return single_line(text, _LONGEST)


def _wrapped(style: str, text: str, indent: int = _INDENT) -> Iterator[tuple[str, str]]:
    margin = " " * indent
    for line in wrap(text, _WIDTH, subsequent_indent=margin, break_long_words=True):
        yield style, line
