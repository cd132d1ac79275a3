"""Read versions and dates out of single tokens of a text.

A release has as many numbers as it was given: `3.12` names a cycle and is not version `3.12.0`.
A date of numbers whose day and month could be exchanged is two dates, and so none.
"""

from __future__ import annotations

import re
from collections.abc import Hashable
from datetime import date
from functools import lru_cache
from typing import Final

Month = tuple[int, int]
"""(year, month)."""

VERSION: Final = re.compile(r"(?<![A-Za-z0-9.])[vV]?\d\w*(?:[.+-]\w+)*", re.ASCII)

_MONTHS: Final = (
    "jan",
    "feb",
    "mar",
    "apr",
    "may",
    "jun",
    "jul",
    "aug",
    "sep",
    "oct",
    "nov",
    "dec",
)
_MONTH: Final = (
    r"(?:jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|"
    r"sept?(?:ember)?|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?)\.?"
)
_DAY: Final = r"\d{1,2}(?:st|nd|rd|th)?"
DATE: Final = re.compile(
    r"(?<![\d.-])(?:\d{4}([-/.])\d{1,2}\1\d{1,2}|\d{1,2}([-/.])\d{1,2}\2\d{4})(?!\d)"
    rf"|\b{_DAY}(?:\s+of)?[\s-]+{_MONTH},?[\s-]+\d{{4}}\b|\b{_MONTH}\s+{_DAY},?\s+\d{{4}}\b"
    rf"|\b(?P<month>{_MONTH}),?(?:\s+of)?\s+(?P<year>\d{{4}})\b"
    r"|(?<![\w./-])(?P<iso_year>\d{4})-(?P<iso_month>0[1-9]|1[0-2])(?![\w/-])",
    re.ASCII | re.IGNORECASE,
)
_MAX_TOKEN: Final = 64


@lru_cache(maxsize=65536)
def read_version(token: str) -> Hashable | None:
    """What two spellings of one version have in common; None where `token` is none (PEP 440)."""
    from packaging.version import InvalidVersion, Version  # noqa: PLC0415

    if len(token) > _MAX_TOKEN:
        return None
    try:
        version = Version(token)
    except InvalidVersion:
        return None
    return version, len(version.release)


@lru_cache(maxsize=65536)
def read_date(token: str) -> date | Month | None:
    """The day that `token` names, or the month where it names no day; None where it is neither."""
    found = DATE.fullmatch(token)
    if found is None:
        return None
    if found["month"]:
        return int(found["year"]), 1 + _MONTHS.index(found["month"][:3].lower())
    if found["iso_year"]:
        return int(found["iso_year"]), int(found["iso_month"])
    if not any(map(str.isalpha, token)):
        return _numeric_date(token)
    from dateutil import parser  # type: ignore[import-untyped]  # noqa: PLC0415

    try:
        day: date = parser.parse(token).date()
    except (ValueError, OverflowError):
        return None
    return day


def _numeric_date(token: str) -> date | None:
    parts = re.split(r"[-/.]", token)
    first, second, third = map(int, parts)
    year_first = len(parts[0]) == len("2026")
    orders = (
        [(first, second, third)] if year_first else [(third, second, first), (third, first, second)]
    )
    days = set()
    for order in orders:
        try:
            days.add(date(*order))
        except ValueError:
            continue
    return days.pop() if len(days) == 1 else None
