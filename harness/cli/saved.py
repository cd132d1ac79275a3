"""The history of runs: listed, saved, pinned, pruned, restored and asked."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from harness.cli.app import app
from harness.cli.options import JsonOption, StorageOption, SuiteOption
from harness.cli.shown import write_json
from harness.errors import ConfigError

if TYPE_CHECKING:
    from harness.api import Result
    from harness.history import Contents, Entry, History

history = typer.Typer(
    help="Runs that were saved: list them, and save, pin, prune, restore or query them."
)
app.add_typer(history, name="history")


@history.callback(
    invoke_without_command=True,
    epilog="Examples:\n\n`harness history`\n\n"
    "`harness history --suite releases --verify --storage s3://bucket/history`",
)
def listed(
    context: typer.Context,
    suite: SuiteOption = None,
    verify: Annotated[
        bool, typer.Option("--verify", help="Read every file to its end, not only its manifest.")
    ] = False,
    storage: StorageOption = "history",
    json_out: JsonOption = None,
) -> None:
    """List the saved runs; or save, pin, prune, restore and query them."""
    if context.invoked_subcommand is not None:
        # So that `harness history --storage X save RUN` does as it says.
        given = {"storage": storage, **({"suite": suite} if suite is not None else {})}
        context.default_map = {context.invoked_subcommand: given}
        return
    from rich.console import Console  # noqa: PLC0415  (slow)

    from harness.history import History  # noqa: PLC0415  (heavy)
    from harness.reporting.history import history_table  # noqa: PLC0415  (heavy)

    kept = History(storage)
    contents = kept.contents()
    entries = contents.of(suite)
    damaged = [found for entry in entries if verify and (found := kept.damaged(entry)) is not None]
    console = Console(stderr=json_out == "-")
    if entries:
        console.print(history_table(entries))
    else:
        of = f" of suite {suite!r}" if suite is not None else ""
        typer.echo(f"no run{of} is saved in {storage}: harness history save RUN", err=True)
    tell_broken(contents)
    for found in damaged:
        typer.echo(f"harness: damaged: {found.path}: {found.reason}", err=True)
    write_json(
        lambda: {
            "runs": [_plain(entry) for entry in entries],
            "broken": [asdict(found) for found in (*contents.broken, *damaged)],
        },
        json_out,
    )
    if damaged:
        raise typer.Exit(1)


@history.command(
    epilog="Examples:\n\n`harness history save runs/releases-20260822-101500`\n\n"
    "`harness history save runs/releases-20260822-101500 before-the-new-prompt`"
)
def save(
    run: Annotated[Path, typer.Argument(help="The folder of a run.")],
    name: Annotated[str | None, typer.Argument(help="A name (default: the suite's).")] = None,
    storage: StorageOption = "history",
) -> None:
    """Save a run under the next number; what is saved is never changed."""
    from harness import api  # noqa: PLC0415  (heavy)
    from harness.history import History, take  # noqa: PLC0415  (heavy)

    kept = History(storage)
    result = api.load(run)
    entry, new = kept.save(take(result.loaded, result.results), name)
    typer.echo(f"saved as {entry.key}" if new else f"is saved already, as {entry.key}")


@history.command(epilog="Examples:\n\n`harness history pin 3`\n\n`harness history pin last`")
def pin(
    run: Annotated[str, typer.Argument(help="A saved run: its number, its name, or last.")],
    suite: SuiteOption = None,
    storage: StorageOption = "history",
) -> None:
    """Make a saved run the baseline that later runs of its suite are compared with."""
    from harness.history import History  # noqa: PLC0415  (heavy)

    kept = History(storage)
    tell_broken(kept.contents())
    entry = kept.find(run, suite)
    kept.pin(entry)
    typer.echo(f"{entry.key} is the baseline of {entry.suite}")


@history.command(
    epilog="Examples:\n\n`harness history prune --keep last=30,weekly=8,pinned --dry-run`\n\n"
    "`harness history prune --keep last=30,daily=14,weekly=8,monthly=12,pinned`"
)
def prune(
    keep: Annotated[
        str,
        typer.Option(
            metavar="POLICY",
            help="The last runs of each suite, and the last of so many days, weeks, months or "
            "years: last=30,daily=14,weekly=8. Pinned runs stay.",
        ),
    ],
    suite: SuiteOption = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Say what would be moved; move nothing.")
    ] = False,
    storage: StorageOption = "history",
    json_out: JsonOption = None,
) -> None:
    """Move the runs that a policy does not keep to the trash, from which they can be restored."""
    from harness.history import History, read_policy, to_prune  # noqa: PLC0415  (heavy)

    kept, policy = History(storage), read_policy(keep)
    contents = kept.contents()
    entries = to_prune(contents.of(suite), policy)
    if not dry_run:
        kept.prune(entries)
    tell_broken(contents)
    done = "would go" if dry_run else "went"
    for entry in entries:
        typer.echo(
            f"{entry.key} of {entry.suite}, {entry.day}: {done} to the trash", err=json_out == "-"
        )
    left = len(contents.of(suite)) - len(entries)
    typer.echo(f"{len(entries)} {done} to the trash, {left} stay", err=json_out == "-")
    write_json(lambda: {"dry_run": dry_run, "pruned": [entry.key for entry in entries]}, json_out)


@history.command(
    epilog="Examples:\n\n`harness history restore 12`\n\n`harness history restore --all`"
)
def restore(
    run: Annotated[str | None, typer.Argument(help="A pruned run: its number or name.")] = None,
    everything: Annotated[bool, typer.Option("--all", help="All that is in the trash.")] = False,
    storage: StorageOption = "history",
) -> None:
    """Bring pruned runs back from the trash; without a run, list what is in it."""
    from harness.history import History  # noqa: PLC0415  (heavy)

    kept = History(storage)
    contents = kept.trash()
    tell_broken(contents)
    if run is None and not everything:
        for entry in contents.entries:
            typer.echo(f"{entry.key} of {entry.suite}, {entry.day}")
        typer.echo(f"{len(contents.entries)} in the trash")
        return
    if run is not None and everything:
        raise ConfigError("name a run, or give --all, not both")
    entries = contents.entries if run is None else (kept.in_trash(run),)
    kept.restore(entries)
    for entry in entries:
        typer.echo(f"{entry.key} is back")


@history.command(
    epilog="Example:\n\n"
    '`harness history query "SELECT run, class, count(*) FROM answers GROUP BY ALL"`'
)
def query(
    sql: Annotated[
        str, typer.Argument(help="DuckDB's SQL over the tables runs, figures and answers.")
    ],
    storage: StorageOption = "history",
    json_out: JsonOption = None,
) -> None:
    """Ask the saved runs in SQL."""
    from rich.console import Console  # noqa: PLC0415  (slow)
    from rich.table import Table  # noqa: PLC0415  (slow)
    from rich.text import Text  # noqa: PLC0415  (slow)

    from harness.history import History  # noqa: PLC0415  (heavy)
    from harness.history.query import query as asked  # noqa: PLC0415  (heavy)
    from harness.reporting.untrusted import visible  # noqa: PLC0415  (with the rest)

    kept = History(storage)
    contents = kept.contents()
    tell_broken(contents)
    found = asked(kept, contents.entries, sql)
    table = Table(*found.columns, box=None, pad_edge=False)
    for row in found.rows:
        table.add_row(*(Text(visible(str(value))) for value in row))
    Console(stderr=json_out == "-").print(table)
    write_json(lambda: [dict(zip(found.columns, row, strict=True)) for row in found.rows], json_out)


def open_history(storage: str, name: str) -> History:
    """The history at that place; raises `ConfigError` where a run cannot have the name."""
    from harness.history import History  # noqa: PLC0415  (heavy)
    from harness.history.store import check_name  # noqa: PLC0415  (heavy)

    check_name(name)
    return History(storage)


def save_result(kept: History, result: Result, name: str | None) -> Entry:
    """Save a run; it may be saved already."""
    from harness.history import take  # noqa: PLC0415  (heavy)

    return kept.save(take(result.loaded, result.results), name)[0]


def tell_broken(contents: Contents) -> None:
    """Name on standard error what lies among the runs and is none."""
    for found in contents.broken:
        typer.echo(f"harness: {found}", err=True)


def of_one_suite(contents: Contents, suite: str | None, where: str) -> Sequence[Entry]:
    """The runs of the suite, or of the only one there is; raises `ConfigError` where that is unclear."""
    entries = contents.of(suite)
    if not entries:
        of = f" of suite {suite!r}" if suite is not None else ""
        raise ConfigError(f"no run{of} is saved in {where}: harness history save RUN")
    suites = sorted({entry.suite for entry in entries})
    if len(suites) > 1:
        raise ConfigError(f"{where} has runs of {', '.join(suites)}: choose one with --suite")
    return entries


def _plain(entry: Entry) -> dict[str, Any]:
    manifest = entry.header.manifest
    return {
        "number": entry.number,
        "name": entry.name,
        "run": entry.key,
        "pinned": entry.pinned,
        "suite": entry.suite,
        "made": entry.made.isoformat(),
        "saved": entry.header.saved,
        "run_id": manifest.run_id,
        "answers": entry.header.answers,
        "digest": entry.header.digest,
        "systems": {
            system: {name: asdict(estimate) for name, estimate in figures.items()}
            for system, figures in entry.header.figures.items()
        },
    }
