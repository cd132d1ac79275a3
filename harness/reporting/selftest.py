"""The measured coverage of the intervals in the terminal: a table for each kind, 80 columns."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from rich.table import Table
from rich.text import Text

from harness.reporting.figures import NUMBER
from harness.reporting.terminal import plain_table
from harness.statistics.selftest import Cell, Kind

_TITLES: Final[dict[Kind, str]] = {
    "rate": "A rate, by its true value",
    "difference": "A difference of paired rates, b failing half as often again, by the rate of a",
    "mean": "A mean of skewed times",
    "ratio": "A ratio, cost per right answer, by the rate of right answers",
    "quantile": "A quantile of skewed times",
}
_ALWAYS: Final = 0.995


def coverage_tables(cells: Sequence[Cell]) -> Iterator[tuple[str, Table]]:
    """A title and a table for each kind: a column a design, a row a parameter and an n.

    Each cell has the coverage in per cent, `!` where it falls short, above the mean width, and in
    brackets the share of samples that had an interval where not all did.
    """
    for kind, title in _TITLES.items():
        mine = [cell for cell in cells if cell.kind == kind]
        table = plain_table()
        table.add_column("")
        table.add_column("n", justify="right")
        for design in dict.fromkeys(cell.design for cell in mine):
            size, correlation = design.name.split(", ")
            table.add_column(f"{size}\n{correlation}", justify="right")
        for parameter, n in dict.fromkeys((cell.parameter, cell.n) for cell in mine):
            row = [cell for cell in mine if (cell.parameter, cell.n) == (parameter, n)]
            table.add_row("" if parameter is None else f"{parameter:g}", str(n), *map(_cell, row))
        yield title, table


def _cell(cell: Cell) -> Text:
    if cell.coverage is None or cell.width is None:
        return Text("none", "dim")
    mark = "!" if cell.short else ""
    stated = "" if cell.stated >= _ALWAYS else f"\n({cell.stated:.0%})"
    return Text.assemble(
        (f"{100 * cell.coverage:.1f}{mark}", "bold red" if cell.short else "bold"),
        (f"\n{NUMBER.write(cell.width)[0]}{stated}", "dim"),
    )
