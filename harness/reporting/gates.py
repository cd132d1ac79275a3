"""Gates in the terminal: the worst first, a line for the verdict and the sentence under it."""

from __future__ import annotations

from collections.abc import Iterator
from textwrap import wrap
from typing import Final

from harness.gates import GateReport
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


def _line(text: str) -> str:
    return single_line(text, _LONGEST)


def _wrapped(style: str, text: str, indent: int = _INDENT) -> Iterator[tuple[str, str]]:
    margin = " " * indent
    for line in wrap(text, _WIDTH, subsequent_indent=margin, break_long_words=True):
        yield style, line
