"""The source tables: products, their release cycles and their versions, from endoflife.date.

`products.csv` (product, title, category), `cycles.csv` (product, cycle, released,
active_support_ends, end_of_life, lts, latest, latest_released) and `versions.csv` (product,
version, released) are one snapshot; an empty date is unknown.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from pathlib import Path
from typing import Final

from harness.errors import DataError
from harness.world.problems import Problem, refuse
from harness.world.rows import read_csv
from harness.world.tables import parse_day

VersionKey = tuple[int, ...]

_NUMERIC: Final = re.compile(r"\d+(\.\d+){0,3}", re.ASCII)


@dataclass(frozen=True, slots=True)
class Cycle:
    """A release line. `lts` says that the source marks it so; `latest` is the source's own."""

    name: str
    released: date
    end_of_life: date | None
    lts: bool
    latest: str
    latest_released: date | None

    @property
    def key(self) -> VersionKey:
        """What orders cycles; empty for a name that is not numeric."""
        return version_key(self.name)


@dataclass(frozen=True, slots=True)
class Version:
    """A version and the day of its release."""

    name: str
    released: date

    @property
    def key(self) -> VersionKey:
        """What orders versions; empty for a name that is not numeric."""
        return version_key(self.name)


@dataclass(frozen=True, slots=True)
class SourceProduct:
    """A product as the source has it; cycles and versions in the source's order."""

    id: str
    title: str
    category: str
    cycles: tuple[Cycle, ...]
    versions: tuple[Version, ...]


@lru_cache(maxsize=1 << 17)
def version_key(name: str) -> VersionKey:
    """The numbers of a version of one to four numeric parts; empty for any other name."""
    return tuple(map(int, name.split("."))) if _NUMERIC.fullmatch(name) else ()


def read_source(folder: Path) -> tuple[SourceProduct, ...]:
    """All products of the source tables, by id.

    Raises:
        DataError: a table is missing, lacks a column or has a bad row.
    """
    problems: list[Problem] = []
    products = list(read_csv(folder / "products.csv", ("product", "title", "category"), problems))
    cycles: dict[str, list[Cycle]] = defaultdict(list)
    versions: dict[str, list[Version]] = defaultdict(list)
    columns = ("product", "cycle", "released", "end_of_life", "lts", "latest", "latest_released")
    path = folder / "cycles.csv"
    for line, record in read_csv(path, columns, problems):
        try:
            cycles[record["product"]].append(_cycle(record))
        except DataError as error:
            problems.append(Problem(str(path), line, str(error)))
    path = folder / "versions.csv"
    for line, record in read_csv(path, ("product", "version", "released"), problems):
        try:
            version = Version(record["version"], parse_day(record["released"]))
        except DataError as error:
            problems.append(Problem(str(path), line, str(error)))
        else:
            versions[record["product"]].append(version)
    refuse(problems)
    return tuple(
        SourceProduct(
            row["product"],
            row["title"],
            row["category"],
            tuple(cycles[row["product"]]),
            tuple(versions[row["product"]]),
        )
        for _, row in sorted(products, key=lambda item: item[1]["product"])
    )


def _cycle(record: Mapping[str, str]) -> Cycle:
    if record["lts"] not in {"true", "false"}:
        raise DataError(f"lts is {record['lts']!r}, neither true nor false")
    return Cycle(
        record["cycle"],
        parse_day(record["released"]),
        _optional_day(record["end_of_life"]),
        record["lts"] == "true",
        record["latest"],
        _optional_day(record["latest_released"]),
    )


def _optional_day(text: str) -> date | None:
    return parse_day(text) if text else None
