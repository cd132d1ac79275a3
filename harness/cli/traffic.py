"""Latency under load."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from harness.cli.app import app
from harness.cli.options import (
    JsonOption,
    read_day,
    read_rates,
    read_time,
)
from harness.cli.shown import (
    show_load,
    shown_progress,
)
from harness.errors import ConfigError


@app.command(
    epilog="Examples:\n\n`harness load releases --system rag --rates 1,2,4 --total 2`\n\n"
    "`harness load releases --system rag --sweep --ttft 500ms --tpot 50ms`\n\n"
    "`harness load --from runs/load-releases-20260822-101500 --total 1.5`"
)
def load(
    suite: Annotated[
        str | None, typer.Argument(help="A built-in suite, a folder, or a suite.toml.")
    ] = None,
    system: Annotated[
        str | None, typer.Option(metavar="NAME", help="Which of the suite's systems.")
    ] = None,
    rates: Annotated[
        str | None, typer.Option(metavar="R,R", help="Requests a second, one step each.")
    ] = None,
    sweep: Annotated[
        bool, typer.Option("--sweep", help="Look for the rate at which it saturates.")
    ] = False,
    arrivals: Annotated[
        str, typer.Option(metavar="poisson|constant", help="How requests are spread over time.")
    ] = "poisson",
    requests: Annotated[int, typer.Option(help="Send at least so many a step,")] = 500,
    seconds: Annotated[float, typer.Option(help="and for at least so long.")] = 20.0,
    ttft: Annotated[
        str | None, typer.Option(metavar="TIME", help="Limit to the first token: 0.5 or 500ms.")
    ] = None,
    tpot: Annotated[
        str | None, typer.Option(metavar="TIME", help="Limit for each token after it, on average.")
    ] = None,
    total: Annotated[
        str | None, typer.Option(metavar="TIME", help="Limit to the last token.")
    ] = None,
    day: Annotated[
        str | None, typer.Option(metavar="DAY", help="Day that it is prepared for.")
    ] = None,
    seed: Annotated[int | None, typer.Option(help="Seed of questions and arrivals.")] = None,
    workers: Annotated[
        int | None, typer.Option(min=1, help="Worker processes for a local model.")
    ] = None,
    in_flight: Annotated[
        int, typer.Option(metavar="N", help="Safety limit: one more under way is shed.")
    ] = 1000,
    out: Annotated[Path | None, typer.Option(help="Folder for new tests (default: runs).")] = None,
    source: Annotated[
        Path | None,
        typer.Option("--from", metavar="FOLDER", help="Print an earlier test; nothing is asked."),
    ] = None,
    json_out: JsonOption = None,
) -> None:
    """Ask one system at given rates, answered or not, and measure from the intended start."""
    from harness.load_result import LoadResult  # noqa: PLC0415  (heavy)
    from harness.scoring.limits import LatencyLimits  # noqa: PLC0415  (with the rest)
    from harness.under_load import load_test  # noqa: PLC0415  (heavy)

    times = {"ttft": ttft, "tpot": tpot, "total": total}
    limits = {name: read_time(name, text) for name, text in times.items() if text is not None}
    if source is not None:
        result = LoadResult(source, limits=LatencyLimits(**limits) if limits else None)
    elif suite is None or system is None:
        raise ConfigError("name a suite and its --system, or an earlier test with --from")
    else:
        with shown_progress() as progress:
            result = load_test(
                suite,
                system=system,
                rates=read_rates(rates),
                sweep=sweep,
                arrivals=arrivals,
                requests=requests,
                seconds=seconds,
                **limits,
                day=read_day(day) if day is not None else None,
                seed=seed,
                workers=workers,
                in_flight=in_flight,
                out=out,
                progress=progress,
            )
    show_load(result, json_out)
