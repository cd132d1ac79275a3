"""The runner and its HTTP path against a stub server that knows the truth.

    python tests/benchmarks/runner/main.py [NAME ...] [--quick] [--json FILE|-]

prints one table: each figure beside its bound, and whether it is met. It wants Linux (`/proc`) and
two cores that have nothing else to do; `--quick` takes three minutes, all of it a quarter of an hour.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Final, Protocol

from rich.console import Console

sys.path.insert(0, str(Path(__file__).parents[1]))

from runner import accuracy, cpu, faults, first_token, kill, memory, startup
from runner.fresh import FreshError
from runner.rows import Row, table

from harness.running.environment import machine


class Measure(Protocol):
    """Gives the figures of one measurement, which has `home` for itself."""

    def __call__(self, home: Path, *, quick: bool) -> Iterator[Row]:
        """Measure."""


MEASURES: Final[dict[str, Measure]] = {
    "cpu": cpu.measure,
    "startup": startup.measure,
    "memory": memory.measure,
    "accuracy": accuracy.measure,
    "faults": faults.measure,
    "kill": kill.measure,
    "first_token": first_token.measure,
}


def rows(name: str, *, quick: bool) -> list[Row]:
    """The figures of one measurement; one that failed says so in a row, in place of the rest."""
    found: list[Row] = []
    with tempfile.TemporaryDirectory(prefix="bench-") as home:
        try:
            found.extend(MEASURES[name](Path(home), quick=quick))  # keeps those before an error
        except FreshError as error:
            found.append(Row(f"{name}: broken off", None, bound=0.0, note=str(error)))
    return found


def main(arguments: Sequence[str]) -> None:
    """Measure what is named, or everything."""
    options = _options(arguments)
    progress = Console(stderr=True)
    found: list[Row] = []
    for name in options.names or MEASURES:
        progress.print(f"measuring {name}", highlight=False)
        found += rows(name, quick=options.quick)
    console = Console(stderr=options.json == "-")
    console.print(table(found))
    if options.json is not None:
        _write(options.json, {"quick": options.quick, "machine": machine()}, found)


def _options(arguments: Sequence[str]) -> Any:  # noqa: ANN401  (argparse's)
    parser = argparse.ArgumentParser(description="The runner against a stub server.")
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"of {', '.join(MEASURES)}")
    parser.add_argument("--quick", action="store_true", help="fewer questions and rounds")
    parser.add_argument("--json", metavar="FILE|-", help="also write the figures as JSON")
    options = parser.parse_args(arguments)
    if unknown := [name for name in options.names if name not in MEASURES]:
        parser.error(f"unknown {', '.join(unknown)}; valid: {', '.join(MEASURES)}")
    return options


def _write(target: str, about: dict[str, Any], found: Sequence[Row]) -> None:
    text = json.dumps(about | {"rows": [row.to_dict() for row in found]}, indent=2) + "\n"
    if target == "-":
        sys.stdout.write(text)
    else:
        Path(target).write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1:])
