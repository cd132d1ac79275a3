"""Dated facts and documents: built and checked."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from harness.cli.app import world
from harness.cli.options import (
    read_day,
)
from harness.errors import ConfigError, nearest


@world.command(
    "build",
    epilog="Examples:\n\n`harness world build releases --from tables --until 2026-08-22 --out world`\n\n"
    "`harness world build advisories --from catalogue --until 2025-08-25 --out world`",
)
def world_build(
    name: Annotated[str, typer.Argument(help="Which world: releases or advisories.")],
    source: Annotated[Path, typer.Option("--from", help="Folder of the source tables.")],
    until: Annotated[str, typer.Option(metavar="DAY", help="Last day of the world.")],
    out: Annotated[Path, typer.Option(help="Folder to write.")],
    seed: Annotated[int, typer.Option(help="Seed; the same seed gives the same bytes.")] = 0,
) -> None:
    """Build facts, documents and questions from tables of releases or vulnerabilities."""
    from harness.world.advisories.build import build_advisories  # noqa: PLC0415  (heavy)
    from harness.world.releases.build import build_releases  # noqa: PLC0415  (heavy)

    builders = {"advisories": build_advisories, "releases": build_releases}
    if name not in builders:
        raise ConfigError(f"unknown world {name!r}: {nearest(name, builders)}")
    typer.echo(str(builders[name](source, read_day(until), out, seed)))


@world.command("check", epilog="Example:\n\n`harness world check fixtures/releases`")
def world_check(
    folder: Annotated[Path, typer.Argument(help="Folder with facts, documents, questions.")],
) -> None:
    """Name every overlap, gap, bad date and duplicate, with file and line."""
    from harness.world.check import check_world  # noqa: PLC0415  (heavy)

    problems = check_world(folder)
    for problem in problems:
        typer.echo(str(problem))
    typer.echo(f"{len(problems)} problems" if problems else "no problems")
    raise typer.Exit(1 if problems else 0)
