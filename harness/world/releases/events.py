"""From dated facts to dated documents: what happened, who wrote about it, when, in which words.

Each value is stated by a first document on its first day or up to three days later, and by further
ones (a newsletter, a correction ...) while it still holds. A document never says more than was
true on its own day.
"""

from __future__ import annotations

import random
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

from harness.world.corpus import Document, Statement
from harness.world.releases.histories import announced, subject_of
from harness.world.releases.select import WINDOW_START, Product, Release
from harness.world.releases.source import Cycle
from harness.world.releases.wording import DOCUMENT_STYLES, EventKind

FIRST_LAGS: Final = (0, 0, 0, 0, 0, 1, 1, 2, 3)  # days from the event to its first document
REPEAT_SHARE: Final = 0.2  # of events that another style takes up some days later
REPEAT_LAGS: Final = range(2, 12)
CORRECTION_SHARE: Final = 0.12
CORRECTION_LAGS: Final = range(3, 25)
LTS_SHARE: Final = 0.6  # of cycles whose LTS status a later document states again
LTS_LAGS: Final = range(5, 200)
NOTICE_DELAY_DAYS: Final = 20  # from a cycle's release to the first notice of its end of life
NOTICE_SPREAD_DAYS: Final = 240
NOTICE_MARGIN_DAYS: Final = 14  # from the last possible notice to the end of life
REMINDER_SHARE: Final = 0.5
REMINDER_DAYS: Final = range(30, 180)  # before the end of life

_STYLES: Final = {style.name: style for style in DOCUMENT_STYLES}
_FIRST_STYLES: Final = tuple(name for name in _STYLES if name != "correction")


@dataclass(frozen=True, slots=True)
class Event:
    """Something that documents report.

    `day` is what the text gives as the date; a document may appear on any day of
    `[first, last]`.
    """

    kind: EventKind
    cycle: Cycle
    version: str
    day: date
    first: date
    last: date
    states: tuple[Statement, ...]


def documents(product: Product, until: date, seed: int) -> list[Document]:
    """The documents about one product, oldest first; ids and `supersedes` are yet to be set."""
    rng = random.Random(f"{seed}/documents/{product.id}")  # noqa: S311 - reproducible, not secret
    written: dict[str, Document] = {}
    for event in _events(product, until):
        for document in _write(product, event, rng):
            written.setdefault(
                document.text, document
            )  # no two documents are word for word the same
    return sorted(written.values(), key=lambda document: document.day)


def _events(product: Product, until: date) -> Iterator[Event]:
    latest = product.latest()
    for release, end in _with_ends(latest, until):
        if end >= WINDOW_START:
            yield _release(product, release, end)
    tops = {(release.day, release.version) for release in latest}
    for cycle in product.cycles:
        for release, end in _with_ends(product.latest(cycle), until):
            if end >= WINDOW_START and (release.day, release.version) not in tops:
                yield _maintenance(product, release, end)
    newest = product.newest()
    last_days = [cycle.released - timedelta(days=1) for cycle in newest[1:]]
    for cycle, end in zip(newest, [*last_days, until], strict=True):
        yield _new_cycle(product, cycle, end)
    for cycle in product.cycles:
        yield _lts(product, cycle, until)
        if cycle.end_of_life is not None and announced(product, cycle):
            yield from _end_of_life(product, cycle, cycle.end_of_life, until)


def _with_ends(releases: Sequence[Release], until: date) -> Iterator[tuple[Release, date]]:
    """Each release with the last day on which it was the latest."""
    ends = [release.day - timedelta(days=1) for release in releases[1:]]
    return zip(releases, [*ends, until], strict=True)


def _release(product: Product, release: Release, end: date) -> Event:
    states = (
        Statement(product.title, "latest_version", release.version),
        Statement(product.title, "latest_release_date", release.day.isoformat()),
        Statement(subject_of(product, release.cycle), "latest_version", release.version),
    )
    return Event("release", release.cycle, release.version, release.day, release.day, end, states)


def _maintenance(product: Product, release: Release, end: date) -> Event:
    subject = subject_of(product, release.cycle)
    states = (Statement(subject, "latest_version", release.version),)
    day = release.day
    return Event("maintenance_release", release.cycle, release.version, day, day, end, states)


