"""The results as a table in the terminal, at most 80 columns wide."""

from __future__ import annotations

from textwrap import wrap
from typing import Final

from rich.table import Table
from rich.text import Text

from harness.reporting.figures import NBSP, Figure, figure
from harness.reporting.metrics import metric
from harness.reporting.terminal import plain_table
from harness.reporting.untrusted import single_line
from harness.scoring.forecast import Forecast
from harness.statistics.results import Results

_COLUMNS: Final = (
    ("right_rate", "right"),
    ("stale_rate", "stale"),
    ("valid_rate", "valid"),
    ("latency_p50", "p50"),
    ("latency_p95", "p95"),
    ("cost_per_query", "cost"),
)
_NAME = 10
_NAME_WIDTH = 13
_BASIS = 24
_WIDE = 14  # an interval longer than this is broken between its bounds


def summary_table(results: Results) -> Table:
    """One row per system: each figure above its 95 % interval, and the denominators in the title.

    Colours only emphasise; without them the table says the same.
    """
    table = plain_table(_title(results))
    table.add_column("system", overflow="fold", min_width=_NAME)
    columns = []
    for name, heading in _COLUMNS:
        estimates = [system.metrics.get(name) for system in results.systems]
        unit = metric(name).unit(estimates)
        per = unit.name.removeprefix("$ ")
        table.add_column(f"{heading}\n{per}".rstrip(), justify="right", overflow="fold")
        columns.append([figure(estimate, unit) for estimate in estimates])
    for i, system in enumerate(results.systems):
        table.add_row(_label(system.name), *(_cell(column[i]) for column in columns))
    return table


def forecast_table(found: Forecast) -> Table:
    """One row per system: calls, about so many tokens (of answers also at most), and dollars."""
    table = plain_table(f"{found.calls:,} answers would be asked for")
    table.add_column("system", overflow="fold", min_width=_NAME)
    for heading in (
        "calls",
        "tokens in\nabout",
        "tokens out\nabout\nat most",
        "dollars\nabout\nat most",
    ):
        table.add_column(heading, justify="right")
    table.add_column("price", overflow="fold", max_width=_BASIS)
    for one in found.systems:
        table.add_row(
            _label(one.system),
            f"{one.calls:,}",
            _number(one.prompt_tokens),
            f"{_number(one.completion_tokens)}\n{_number(one.completion_most)}",
            f"{dollars(one.usd)}\n{dollars(one.usd_most)}",
            single_line(one.basis),
        )
    return table


def _number(value: int | None) -> str:
    return "unknown" if value is None else f"{value:,}"


def dollars(value: float | None) -> str:
    """An amount as it is written in a table."""
    return "unknown" if value is None else f"{value:.2f}" if value >= 1 else f"{value:.2g}"


def _label(name: str) -> Text:
    """The name, broken after its hyphens where it is long; a cell has two lines anyway."""
    return Text("\n".join(wrap(single_line(name), _NAME_WIDTH)), "bold")


def _cell(printed: Figure) -> Text:
    if not printed.known:
        return Text("unknown", "dim")
    bounds = printed.interval.strip("[]").replace(f",{NBSP}", "-")
    if len(bounds) > _WIDE:
        bounds = bounds.replace("-", "-\n")
    return Text.assemble((printed.text, "bold"), (f"\n{bounds}" if bounds else "", "dim"))


def _title(results: Results) -> str:
    attempted = sum(system.counts.attempted for system in results.systems)
    failed = sum(system.counts.failed for system in results.systems)
    days = len(results.days)
    return (
        f"{attempted:,} answers attempted on {days} day{'s' if days != 1 else ''}, {failed:,} "
        "failed; each figure above its 95% interval"
    )
