"""Reports: made again from runs, and published."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from harness.cli.app import app
from harness.cli.options import JsonOption
from harness.cli.saved import of_one_suite, tell_broken
from harness.cli.shown import show_figures, write_json

if TYPE_CHECKING:
    from harness.history import Contents

TemplatesOption = Annotated[
    Path | None, typer.Option(metavar="DIR", help="Your own templates, which override blocks.")
]
BrandOption = Annotated[
    Path | None, typer.Option(metavar="FILE", help="Name, logo and accent colour, as TOML.")
]


@app.command(
    epilog="Examples:\n\n`harness report runs/releases-20260822-101500 --html report.html`\n\n"
    "`harness report runs/today --baseline runs/yesterday --markdown summary.md`\n\n"
    "`harness report runs/small-model runs/large-model --csv tables`\n\n"
    "`harness report runs/today --storage history`\n\n"
    "`harness report runs/today --load runs/load-rag --load runs/load-hybrid`"
)
def report(
    run: Annotated[
        list[Path],
        typer.Argument(help="The folder of a run; of several, the systems stand side by side."),
    ],
    baseline: Annotated[
        Path | None, typer.Option(metavar="RUN", help="Also say what changed since this run.")
    ] = None,
    load: Annotated[
        list[Path] | None,
        typer.Option(metavar="TEST", help="Also latency under load: a test of one of its systems."),
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
    storage: Annotated[
        str | None,
        typer.Option(metavar="DIR|URL", help="Also say how it moved over the runs saved there."),
    ] = None,
    templates: TemplatesOption = None,
    brand: BrandOption = None,
    json_out: JsonOption = None,
) -> None:
    """Make the report of a run again: no model, no network, the same bytes."""
    from rich.console import Console  # noqa: PLC0415  (slow)

    from harness import api  # noqa: PLC0415  (heavy)
    from harness.load_result import LoadResult  # noqa: PLC0415  (heavy)
    from harness.reporting.files import write_text  # noqa: PLC0415  (with the rest)
    from harness.reporting.pages import load_look  # noqa: PLC0415  (heavy)

    load_look(templates, brand)  # what is wrong with it is said before figures are formed
    history = _saved(storage, run[0]) if storage is not None else None  # as above
    tests = [LoadResult(path) for path in load or ()]  # as above
    before = api.load(baseline) if baseline is not None else None
    result = api.load(*run)
    console = Console(stderr=json_out == "-")
    written = [
        result.report(
            html, baseline=before, history=history, load=tests, templates=templates, brand=brand
        )
    ]
    show_figures(console, result)
    if markdown is not None:
        write_text(markdown, result.markdown(baseline=before, load=tests))
        written.append(markdown)
    if csv is not None:
        written += result.csv(csv, load=tests)
    for path in run:
        console.print(f"run:    {path}", highlight=False, soft_wrap=True)
    for path in written:
        console.print(f"report: {path}", highlight=False, soft_wrap=True)
    moved = {"baseline": asdict(result.against(before))} if before is not None else {}
    loads = {"load": [test.to_dict() for test in tests]} if tests else {}
    write_json(lambda: result.to_dict() | moved | loads, json_out)


def _saved(storage: str, run: Path) -> Contents:
    """What a history holds, if any of it is of the suite of the run."""
    from harness.history import History  # noqa: PLC0415  (heavy)
    from harness.running.folder import read_manifest  # noqa: PLC0415  (heavy)

    suite = read_manifest(run).suite
    contents = History(storage).contents()
    tell_broken(contents)
    of_one_suite(contents, suite, storage)
    return contents


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
