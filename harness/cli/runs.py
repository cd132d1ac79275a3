"""Runs: carried out, taken up again, and their systems trained."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from harness.cli.app import app
from harness.cli.options import (
    BudgetOption,
    CacheOption,
    JsonOption,
    ReportOption,
    StorageOption,
    read_budget,
    read_days,
    read_names,
    read_share,
)
from harness.cli.saved import open_history, save_result
from harness.cli.shown import (
    show_forecast,
    show_result,
    shown_progress,
)


@app.command(
    epilog="Examples:\n\n`harness compare releases`\n\n"
    "`harness compare releases --systems rag,hybrid --days 2026-08-22 --limit 40`\n\n"
    "`harness compare releases --systems rag,hybrid --decoding free,constrained`\n\n"
    "`harness compare path/to/suite.toml --dry-run`\n\n"
    "`harness compare path/to/suite.toml --sample 10% --cache --budget 5usd`\n\n"
    "`harness compare path/to/suite.toml --report report.html --save before`"
)
def compare(
    suite: Annotated[str, typer.Argument(help="A built-in suite, a folder, or a suite.toml.")],
    systems: Annotated[
        str | None, typer.Option(metavar="A,B", help="Only these systems of the suite.")
    ] = None,
    days: Annotated[
        str | None,
        typer.Option(metavar="DAY,DAY|all", help="These evaluation days, not the suite's default."),
    ] = None,
    limit: Annotated[
        int | None, typer.Option(min=1, metavar="N", help="Ask only N questions a day.")
    ] = None,
    sample: Annotated[
        str | None, typer.Option(metavar="SHARE", help="Ask only a share of them, such as 10%.")
    ] = None,
    repeats: Annotated[int | None, typer.Option(min=1, help="Ask each question so often.")] = None,
    seed: Annotated[int | None, typer.Option(help="Seed of the plan and the resampling.")] = None,
    no_hygiene: Annotated[
        bool, typer.Option("--no-hygiene", help="Leave out the sweep for outdated documents.")
    ] = False,
    decoding: Annotated[
        str | None,
        typer.Option(
            metavar="free,constrained",
            help="Whether the decoder enforces formats; both: each system runs with each.",
        ),
    ] = None,
    workers: Annotated[
        int | None, typer.Option(min=1, help="Worker processes for local models.")
    ] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Say what would be asked and cost; ask nothing.")
    ] = False,
    cache: CacheOption = False,
    budget: BudgetOption = None,
    stop_when_decided: Annotated[
        bool,
        typer.Option("--stop-when-decided", help="Stop when each gate has passed or failed."),
    ] = False,
    out: Annotated[Path | None, typer.Option(help="Folder for new runs (default: runs).")] = None,
    report: ReportOption = None,
    save: Annotated[
        str | None, typer.Option(metavar="NAME", help="Save it in the history under this name.")
    ] = None,
    storage: StorageOption = "history",
    json_out: JsonOption = None,
) -> None:
    """Run the suite's questions through its systems, compare, and write a report."""
    from harness import api  # noqa: PLC0415  (heavy)

    asked: dict[str, Any] = {
        "systems": read_names(systems),
        "days": read_days(days),
        "limit": limit,
        "repeats": repeats,
        "seed": seed,
        "sample": read_share(sample),
        "decoding": read_names(decoding),
    }
    if dry_run:
        show_forecast(api.forecast(suite, **asked), json_out)
        return
    kept = open_history(storage, save) if save is not None else None
    with shown_progress() as progress:
        result = api.compare(
            suite,
            **asked,
            hygiene=not no_hygiene,
            workers=workers,
            cache=cache,
            budget=read_budget(budget),
            stop_when_decided=stop_when_decided,
            out=out,
            progress=progress,
        )
    if kept is None:
        show_result(result, report, json_out)
        return
    entry = save_result(kept, result, save)
    show_result(result, report, json_out, history=kept.contents())
    typer.echo(f"saved:  {entry.key} in {storage}", err=json_out == "-")


@app.command(
    epilog="Examples:\n\n`harness resume runs/releases-20260822-101500`\n\n"
    "`harness resume runs/releases-20260822-101500 --budget 10usd`"
)
def resume(
    run: Annotated[Path, typer.Argument(help="The folder of a broken run.")],
    cache: CacheOption = False,
    budget: BudgetOption = None,
    report: ReportOption = None,
    json_out: JsonOption = None,
) -> None:
    """Finish a broken run: only what is missing is asked again."""
    from harness import api  # noqa: PLC0415  (heavy)

    with shown_progress() as progress:
        result = api.resume(run, cache=cache, budget=read_budget(budget), progress=progress)
    show_result(result, report, json_out)


@app.command(
    epilog="Examples:\n\n`harness train releases --out adapters`\n\n"
    "`harness train path/to/suite.toml --systems hosted --days 2026-08-22`\n\n"
    "`harness train path/to/suite.toml --systems hosted --days 2026-08-22 --cancel`"
)
def train(
    suite: Annotated[str, typer.Argument(help="The suite whose systems are trained.")],
    out: Annotated[
        Path | None, typer.Option(help="Folder for the adapters (default: where runs look).")
    ] = None,
    base: Annotated[
        Path | None, typer.Option(help="Folder of the base model (default: the lab model).")
    ] = None,
    systems: Annotated[
        str | None, typer.Option(metavar="A,B", help="Only these systems of the suite.")
    ] = None,
    days: Annotated[
        str, typer.Option(metavar="DAY,DAY|all", help="The days of the runs to come.")
    ] = "all",
    cancel: Annotated[
        bool,
        typer.Option("--cancel", help="End the jobs at providers instead, where they still run."),
    ] = False,
) -> None:
    """Train what the suite's systems need on its days, here or at their providers."""
    from harness import api  # noqa: PLC0415  (heavy)

    chosen, on = read_names(systems), read_days(days) or "all"
    if cancel:
        for ended in api.cancel_training(suite, systems=chosen, days=on):
            typer.echo(f"{ended.order.name}: {' '.join(filter(None, (ended.job, ended.state)))}")
        return
    with shown_progress() as progress:
        for made in api.train(
            suite, out=out, base=base, systems=chosen, days=on, progress=progress
        ):
            typer.echo(f"{made.recipe} as of {made.day}: {made.where}")
