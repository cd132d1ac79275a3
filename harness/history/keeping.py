"""Which runs a retention policy keeps: `last=30,daily=14,weekly=8,monthly=12,pinned`."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from harness.errors import ConfigError, nearest
from harness.history.store import PINNED, Entry

__all__ = ["Policy", "read_policy", "to_prune"]

_PERIODS: Final = MappingProxyType[str, Callable[[Entry], Hashable]](
    {
        "last": lambda entry: entry.number,
        "daily": lambda entry: entry.day,
        "weekly": lambda entry: entry.day.isocalendar()[:2],
        "monthly": lambda entry: (entry.day.year, entry.day.month),
        "yearly": lambda entry: entry.day.year,
    }
)


@dataclass(frozen=True, slots=True)
class Policy:
    """How many of each period are kept, of each suite. What is pinned is kept in any case."""

    counts: tuple[tuple[str, int], ...]


def read_policy(text: str) -> Policy:
    """A policy as it is written; raises `ConfigError` where it is none or would keep nothing."""
    counts: dict[str, int] = {}
    for part in filter(None, (part.strip() for part in text.split(","))):
        period, _, number = part.partition("=")
        if part == PINNED:
            continue
        if period not in _PERIODS:
            raise ConfigError(f"--keep: {part!r}: {nearest(period, [*_PERIODS, PINNED])}")
        if not number.isdecimal() or int(number) < 1:
            raise ConfigError(f"--keep: {part!r}: write a whole number from 1 on: {period}=30")
        if period in counts:
            raise ConfigError(f"--keep: {period!r} is there twice")
        counts[period] = int(number)
    if not counts:
        raise ConfigError("--keep would keep none but pinned runs: say so many, such as last=30")
    return Policy(tuple(counts.items()))


def to_prune(entries: Sequence[Entry], policy: Policy) -> tuple[Entry, ...]:
    """The runs that nothing in the policy keeps, by their numbers.

    `daily=14` keeps the last run of each of the last 14 days that have one; the other periods are
    alike, and `last=30` the last 30. Suites are kept apart. Pinned runs stay.
    """
    suites: dict[str, list[Entry]] = {}
    for entry in entries:
        suites.setdefault(entry.suite, []).append(entry)
    kept = {
        (entry.number, entry.name)
        for of_suite in suites.values()
        for period, number in policy.counts
        for entry in _kept(of_suite, _PERIODS[period], number)
    }
    return tuple(e for e in entries if not e.pinned and (e.number, e.name) not in kept)


def _kept(
    entries: Sequence[Entry], period: Callable[[Entry], Hashable], number: int
) -> list[Entry]:
    """The latest run of each of the latest `number` periods."""
    latest: dict[Hashable, Entry] = {}
    for entry in sorted(entries, key=lambda entry: (entry.made, entry.number), reverse=True):
        latest.setdefault(period(entry), entry)
    return list(latest.values())[:number]
