"""Reports: made again from runs, and published."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from harness.cli.app import app
from harness.cli.options import JsonOption
from harness.cli.shown import show_figures, write_json

TemplatesOption = Annotated[
    Path | None, typer.Option(metavar="DIR", help="Your own templates, which override blocks.")
]
BrandOption = Annotated[
    Path | None, typer.Option(metavar="FILE", help="Name, logo and accent colour, as TOML.")
]


@app.command(
    epilog="Examples:\n\n`harness report runs/releases-20260822-101500 --html report.html`\n\n"
    "`harness report runs/today --baseline runs/yesterday --markdown summary.md`\n\n"
    "`harness report runs/small-model runs/large-model --csv tables`"
)
def report(
    run: Annotated[
        list[Path],
        typer.Argument(help="The folder of a run; of several, the systems stand side by side."),
    ],
    baseline: Annotated[
        Path | None, typer.Option(metavar="RUN", help="Also say what changed since this run.")
    ] = None,
    html: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Where (default: in the first run).")
    ] = None,
    markdown: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Also a short summary in Markdown.")
    ] = None,
    csv: Annotated[
        Path | None, typer.Option(metavar="DIR", help="Also figures and answers as CSV files.")
    ] = None,
    templates: TemplatesOption = None,
    brand: BrandOption = None,
    json_out: JsonOption = None,
) -> None:
    """Make the report of a run again: no model, no network, the same bytes."""
    from rich.console import Console  # noqa: PLC0415  (slow)

    from harness import api  # noqa: PLC0415  (heavy)
    from harness.reporting.files import write_text  # noqa: PLC0415  (with the rest)
    from harness.reporting.pages import load_look  # noqa: PLC0415  (heavy)

    load_look(templates, brand)  # what is wrong with it is said before figures are formed
    before = api.load(baseline) if baseline is not None else None
    result = api.load(*run)
    console = Console(stderr=json_out == "-")
    written = [result.report(html, baseline=before, templates=templates, brand=brand)]
    show_figures(console, result)
    if markdown is not None:
        write_text(markdown, result.markdown(baseline=before))
        written.append(markdown)
    if csv is not None:
        written += result.csv(csv)
    for path in run:
        console.print(f"run:    {path}", highlight=False, soft_wrap=True)
    for path in written:
        console.print(f"report: {path}", highlight=False, soft_wrap=True)
    moved = {"baseline": asdict(result.against(before))} if before is not None else {}
    write_json(lambda: result.to_dict() | moved, json_out)


@app.command(
    epilog="Examples:\n\n`harness publish reports`\n\n"
    "`harness publish reports --title 'Our assistants' --url https://example.org/reports`"
)
def publish(
    folder: Annotated[Path, typer.Argument(help="A folder with reports in it, at any depth.")],
    title: Annotated[str, typer.Option(help="What the index is headed.")] = "",
    url: Annotated[str, typer.Option(help="Where the folder will be served, for the feed.")] = "",
    templates: TemplatesOption = None,
    brand: BrandOption = None,
) -> None:
    """Write an index of reports and an Atom feed, the newest first, for any static host."""
    from harness.reporting.pages import load_look  # noqa: PLC0415  (heavy)
    from harness.reporting.publish import FEED, INDEX  # noqa: PLC0415  (heavy)
    from harness.reporting.publish import publish as published  # noqa: PLC0415  (heavy)

    found = published(folder, title=title, url=url, look=load_look(templates, brand))
    typer.echo(f"{len(found)} report{'s' if len(found) > 1 else ''}, the newest of {found[0].day}")
    typer.echo(f"index: {folder / INDEX}")
    typer.echo(f"feed:  {folder / FEED}")
