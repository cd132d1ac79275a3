"""From vulnerabilities and policies to dated documents.

Each vulnerability has an alert on the day on which it was added, which states all that is known,
and some have notes later. Weeks have digests. A policy is announced on its first day and recalled
every some months; what is newest about the policy supersedes what was written before, as a page does
that is kept up to date.
"""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import date, timedelta
from typing import Final

from harness.world.advisories.histories import POLICIES, POLICY_SUBJECT, Policy
from harness.world.advisories.source import Vulnerability
from harness.world.advisories.wording import (
    ALERTS,
    DIGEST,
    DIGEST_ENTRY,
    NO_WEAKNESSES,
    NOTES,
)
from harness.world.advisories.wording import POLICIES as POLICY_TEXTS
from harness.world.corpus import Document, Statement
from harness.world.facts import Timeline

__all__ = ["documents"]

_NOTE_SHARE: Final = 0.45  # of vulnerabilities that a note follows
_NOTE_LAGS: Final = range(3, 60)  # days after the alert
_DIGEST_ENTRIES: Final = range(2, 5)
_REMINDER_EVERY: Final = 120  # days
_SUNDAY: Final = 6

_ATTRIBUTES: Final = {
    "{vendor}": "vendor",
    "{product}": "product",
    "{added}": "date_added",
    "{due}": "due_date",
    "{ransomware}": "ransomware_use",
    "{cwes}": "cwes",
}


def documents(
    entries: Sequence[Vulnerability], timeline: Timeline, until: date, seed: int
) -> list[Document]:
    """All documents up to `until`, oldest first, with ids; they state what `timeline` has."""
    drafts = [*_policies(until)]
    for entry in entries:
        rng = random.Random(f"{seed}/documents/{entry.cve}")  # noqa: S311 - reproducible
        drafts.append(_alert(entry, rng))
        if rng.random() < _NOTE_SHARE:
            day = entry.added + timedelta(days=rng.choice(_NOTE_LAGS))
            if day <= until:
                drafts.append(_written(rng.choice(NOTES), "note", day, entry))
    drafts += _digests(entries, until)
    drafts.sort(key=lambda document: (document.day, document.text))
    return _numbered([_known(draft, timeline) for draft in drafts])


def _known(draft: Document, timeline: Timeline) -> Document:
    """Without statements about what has no history: which of several entries of a day is newest."""
    return replace(draft, states=tuple(s for s in draft.states if _in(s, timeline)))


def _in(statement: Statement, timeline: Timeline) -> bool:
    history = timeline.get(statement.subject, statement.attribute)
    return history is not None and any(f.value == statement.value for f in history.facts)


def _alert(entry: Vulnerability, rng: random.Random) -> Document:
    style = rng.choice(tuple(ALERTS))
    return _written(rng.choice(ALERTS[style]), style, entry.added, entry)


def _written(template: str, style: str, day: date, entry: Vulnerability) -> Document:
    cwes = ", ".join(entry.cwes)
    values = {
        "vendor": entry.vendor,
        "product": entry.product,
        "date_added": entry.added.isoformat(),
        "due_date": entry.due.isoformat(),
        "ransomware_use": entry.ransomware_use,
        "cwes": cwes,
    }
    text = template.format(
        cve=entry.cve,
        vendor=entry.vendor,
        product=entry.product,
        added=values["date_added"],
        due=values["due_date"],
        ransomware=entry.ransomware_use,
        cwes=cwes or NO_WEAKNESSES,
    )
    states = [
        Statement(entry.cve, attribute, values[attribute])
        for mark, attribute in _ATTRIBUTES.items()
        if mark in template and values[attribute]
    ]
    if "{vendor}" in template and "{added}" in template:
        states.append(Statement(entry.vendor, "newest_vulnerability", entry.cve))
    return Document("", day, text, style, tuple(states))


def _digests(entries: Sequence[Vulnerability], until: date) -> Iterator[Document]:
    """A digest on the Sunday of each week in which a few entries were added."""
    weeks: dict[date, list[Vulnerability]] = defaultdict(list)
    for entry in entries:
        weeks[entry.added + timedelta(days=_SUNDAY - entry.added.weekday())].append(entry)
    for sunday, added in sorted(weeks.items()):
        if len(added) not in _DIGEST_ENTRIES or sunday > until:
            continue
        listed = ", ".join(
            DIGEST_ENTRY.format(cve=e.cve, vendor=e.vendor, product=e.product) for e in added
        )
        monday = (sunday - timedelta(days=_SUNDAY)).isoformat()
        states = [
            Statement(entry.cve, attribute, value)
            for entry in added
            for attribute, value in (("vendor", entry.vendor), ("product", entry.product))
        ]
        text = DIGEST.format(added=monday, entries=listed)
        yield Document("", sunday, text, "digest", tuple(states))


def _policies(until: date) -> Iterator[Document]:
    known = [policy for policy in POLICIES if policy.day <= until]
    ends = [policy.day for policy in known[1:]]
    for policy, end in zip(known, [*ends, until + timedelta(days=1)], strict=True):
        day, number = policy.day, 0
        while day < end:
            yield _policy(policy, day, POLICY_TEXTS[number % len(POLICY_TEXTS)])
            day, number = day + timedelta(days=_REMINDER_EVERY), number + 1


def _policy(policy: Policy, day: date, template: str) -> Document:
    text = template.format(day=policy.day.isoformat(), known=policy.known, unknown=policy.unknown)
    states = (
        Statement(POLICY_SUBJECT, "priority_of_known", policy.known),
        Statement(POLICY_SUBJECT, "priority_of_unknown", policy.unknown),
    )
    return Document("", day, text, "policy", states)


def _numbered(drafts: Sequence[Document]) -> list[Document]:
    """The documents with ids; each about the policy supersedes the one before."""
    numbered: list[Document] = []
    in_force: tuple[str, ...] = ()
    for number, draft in enumerate(drafts, 1):
        document = replace(draft, id=f"adv-{number:05d}")
        if document.style == "policy":
            document = replace(document, supersedes=in_force)
            in_force = (document.id,)
        numbered.append(document)
    return numbered
