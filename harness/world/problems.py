"""What is wrong with a row: named by file and line, all of them at once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from harness.errors import DataError, located

SHOWN = 20


@dataclass(frozen=True, slots=True, order=True)
class Problem:
    """One defect of a data file.

    `line` counts from 1; in a file without lines (Parquet, a hub data set) it is the row.
    """

    path: str
    line: int | None
    message: str

    def __str__(self) -> str:
        return located(self.path, self.line, self.message)


def refuse(problems: Sequence[Problem]) -> None:
    """Raise one `DataError` that names every problem (the first 20 in words), if there is any."""
    if not problems:
        return
    lines = [str(problem) for problem in problems[:SHOWN]]
    if len(problems) > SHOWN:
        lines.append(f"... and {len(problems) - SHOWN} more problems")
    raise DataError("\n".join(lines))
