"""The source table: known exploited vulnerabilities, from CISA's catalogue.

`kev.csv` (cve, vendor, product, added, due, ransomware_use, cwes) is one snapshot; `cwes` are ids
after commas and may be empty.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Final

from harness.errors import DataError
from harness.world.advisories.wording import RANSOMWARE_USE
from harness.world.problems import Problem, refuse
from harness.world.rows import read_csv
from harness.world.tables import parse_day

__all__ = ["Vulnerability", "read_source"]

COLUMNS: Final = ("cve", "vendor", "product", "added", "due", "ransomware_use", "cwes")
_CVE: Final = re.compile(r"CVE-\d{4}-\d{4,}", re.ASCII)
_CWE: Final = re.compile(r"CWE-\d+", re.ASCII)


@dataclass(frozen=True, slots=True)
class Vulnerability:
    """One entry of the catalogue; `cwes` as the source orders them."""

    cve: str
    vendor: str
    product: str
    added: date
    due: date
    ransomware_use: str
    cwes: tuple[str, ...]


def read_source(folder: Path, until: date) -> tuple[Vulnerability, ...]:
    """The entries added on or before `until`, by day and id.

    Raises:
        DataError: the table is missing, lacks a column or has a bad row; all of them are named.
    """
    path = folder / "kev.csv"
    problems: list[Problem] = []
    entries: dict[str, Vulnerability] = {}
    for line, row in read_csv(path, COLUMNS, problems):
        try:
            entry = _entry(row)
        except DataError as error:
            problems.append(Problem(str(path), line, str(error)))
            continue
        if entry.cve in entries:
            problems.append(Problem(str(path), line, f"{entry.cve} stands there twice"))
        entries[entry.cve] = entry
    refuse(sorted(problems))
    found = [entry for entry in entries.values() if entry.added <= until]
    return tuple(sorted(found, key=lambda entry: (entry.added, entry.cve)))


def _entry(row: dict[str, str]) -> Vulnerability:
    cwes = tuple(text.strip() for text in row["cwes"].split(",") if text.strip())
    if not _CVE.fullmatch(row["cve"]):
        raise DataError(f"{row['cve']!r} is no id; write it as CVE-2025-1234")
    wrong = [cwe for cwe in cwes if not _CWE.fullmatch(cwe)]
    if wrong:
        raise DataError(f"{wrong[0]!r} is no weakness; write it as CWE-79")
    if row["ransomware_use"] not in RANSOMWARE_USE:
        raise DataError(f"ransomware_use is {row['ransomware_use']!r}, not Known or Unknown")
    for column in ("vendor", "product"):
        if not row[column].strip():
            raise DataError(f"{column} is empty")
    return Vulnerability(
        row["cve"],
        row["vendor"].strip(),
        row["product"].strip(),
        parse_day(row["added"]),
        parse_day(row["due"]),
        row["ransomware_use"],
        cwes,
    )
