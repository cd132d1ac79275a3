"""The instrument itself, measured: against labels, and by simulation."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from harness.cli.app import conformance, measured
from harness.cli.options import (
    JsonOption,
    read_day,
)
from harness.cli.shown import (
    write_json,
)
from harness.errors import ConfigError, nearest


@conformance.command("staleness", epilog="Example:\n\n`harness conformance staleness answers/`")
def conformance_staleness(
    path: Annotated[Path, typer.Argument(help="Folder with answers.jsonl and histories.jsonl.")],
    day: Annotated[
        str | None,
        typer.Option(metavar="DAY", help="Day of the labels (default: the last in the histories)."),
    ] = None,
    json_out: JsonOption = None,
) -> None:
    """Compare the freshness classes with the labels: agreement, kappa, every disagreement."""
    from harness.conformance import (  # noqa: PLC0415  (heavy)
        report,
        staleness_conformance,
        to_dict,
    )

    found = staleness_conformance(path, day=read_day(day) if day else None)
    typer.echo(report(found), err=json_out == "-")
    write_json(lambda: to_dict(found), json_out)


@conformance.command(
    "strictness", epilog="Example:\n\n`harness conformance strictness cases.jsonl`"
)
def conformance_strictness(
    path: Annotated[Path, typer.Argument(help="JSON Lines: a schema and its labelled cases each.")],
    default_draft: Annotated[
        str, typer.Option(metavar="DRAFT", help="Draft of schemas that declare none.")
    ] = "2020-12",
    json_out: JsonOption = None,
) -> None:
    """Compare the strictness scorer with labels: false accepts, false rejects, crashes."""
    from harness.conformance import (  # noqa: PLC0415  (heavy)
        strictness_conformance,
        strictness_report,
        strictness_to_dict,
    )
    from harness.world.formats import DRAFTS  # noqa: PLC0415  (with the rest)

    draft = next((draft for draft in DRAFTS if draft == default_draft), None)
    if draft is None:
        raise ConfigError(
            f"--default-draft: unknown draft {default_draft!r}: {nearest(default_draft, DRAFTS)}"
        )
    found = strictness_conformance(path, default_draft=draft)
    typer.echo(strictness_report(found), err=json_out == "-")
    write_json(lambda: strictness_to_dict(found), json_out)


@measured.command(
    "statistics",
    epilog="Examples:\n\n`harness selftest statistics --fast`\n\n"
    "`harness selftest statistics --json coverage.json`",
)
def selftest_statistics(
    fast: Annotated[
        bool, typer.Option("--fast", help="A few situations, in seconds, not minutes.")
    ] = False,
    seed: Annotated[
        int | None, typer.Option(help="Of the simulations (default: that of the documents).")
    ] = None,
    json_out: JsonOption = None,
) -> None:
    """Simulate samples with a known truth: how often does each interval hold it?"""
    from rich.console import Console  # noqa: PLC0415  (slow)

    from harness.reporting.selftest import coverage_tables  # noqa: PLC0415  (heavy)
    from harness.statistics.selftest import SEED, selftest, verdict  # noqa: PLC0415  (numpy is slow)

    cells = selftest(fast=fast, seed=SEED if seed is None else seed)
    console = Console(stderr=json_out == "-")
    console.print(
        "coverage % of 95% intervals above their mean width, and in brackets the share",
        highlight=False,
    )
    console.print(
        "of samples that had one; columns: units in a group, and their correlation", highlight=False
    )
    for title, table in coverage_tables(cells):
        console.print(f"\n{title}", highlight=False)
        console.print(table)
    console.print(verdict(cells), highlight=False)
    write_json(lambda: [asdict(cell) for cell in cells], json_out)


@measured.command(
    "gates",
    epilog="Examples:\n\n`harness selftest gates --fast`\n\n"
    "`harness selftest gates runs/releases-20260822-101500`",
)
def selftest_of_gates(
    run: Annotated[
        Path | None, typer.Argument(help="A run to draw from (default: a synthetic set).")
    ] = None,
    fast: Annotated[
        bool, typer.Option("--fast", help="100 simulations, in seconds, not 1,000.")
    ] = False,
    seed: Annotated[
        int | None, typer.Option(help="Of the simulations (default: that of the documents).")
    ] = None,
    json_out: JsonOption = None,
) -> None:
    """Run a system against itself: do gates stay silent, and catch what is planted?

    Exit code 1 where they do not.
    """
    from rich.console import Console  # noqa: PLC0415  (slow)

    from harness import api  # noqa: PLC0415  (heavy)
    from harness.gates.selftest import SEED, selftest_gates  # noqa: PLC0415  (numpy is slow)
    from harness.reporting.gates import selftest_lines  # noqa: PLC0415  (heavy)

    seed = SEED if seed is None else seed
    if run is None:
        found = selftest_gates(fast=fast, seed=seed)
    else:
        loaded = api.load(run)
        source = f"the run {loaded.loaded.manifest.run_id}"
        found = selftest_gates(loaded.results, source=source, fast=fast, seed=seed)
    console = Console(stderr=json_out == "-")
    for line in selftest_lines(found):
        console.print(line, highlight=False, markup=False)
    write_json(lambda: asdict(found), json_out)
    if not found.kept:
        raise typer.Exit(1)
