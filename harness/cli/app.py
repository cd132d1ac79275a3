"""The application and its groups of commands, which other modules of this package fill."""

from __future__ import annotations

from typing import Final

import typer

__all__ = ["app", "conformance", "lab", "measured", "serving", "world"]

app: Final = typer.Typer(
    name="harness",
    help="RAG, fine-tuning or both? Ask the same questions of each and compare with evidence.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode="markdown",
    pretty_exceptions_enable=False,
)
lab: Final = typer.Typer(help="The lab model: pretrain and evaluate it.", no_args_is_help=True)
world: Final = typer.Typer(
    help="Dated facts and documents: build and check them.", no_args_is_help=True
)
conformance: Final = typer.Typer(
    help="Measure the instrument against answers that people labelled.", no_args_is_help=True
)
serving: Final = typer.Typer(
    help="Models behind an OpenAI-compatible server on this machine.", no_args_is_help=True
)
measured: Final = typer.Typer(help="Measure the instrument itself.", no_args_is_help=True)
app.add_typer(lab, name="lab")
app.add_typer(serving, name="serve")
app.add_typer(world, name="world")
app.add_typer(conformance, name="conformance")
app.add_typer(measured, name="selftest")