def _new_cycle(product: Product, cycle: Cycle, end: date) -> Event:
    subject = subject_of(product, cycle)
    states = (
        Statement(product.title, "newest_cycle", cycle.name),
        Statement(subject, "release_date", cycle.released.isoformat()),
        Statement(subject, "lts", "yes" if cycle.lts else "no"),
    )
    kind: EventKind = "new_lts_cycle" if cycle.lts else "new_cycle"
    return Event(kind, cycle, "", cycle.released, cycle.released, end, states)


def _lts(product: Product, cycle: Cycle, until: date) -> Event:
    states = (Statement(subject_of(product, cycle), "lts", "yes" if cycle.lts else "no"),)
    day = cycle.released
    return Event("lts" if cycle.lts else "not_lts", cycle, "", day, day, until, states)


def _end_of_life(product: Product, cycle: Cycle, end: date, until: date) -> Iterator[Event]:
    """The notice, unless the life of the cycle is too short for one."""
    first = cycle.released + timedelta(days=NOTICE_DELAY_DAYS)
    last = min(end - timedelta(days=NOTICE_MARGIN_DAYS), until)
    if first <= last:
        states = (Statement(subject_of(product, cycle), "end_of_life", end.isoformat()),)
        yield Event("end_of_life", cycle, "", end, first, last, states)


def _write(product: Product, event: Event, rng: random.Random) -> Iterator[Document]:
    """The documents that report one event."""
    if event.kind in {"lts", "not_lts"}:
        if rng.random() < LTS_SHARE:
            yield from _document(product, event, rng, event.first, rng.choice(LTS_LAGS))
        if rng.random() < CORRECTION_SHARE:
            lag = rng.choice(LTS_LAGS) + rng.choice(CORRECTION_LAGS)
            yield from _document(product, event, rng, event.first, lag, style="correction")
        return
    first = _first_day(event, rng)
    yield from _document(product, event, rng, first, 0)
    if event.kind == "end_of_life" and rng.random() < REMINDER_SHARE:
        day = event.day - timedelta(days=rng.choice(REMINDER_DAYS))
        if day > first:
            yield from _document(product, event, rng, day, 0)
    if rng.random() < REPEAT_SHARE:
        yield from _document(product, event, rng, first, rng.choice(REPEAT_LAGS))
    if rng.random() < CORRECTION_SHARE:
        yield from _document(
            product, event, rng, first, rng.choice(CORRECTION_LAGS), style="correction"
        )


def _first_day(event: Event, rng: random.Random) -> date:
    span = (event.last - event.first).days
    if event.kind == "end_of_life":
        return event.first + timedelta(days=rng.randint(0, min(span, NOTICE_SPREAD_DAYS)))
    return event.first + timedelta(days=min(span, rng.choice(FIRST_LAGS)))


def _document(
    product: Product, event: Event, rng: random.Random, start: date, lag: int, *, style: str = ""
) -> Iterator[Document]:
    """The document, if what it says still holds `lag` days after `start`."""
    style = style or rng.choice(_FIRST_STYLES)
    template = rng.choice(_STYLES[style].templates[event.kind])
    day = start + timedelta(days=lag)
    if day <= event.last:
        text = template.format(
            product=product.title,
            cycle=event.cycle.name,
            subject=subject_of(product, event.cycle),
            version=event.version,
            date=event.day.isoformat(),
        )
        yield Document("", day, text, style, event.states)


def numbered(drafts: Iterable[Document]) -> Iterator[Document]:
    """Give the documents, oldest first, their ids and say which earlier ones each supersedes.

    A document is superseded once every statement of it was replaced by another value or restated
    by a correction; the document that completes this supersedes it. So the documents that are not
    superseded state every current value that was ever stated.
    """
    standing: dict[tuple[str, str], list[Document]] = {}
    open_statements: dict[str, int] = {}
    for number, draft in enumerate(drafts, 1):
        identifier = f"doc-{number:05d}"
        superseded: list[str] = []
        for statement in draft.states:
            key = statement.subject, statement.attribute
            for old in standing.get(key, []):
                if draft.style == "correction" or statement not in old.states:
                    standing[key] = [other for other in standing[key] if other is not old]
                    open_statements[old.id] -= 1
                    if not open_statements[old.id]:
                        superseded.append(old.id)
        document = Document(
            identifier, draft.day, draft.text, draft.style, draft.states, tuple(sorted(superseded))
        )
        for statement in draft.states:
            standing.setdefault((statement.subject, statement.attribute), []).append(document)
        open_statements[identifier] = len(draft.states)
        yield document
