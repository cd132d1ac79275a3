"""The harness and other evaluation tools, measured alike against the same stub server.

    python tests/benchmarks/peers/main.py [TOOL ...] [MEASURE ...] [--quick] [--home DIR] [--json FILE|-]

installs each tool into an environment of its own below `--home`, measures one after the other, and prints
one table: each figure beside the harness's bound, a column for each tool. It wants Linux (`/proc`) and two
cores that have nothing else to do. What the figures mean: `docs/peers.md`.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from rich.console import Console

sys.path.insert(0, str(Path(__file__).parents[1]))

from peers.grid import absent, notes, rows, table, to_dict
from peers.installing import InstallError, install
from peers.measures import FULL, MEASURES, QUICK, Sizes
from peers.tools import TOOLS, Tool
from runner.rows import Row

from harness.running.environment import machine

_HOME: Final = Path("build/peers")


def compare(
    tools: Iterable[Tool], measures: Sequence[str], home: Path, sizes: Sizes, progress: Console
) -> tuple[dict[str, list[Row]], dict[str, str]]:
    """The rows of each tool, and its version or why it is not here."""
    columns: dict[str, list[Row]] = {}
    versions: dict[str, str] = {}
    for tool in tools:
        progress.print(f"installing {tool.name}", highlight=False)
        try:
            installed = install(tool, home)
        except InstallError as error:
            versions[tool.name] = f"not installed: {error}"
            columns[tool.name] = [row for name in measures for row in absent(name, "not installed")]
            continue
        versions[tool.name] = installed.version
        columns[tool.name] = []
        for name in measures:
            progress.print(f"measuring {tool.name}: {name}", highlight=False)
            columns[tool.name] += rows(name, installed, sizes)
    return columns, versions


def main(arguments: Sequence[str]) -> None:
    """Measure what is named, or everything, of the tools that are named, or of all."""
    options = _options(arguments)
    tools = [tool for name, tool in TOOLS.items() if name in options.names] or [*TOOLS.values()]
    measures = [name for name in MEASURES if name in options.names] or [*MEASURES]
    sizes = QUICK if options.quick else FULL
    home = options.home.resolve()
    columns, versions = compare(tools, measures, home, sizes, Console(stderr=True))
    console = Console(stderr=options.json == "-", highlight=False, soft_wrap=True)
    console.print(table(columns))
    console.print("\n* beyond the bound, which is the harness's own")
    for tool in tools:
        console.print(f"{tool.name} {versions[tool.name]}: {tool.note}", markup=False)
    for line in notes(columns):
        console.print(line, markup=False)
    about: dict[str, Any] = {
        "day": datetime.now(UTC).date().isoformat(),
        "quick": options.quick,
        "machine": machine(),
        "cores": os.cpu_count(),
        "versions": versions,
    }
    if options.json is not None:
        _write(options.json, about | {"tools": to_dict(columns)})


def _options(arguments: Sequence[str]) -> Any:  # noqa: ANN401  (argparse's)
    parser = argparse.ArgumentParser(description="Evaluation tools against the same stub server.")
    known = [*TOOLS, *MEASURES]
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"of {', '.join(known)}")
    parser.add_argument("--quick", action="store_true", help="fewer questions and rounds")
    parser.add_argument("--home", type=Path, default=_HOME, help=f"tools go here ({_HOME})")
    parser.add_argument("--json", metavar="FILE|-", help="also write the figures as JSON")
    options = parser.parse_args(arguments)
    if unknown := [name for name in options.names if name not in known]:
        parser.error(f"unknown {', '.join(unknown)}; valid: {', '.join(known)}")
    return options


def _write(target: str, told: dict[str, Any]) -> None:
    text = json.dumps(told, indent=2) + "\n"
    if target == "-":
        sys.stdout.write(text)
    else:
        Path(target).write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1:])
