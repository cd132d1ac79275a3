"""The command line. Commands import what they need when they run, so `--help` is instant."""

from __future__ import annotations

import sys
import traceback
from typing import Annotated

import typer

from harness.cli import (
    instrument,
    lab,
    moved,
    quality,
    reports,
    runs,
    saved,
    traffic,
    verdicts,
    worlds,
)
from harness.cli.app import app
from harness.errors import BudgetReachedError, HarnessError, RunInterruptedError
from harness.running.environment import collect_seldom, forbid_core_files
from harness.transport.keys import without_secrets

__all__ = ["app", "main"]

# Each of them has put its commands into the application when it was imported.
_MODULES = (runs, reports, quality, traffic, verdicts, saved, moved, lab, worlds, instrument)


def main() -> None:
    """Run the command line; a known error is one line on stderr and exit code 2.

    A run that stops early says how to go on: interrupted it exits with 130, at its budget with 3.
    """
    debug = "--debug" in sys.argv
    arguments = [argument for argument in sys.argv[1:] if argument != "--debug"]
    forbid_core_files()
    collect_seldom()
    try:
        app(arguments)
    except HarnessError as error:
        told = traceback.format_exc() if debug else f"harness: {error}"
        typer.echo(without_secrets(told), err=True)
        raise SystemExit(_exit_code(error)) from error


@app.callback(invoke_without_command=True)
def _root(
    context: typer.Context,
    version: Annotated[bool, typer.Option("--version", help="Print the version.")] = False,
    _debug: Annotated[bool, typer.Option("--debug", help="Show tracebacks of errors.")] = False,
) -> None:
    if version:
        from importlib.metadata import version as installed  # noqa: PLC0415  (slow, rarely needed)

        typer.echo(f"harness {installed('ragft-harness')}")
        raise typer.Exit
    if context.invoked_subcommand is None:
        typer.echo(context.get_help())


def _exit_code(error: HarnessError) -> int:
    if isinstance(error, RunInterruptedError):
        return 130
    return 3 if isinstance(error, BudgetReachedError) else 2
