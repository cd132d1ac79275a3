"""What a measurement found, beside what it may be at most."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final

from rich.box import SIMPLE_HEAD
from rich.table import Table

__all__ = ["Row", "figure", "table"]

_DIGITS: Final = {"": 0, "µs": 0, "ms": 2, "s": 3, "MB": 0, "x": 2}


@dataclass(frozen=True, slots=True)
class Row:
    """One figure. `bound` None: nothing is asked of it. `measured` None: `note` says why not."""

    what: str
    measured: float | None
    unit: str = ""
    bound: float | None = None
    note: str = ""

    @property
    def met(self) -> bool | None:
        """Whether the figure keeps to its bound; None where there is none."""
        if self.bound is None:
            return None
        return self.measured is not None and self.measured <= self.bound

    def to_dict(self) -> dict[str, Any]:
        """Ready for JSON."""
        return {
            "what": self.what,
            "measured": self.measured,
            "unit": self.unit,
            "bound": self.bound,
            "met": self.met,
            "note": self.note,
        }


def table(rows: Iterable[Row]) -> Table:
    """The figures, each beside its bound."""
    made = Table(box=SIMPLE_HEAD, show_edge=False, pad_edge=False)
    made.add_column("measured", overflow="fold")
    made.add_column("figure", justify="right", no_wrap=True)
    made.add_column("bound", justify="right", no_wrap=True)
    made.add_column("met")
    made.add_column("note", overflow="fold")
    words = {True: "yes", False: "no", None: ""}
    for row in rows:
        measured, bound = figure(row.measured, row.unit), figure(row.bound, row.unit)
        made.add_row(row.what, measured, bound, words[row.met], row.note)
    return made


def figure(value: float | None, unit: str) -> str:
    """As the table shows it; empty for None."""
    return "" if value is None else f"{value:,.{_DIGITS[unit]}f} {unit}".rstrip()
