"""The table of the comparison: a row for each figure, a column for each tool."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

from peers.installing import Installed
from peers.measures import MEASURES, Sizes
from peers.trial import TrialError
from rich.box import SIMPLE_HEAD
from rich.table import Table
from runner.rows import Row, figure

NOT_MEASURED: Final = "not measured"

Columns = Mapping[str, Sequence[Row]]
"""The rows of each tool; the same in number and order for all of them."""


def rows(name: str, tool: Installed, sizes: Sizes) -> list[Row]:
    """The rows of one measure; those that are not to be had say why."""
    if name in tool.tool.lacks:
        return absent(name, tool.tool.lacks[name])
    measure, found, why = MEASURES[name], [], "the measure ended before"
    with TemporaryDirectory(prefix="peers-") as home:
        try:
            found.extend(measure.take(tool, Path(home), sizes))  # keeps those before an error
        except TrialError as error:
            why = str(error)
    made = [
        Row(what, value, unit, bound, note)
        for (what, unit, bound), (value, note) in zip(measure.figures, found, strict=False)
    ]
    return made + absent(name, why)[len(made) :]


def absent(name: str, why: str) -> list[Row]:
    """The rows of a measure that has not been taken."""
    return [Row(what, None, unit, bound, why) for what, unit, bound in MEASURES[name].figures]


def table(columns: Columns) -> Table:
    """Measured beside the harness's bound; an asterisk is on what is beyond it."""
    made = Table(box=SIMPLE_HEAD, show_edge=False, pad_edge=False)
    made.add_column("measured", overflow="fold")
    made.add_column("bound", justify="right", no_wrap=True)
    for tool in columns:
        made.add_column(tool, justify="right", overflow="fold")
    for cells in zip(*columns.values(), strict=True):
        bound = figure(cells[0].bound, cells[0].unit)
        made.add_row(cells[0].what, bound, *map(_cell, cells))
    return made


def notes(columns: Columns) -> Iterator[str]:
    """What is to be said of single cells, a line each; the same words once for rows that follow."""
    for tool, found in columns.items():
        for place, row in enumerate(found):
            before = found[place - 1] if place else None
            measure = row.what.partition(":")[0]
            repeated = before and before.note == row.note and before.what.startswith(measure)
            if row.note and not repeated:
                what = row.what if row.measured is not None else f"{measure}: {NOT_MEASURED}"
                yield f"{tool}, {what}: {row.note}"


def to_dict(columns: Columns) -> dict[str, Any]:
    """Ready for JSON."""
    return {tool: [row.to_dict() for row in found] for tool, found in columns.items()}


def _cell(row: Row) -> str:
    if row.measured is None:
        return NOT_MEASURED
    return figure(row.measured, row.unit) + ("" if row.met else " *")
