"""Which products of the source make a world whose truth is not in doubt.

A product is taken when its versions and cycles are numeric, each version belongs to a cycle (the
longest cycle name that is a prefix of it), newer cycles have greater names, the dates of cycles
and versions agree, and the source's own latest versions are the ones found here. Products that
hardly change or change all the time are left out, and so are titles that would make a sentence
ambiguous.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Final

from harness.world.releases.source import Cycle, SourceProduct, Version, VersionKey

WINDOW_START: Final = date(2024, 1, 1)
CHANGES: Final = range(6, 39)  # changes of a product's latest version in the window
MAX_CYCLES: Final = 14
MAX_OLDER_CYCLES: Final = 2  # before the one that was newest when the window starts
MAX_TITLE: Final = 25
MAX_DATE_GAP_DAYS: Final = 2

_WORDS: Final = re.compile(r"[A-Za-z][A-Za-z0-9.+-]*( [A-Za-z][A-Za-z0-9.+-]*)*", re.ASCII)
_LEADING_NUMBERS: Final = re.compile(r"\d+(\.\d+)*", re.ASCII)


@dataclass(frozen=True, slots=True)
class Release:
    """A version that became the latest of its cycle on `day`."""

    day: date
    version: str
    key: VersionKey
    cycle: Cycle


@dataclass(frozen=True, slots=True)
class Product:
    """A product that was taken: cycles by name, releases by day, nothing after the last day."""

    id: str
    title: str
    category: str
    cycles: tuple[Cycle, ...]
    releases: tuple[Release, ...]

    def latest(self, cycle: Cycle | None = None) -> tuple[Release, ...]:
        """The releases that became the latest version of the product, or of one cycle."""
        own = [r for r in self.releases if cycle is None or r.cycle == cycle]
        return tuple(_rising(own))

    def newest(self) -> tuple[Cycle, ...]:
        """The cycles that became the newest one of the product, oldest first."""
        risen: list[Cycle] = []
        for cycle in sorted(self.cycles, key=lambda c: (c.released, c.key)):
            if risen and risen[-1].released == cycle.released:
                risen.pop()
            risen.append(cycle)
        return tuple(risen)


class Unfit(Exception):  # noqa: N818 - a verdict on a product, not an error of the program
    """Why a product is not taken."""


def select_products(
    source: Iterable[SourceProduct], until: date
) -> tuple[tuple[Product, ...], dict[str, str]]:
    """The products taken, and the reason for each that is not, by product id."""
    taken: list[Product] = []
    reasons: dict[str, str] = {}
    for candidate in source:
        try:
            taken.append(_examine(candidate, until))
        except Unfit as reason:
            reasons[candidate.id] = str(reason)
    titles = {product.title for product in taken}
    for product in list(taken):
        if any(product.title.startswith(f"{title} ") for title in titles):
            taken.remove(product)
            reasons[product.id] = "title begins with another product's title"
    return tuple(taken), reasons


def plain_title(title: str) -> bool:
    """Whether a title is short and of plain words, none of which could be taken for a version."""
    return len(title) <= MAX_TITLE and _WORDS.fullmatch(title) is not None


def _examine(source: SourceProduct, until: date) -> Product:
    if not plain_title(source.title):
        raise Unfit("title is long or not plain words")
    known = [cycle for cycle in source.cycles if cycle.released <= until]
    numeric = sorted((cycle for cycle in known if cycle.key), key=lambda cycle: cycle.key)
    versions = [version for version in source.versions if version.released <= until]
    cycles = _covering(numeric, versions)
    since = min(cycle.released for cycle in cycles)
    if any(not cycle.key for cycle in known if cycle.released >= since):
        raise Unfit("a cycle is not numeric")
    by_day = sorted(numeric, key=lambda cycle: (cycle.released, cycle.key))
    if tuple(by_day[-len(cycles) :]) != cycles:
        raise Unfit("cycles are not released in the order of their names")
    if any(a != b and a.key == b.key[: len(a.key)] for a in numeric for b in cycles):
        raise Unfit("a cycle is part of another one")
    releases = _releases(cycles, numeric, versions, since)
    product = Product(source.id, source.title, source.category, cycles, releases)
    _agree(product, until)
    latest = product.latest()
    if 2 * sum(release.version == release.cycle.name for release in latest) > len(latest):
        raise Unfit("versions are named like their cycles")
    changes = sum(release.day >= WINDOW_START for release in latest)
    if changes not in CHANGES:
        raise Unfit("latest version changes too seldom or too often")
    return product


def _covering(cycles: Sequence[Cycle], versions: Sequence[Version]) -> tuple[Cycle, ...]:
    """The cycles from the one that was newest at the start of the window, and a few before it."""
    before = [i for i, cycle in enumerate(cycles) if cycle.released < WINDOW_START]
    if not before:
        raise Unfit("no cycle is older than the window")
    first = before[-1]
    for _ in range(MAX_OLDER_CYCLES):
        if first and _moves(cycles[first - 1], cycles, versions):
            first -= 1
    if len(cycles) - first > MAX_CYCLES:
        raise Unfit("too many cycles")
    return tuple(cycles[first:])


def _moves(cycle: Cycle, cycles: Sequence[Cycle], versions: Sequence[Version]) -> bool:
    return any(
        version.released >= WINDOW_START and _cycle_of(version, cycles) == cycle
        for version in versions
    )


def _cycle_of(version: Version, cycles: Sequence[Cycle]) -> Cycle | None:
    matches = [c for c in cycles if version.key and version.key[: len(c.key)] == c.key]
    return max(matches, key=lambda cycle: len(cycle.key), default=None)


def _releases(
    cycles: Sequence[Cycle], numeric: Sequence[Cycle], versions: Sequence[Version], since: date
) -> tuple[Release, ...]:
    """The versions of the cycles taken, by day; the highest of each cycle and day."""
    by_cycle: dict[str, list[Version]] = {cycle.name: [] for cycle in cycles}
    for version in versions:
        cycle = _cycle_of(version, numeric)
        if cycle is None and version.released >= since and not _older(version, cycles[0]):
            raise Unfit("a version belongs to no cycle")
        if cycle is not None and cycle.name in by_cycle:
            by_cycle[cycle.name].append(version)
    found: list[Release] = []
    for cycle in cycles:
        own = _dated_like(cycle, by_cycle[cycle.name])
        per_day = {version.released: version for version in own}  # the highest comes last
        found += [
            Release(day, version.name, version.key, cycle) for day, version in per_day.items()
        ]
    return tuple(sorted(found, key=lambda release: (release.day, release.key)))


def _older(version: Version, cycle: Cycle) -> bool:
    """Whether a version stands before a cycle, judged by the numbers that it begins with."""
    numbers = _LEADING_NUMBERS.match(version.name)
    return numbers is not None and tuple(map(int, numbers[0].split("."))) < cycle.key


def _dated_like(cycle: Cycle, versions: Sequence[Version]) -> list[Version]:
    """Versions by key; where the first one's day is off by a day or two, the cycle's day stands."""
    ordered = sorted(versions, key=lambda version: version.key)
    if not ordered:
        raise Unfit("a cycle has no version")
    if len({version.key for version in ordered}) != len(ordered):
        raise Unfit("two versions have one number")
    if len(ordered) > 1 and ordered[1].released < WINDOW_START:
        return ordered  # the first version was history before the world begins
    first = min(ordered, key=lambda version: (version.released, version.key))
    if first is not ordered[0]:
        raise Unfit("a cycle does not begin with its lowest version")
    gap = abs((first.released - cycle.released).days)
    if gap > MAX_DATE_GAP_DAYS:
        raise Unfit("a cycle and its first version have different dates")
    if gap and len(ordered) > 1 and ordered[1].released < cycle.released:
        raise Unfit("a cycle is released after its second version")
    return [replace(first, released=cycle.released), *ordered[1:]]


def _rising(releases: Iterable[Release]) -> Iterable[Release]:
    """Of the releases by day, those that surpass all before; the highest of each day."""
    risen: list[Release] = []
    for release in releases:
        if risen and release.key <= risen[-1].key:
            continue
        if risen and risen[-1].day == release.day:
            risen.pop()
        risen.append(release)
    return risen


def _agree(product: Product, until: date) -> None:
    """Raise `Unfit` unless the source's own latest version of each cycle is the one found."""
    for cycle in product.cycles:
        known = cycle.latest_released is not None and cycle.latest_released <= until
        if known and cycle.latest and product.latest(cycle)[-1].version != cycle.latest:
            raise Unfit("the source names another latest version")
