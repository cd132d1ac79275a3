"""A load test in the terminal: a table of 80 columns; `load_words` has what is said beside it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from rich.table import Table
from rich.text import Text

from harness.reporting.figures import NUMBER, Unit, time_unit
from harness.reporting.load_words import client_lag, known_quantiles, setup
from harness.reporting.terminal import plain_table
from harness.statistics.estimate import Estimate
from harness.statistics.load import StepFigures
from harness.statistics.load_figures import LoadFigures

__all__ = ["load_table"]

_WIDTH: Final = 80
_PERCENT: Final = Unit("%", factor=100, decimals=1)


def load_table(test: LoadFigures) -> Table:
    """One row a rate, the closed loop first; each figure above its 95 % interval."""
    table = plain_table(
        f"{setup(test)}; times from the intended start; each figure above its 95% interval"
    )
    columns = list(_columns(test, test.by_rate, narrow=False))
    if sum(map(_width, columns)) > _WIDTH:
        columns = list(_columns(test, test.by_rate, narrow=True))
    for heading, _ in columns:
        table.add_column(heading, justify="right", overflow="fold")
    for row in zip(*(cells for _, cells in columns), strict=True):
        table.add_row(*row)
    return table


def _width(column: tuple[str, list[Text]]) -> int:
    """Characters of the longest line, with the gap to the next column."""
    heading, cells = column
    lines = [*heading.splitlines(), *(line for cell in cells for line in cell.plain.splitlines())]
    return max(map(len, lines)) + 2


def _columns(
    test: LoadFigures, steps: Sequence[StepFigures], *, narrow: bool
) -> Iterator[tuple[str, list[Text]]]:
    quantiles = known_quantiles([step.latency for step in steps]) or ["p50"]
    times = {f"{name}\n": [step.latency[name] for step in steps] for name in quantiles}
    if test.place == "worker":
        times["queue\np95 "] = [step.queue for step in steps]
    unit = time_unit([estimate for column in times.values() for estimate in column])
    yield "rate\n/s", [_rate(step) for step in steps]
    yield "answered\n/s", [_cell(step.reached, NUMBER, narrow=narrow) for step in steps]
    for heading, estimates in times.items():
        cells = [_cell(estimate, unit, narrow=narrow) for estimate in estimates]
        yield f"{heading}{unit.name}", cells
    shares = [_cell(step.within, _PERCENT, narrow=narrow) for step in steps]
    yield "within\nlimits %" if str(test.limits) else "answered\n%", shares
    yield "client\nlag ms", [_lag(step) for step in steps]
    yield "backlog", [Text("closed\nloop" if s.rate is None else s.verdict) for s in steps]


def _rate(step: StepFigures) -> Text:
    return Text("one at\na time" if step.rate is None else f"{step.rate:.4g}", "bold")


def _lag(step: StepFigures) -> Text:
    return Text(client_lag(step), "bold red" if step.client_bound else "")


def _cell(estimate: Estimate, unit: Unit, *, narrow: bool) -> Text:
    """A figure above its interval, which takes two lines where there are many columns."""
    if estimate.value is None or estimate.low is None or estimate.high is None:
        return Text("unknown", "dim")
    value, low, high = unit.write(estimate.value, estimate.low, estimate.high)
    dash = "-\n" if narrow else "-"
    return Text.assemble((value, "bold"), (f"\n{low}{dash}{high}", "dim"))
