"""What commands print, and progress while they work."""

from __future__ import annotations

import json
import shlex
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from rich.console import Console

    from harness.api import Result
    from harness.gates import GateReport
    from harness.history import Contents
    from harness.load_result import LoadResult
    from harness.scoring.forecast import Forecast
    from harness.statistics.planning import Plan


def show_plan(found: Plan, json_out: str | None) -> None:
    """How many questions the next run takes."""
    from rich.console import Console  # noqa: PLC0415  (slow)

    from harness.reporting.planning import plan_lines, plan_tables  # noqa: PLC0415  (heavy)

    console = Console(stderr=json_out == "-")
    for table in plan_tables(found):
        console.print(table)
    for line in plan_lines(found):
        console.print(line, highlight=False, markup=False)
    write_json(lambda: asdict(found), json_out)


def show_load(result: LoadResult, json_out: str | None) -> None:
    """The table of a load test, what it comes to, and where it lies."""
    from rich.console import Console  # noqa: PLC0415  (slow)

    from harness.reporting.load import load_table  # noqa: PLC0415  (heavy)
    from harness.reporting.load_words import notes, sentence  # noqa: PLC0415  (heavy)

    console = Console(stderr=json_out == "-")
    console.print(load_table(result.figures))
    for note in notes(result.figures):
        console.print(f"note: {note}", highlight=False, markup=False)
    console.print(sentence(result.figures), highlight=False, markup=False)
    console.print(f"test:   {result.path}", highlight=False, soft_wrap=True)
    beside = f"harness report RUN --load {shlex.quote(str(result.path))}"
    console.print(f"report: {beside}", highlight=False, markup=False, soft_wrap=True)
    write_json(result.to_dict, json_out)


def show_result(
    result: Result,
    report: Path | None,
    json_out: str | None,
    data: Callable[[], Any] | None = None,
    history: Contents | None = None,
) -> None:
    """The table of a run, its notes, and where run and report lie; the report is written.

    `data` is what is written as JSON; the figures when None. `history` are saved runs for the report.
    """
    from rich.console import Console  # noqa: PLC0415  (slow)

    console = Console(stderr=json_out == "-")
    show_figures(console, result)
    print_gates(console, result.gates)
    path = result.report(report, history=history)
    console.print(f"run:    {result.run}", highlight=False, soft_wrap=True)
    console.print(f"report: {path}", highlight=False, soft_wrap=True)
    write_json(data or result.to_dict, json_out)


def show_figures(console: Console, result: Result) -> None:
    """The table of a run, what the slowest system costs in which stage, and its notes."""
    from harness.reporting.console import summary_table  # noqa: PLC0415  (heavy)
    from harness.reporting.sections.overheads import overheads_summary  # noqa: PLC0415  (heavy)

    console.print(summary_table(result.results))
    slower = overheads_summary(result.results)
    if slower:
        console.print(slower, highlight=False, markup=False)
    for note in result.results.notes:
        console.print(f"note: {note}", highlight=False, markup=False)


def print_gates(console: Console, found: GateReport) -> None:
    """Each gate, the worst first; nothing where there are none."""
    from harness.reporting.gates import gate_lines  # noqa: PLC0415  (heavy)

    for style, line in gate_lines(found):
        console.print(line, style=style, highlight=False, markup=False)


def show_forecast(found: Forecast, json_out: str | None) -> None:
    """What would be asked and cost."""
    from rich.console import Console  # noqa: PLC0415  (slow)

    from harness.reporting.console import dollars, forecast_table  # noqa: PLC0415  (heavy)

    console = Console(stderr=json_out == "-")
    console.print(forecast_table(found))
    for note in found.notes:
        console.print(f"note: {note}", highlight=False, markup=False)
    if found.usd is not None:
        about, most = dollars(found.usd), dollars(found.usd_most)
        console.print(f"about ${about} in all, at most ${most}", highlight=False)
    console.print("nothing was asked", highlight=False)
    write_json(lambda: asdict(found), json_out)


def write_json(data: Callable[[], Any], target: str | None) -> None:
    """Write figures as JSON to a file, or to standard output for `-`."""
    if target is None:
        return
    text = json.dumps(data(), indent=2, default=str) + "\n"
    if target == "-":
        sys.stdout.write(text)
    else:
        from harness.reporting.files import write_text  # noqa: PLC0415  (rarely needed)

        write_text(Path(target), text)


@contextmanager
def shown_progress() -> Iterator[Any]:
    """Show the progress of a run on standard error."""
    from harness.reporting.progress import terminal_progress  # noqa: PLC0415  (rich is slow)

    with terminal_progress() as progress:
        yield progress
