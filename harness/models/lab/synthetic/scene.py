# ruff: noqa: PLR2004 - shares of a mix are literal

"""A scene: dated passages, what they claim, and what can be asked about them.

The planted truth is decided here and nowhere else: of several claims about one attribute of one
subject, the one in the most recently dated passage holds.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from random import Random
from typing import Final

from harness.models.lab.synthetic import values
from harness.models.lab.synthetic.attributes import RELEASES, Attribute

__all__ = ["Claim", "Item", "Passage", "Scene", "close_scene", "items_of"]

FILLERS: Final = (
    "It runs on Linux and Windows.", "See the changelog for details.", "No action is required.",
    "Users should plan the upgrade early.", "This page is updated by the docs team.",
    "Contact support for help.", "Performance has been improved.", "Thanks to all contributors.",
    "Please read the notes before you install.", "Many teams use it in production.",
    "The installer is smaller than before.", "A full list of changes is online.",
    "Packages are available from the usual mirrors.", "The upgrade takes a few minutes.",
    "Older plugins may need an update.", "Feedback is welcome in the forum.",
    "The documentation has been revised.", "Checksums are published beside the files.",
    "Containers are rebuilt every night.", "We tested it on common platforms.",
    "Back up your data first.", "The next meeting is open to everyone.",
)  # fmt: skip


@dataclass(frozen=True)
class Claim:
    """What one passage says about one attribute of one subject."""

    subject: str
    attribute: Attribute
    value: str


@dataclass(frozen=True)
class Passage:
    """A short text with its day and what it claims."""

    day: str
    text: str
    claims: tuple[Claim, ...]


@dataclass(frozen=True)
class Item:
    """A question's content: the subject, the attribute and, when answerable, answer and passage.

    `passage` is the number that the passage has in the prompt, counted from 1; `value` is None when
    no passage answers. `restated` tells whether an older passage claims another value.
    """

    subject: str
    attribute: Attribute
    value: str | None = None
    passage: int | None = None
    day: str | None = None
    restated: bool = False


@dataclass(frozen=True)
class Scene:
    """Passages in the order in which they are shown, the day of asking, and the answerable items."""

    today: str
    passages: tuple[Passage, ...]
    known: tuple[Item, ...]
    missing: tuple[Item, ...] = field(default=())
    triage: bool = False
    """Whether it is of vulnerabilities, of which tickets are written."""


def items_of(passages: Sequence[Passage], today: str) -> tuple[Item, ...]:
    """Return every answerable item with the value of the most recently dated passage."""
    latest: dict[tuple[str, str], Item] = {}
    for number, passage in enumerate(passages, 1):
        for claim in passage.claims:
            key = (claim.subject, claim.attribute.key)
            known = latest.get(key)
            restated = known is not None and (known.restated or known.value != claim.value)
            item = Item(claim.subject, claim.attribute, claim.value, number, passage.day, restated)
            if known is not None and known.day is not None and known.day > passage.day:
                item = Item(
                    known.subject, known.attribute, known.value, known.passage, known.day, restated
                )
            latest[key] = item
    derived = [_supported(item, today) for item in latest.values() if item.attribute is _EOL]
    return (*latest.values(), *derived)


_EOL: Final = RELEASES["end_of_life"]


def _supported(item: Item, today: str) -> Item:
    # Support lasts up to, and not beyond, the day before the end of life.
    value = "yes" if item.value is not None and today < item.value else "no"
    return Item(item.subject, RELEASES["supported"], value, item.passage, item.day, item.restated)


def close_scene(
    r: Random,
    passages: Sequence[Passage],
    candidates: Sequence[tuple[str, Attribute]],
    fillers: float = 0.2,
) -> Scene:
    """Shuffle the passages, set the day of asking after all of them and find what is answerable.

    `candidates` are (subject, attribute) pairs that may be asked without being answerable; those
    that some passage answers after all are dropped.
    """
    order = [_filled(r, passage) if r.random() < fillers else passage for passage in passages]
    r.shuffle(order)
    today = _today(r, max(passage.day for passage in order))
    known = items_of(order, today)
    answered = {(item.subject, item.attribute.key) for item in known}
    missing = tuple(
        Item(subject, attribute)
        for subject, attribute in dict.fromkeys(candidates)
        if (subject, attribute.key) not in answered
    )
    return Scene(today, tuple(order), known, missing)


def _filled(r: Random, passage: Passage) -> Passage:
    filler = r.choice(FILLERS)
    text = f"{passage.text} {filler}" if r.random() < 0.7 else f"{filler} {passage.text}"
    return Passage(passage.day, text, passage.claims)


def _today(r: Random, newest: str) -> str:
    year, month, dom = (int(part) for part in newest.split("-"))
    months = r.choice((0, 1, 2, 3, 6, 9, 12, 18, 30)) + month - 1
    return f"{year + months // 12}-{months % 12 + 1:02d}-{max(dom, r.randint(1, 28)):02d}"


def shuffled_days(r: Random, count: int) -> list[str]:
    """Return `count` different days, newest first, near or far from one another."""
    days = [values.day(r, 2018, 2027)]
    while len(days) < count:
        days.append(values.day_before(r, days[-1]))
    return days
