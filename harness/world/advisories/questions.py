"""The questions of the suite: the same ones on every evaluation day.

Most are about vulnerabilities listed before the first day. Some are about later ones: on the days
before, nothing answers them, and abstaining (every field null but the id) is right. Questions with a closed
list of answers are only asked about what is known on all days, since a list leaves no room to
abstain. Wordings that training may see and held-out ones alternate.
"""

from __future__ import annotations

import random
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

from harness.errors import DataError
from harness.world.advisories.schemas import POINTERS, TIERS
from harness.world.advisories.source import Vulnerability
from harness.world.advisories.wording import (
    CHOICE_INSTRUCTIONS,
    KINDS,
    PRIORITIES,
    RANSOMWARE_USE,
    Kind,
    Tier,
)
from harness.world.facts import Fact, History, Timeline
from harness.world.formats import Choice, FreeText, OutputFormat
from harness.world.questions import DERIVED, Part, Question, QuestionSet

__all__ = ["choose_questions", "evaluation_days"]

QUOTAS: Final[Mapping[str, int]] = {
    "cve_due_date": 30,
    "cve_product": 30,
    "vendor_newest": 30,
    "cve_ransomware": 40,
    "cve_priority": 40,
    "cve_flat": 30,
    "cve_typed": 30,
    "cve_nested": 30,
    "cve_conditional": 30,
    "cve_ticket": 50,
}
UNLISTED_PER_KIND: Final = 3  # vulnerabilities that are in no document
LATER_SHARE: Final = 0.4  # of those asked about, added after the first day
KNOWN_SHARE: Final = 0.4  # of those asked about, used in ransomware campaigns
RECENT_MONTHS: Final = 14  # before the first day: what was added earlier is not asked about
_MONTHS: Final = 3
_OPTIONS: Final = {"ransomware_use": RANSOMWARE_USE, "priority": PRIORITIES}


@dataclass(frozen=True, slots=True)
class _Asked:
    """A subject, and what is known of it; nothing where it is in no document."""

    subject: str
    listed: bool


def evaluation_days(until: date) -> tuple[date, ...]:
    """`until` and the days a quarter and two quarters of a year before it, earliest first."""
    return tuple(_months_before(until, _MONTHS * n) for n in (2, 1, 0))


def _months_before(day: date, months: int) -> date:
    from dateutil.relativedelta import (  # type: ignore[import-untyped]  # noqa: PLC0415
        relativedelta,
    )

    before: date = day - relativedelta(months=months)
    return before


def choose_questions(
    entries: Sequence[Vulnerability], timeline: Timeline, days: Sequence[date], seed: int
) -> QuestionSet:
    """The question set: by quota for each kind, then what no document has."""
    rng = random.Random(f"{seed}/questions")  # noqa: S311 - reproducible, not secret
    since = _months_before(days[0], RECENT_MONTHS)
    fit = [entry for entry in entries if _fit(entry, since)]
    questions: list[Question] = []
    for kind in KINDS:
        if kind.about == "vendor":
            subjects = _vendors(timeline, days, rng)[: QUOTAS[kind.name]]
        else:
            subjects = _drawn(kind, fit, days, rng)
        asked = [_Asked(subject, listed=True) for subject in subjects]
        if kind.answer != "choice" and kind.about == "cve":
            asked += [
                _Asked(s, listed=False) for s in _unlisted(entries, since, UNLISTED_PER_KIND, rng)
            ]
        questions += [_ask(kind, one, timeline, n, rng) for n, one in enumerate(asked)]
    return QuestionSet(questions)


def _fit(entry: Vulnerability, since: date) -> bool:
    """Whether nothing about the entry is in doubt or names everything and nothing."""
    general = entry.product.startswith("Multiple") or entry.vendor in entry.product
    return bool(entry.cwes) and entry.due > entry.added >= since and not general


def _drawn(
    kind: Kind, fit: Sequence[Vulnerability], days: Sequence[date], rng: random.Random
) -> list[str]:
    """Vulnerabilities by quota: of a share known use in ransomware, and some added later.

    Raises:
        DataError: there are too few.
    """
    quota = QUOTAS[kind.name]
    later = 0 if kind.answer == "choice" else round(LATER_SHARE * quota)
    chosen: list[str] = []
    for use, share in (("Known", KNOWN_SHARE), ("Unknown", 1 - KNOWN_SHARE)):
        pool = [entry for entry in fit if entry.ransomware_use == use]
        new = [entry.cve for entry in pool if days[0] < entry.added <= days[-1]]
        old = [entry.cve for entry in pool if entry.added <= days[0]]
        wanted = round(share * quota)
        taken = rng.sample(new, min(round(share * later), len(new)))
        taken += rng.sample(old, min(wanted - len(taken), len(old)))
        chosen += taken
    if len(chosen) < quota / 2:
        raise DataError(
            f"questions of kind {kind.name!r} need {quota} vulnerabilities, and {len(chosen)} fit: "
            "the catalogue has too few from the year before the first evaluation day"
        )
    rng.shuffle(chosen)
    return chosen


def _vendors(timeline: Timeline, days: Sequence[date], rng: random.Random) -> list[str]:
    """Vendors with one newest vulnerability on each day; first those for which it changes."""
    fit = [
        history
        for history in timeline
        if history.attribute == "newest_vulnerability"
        and all(len(history.current(day)) == 1 for day in days)
    ]
    rng.shuffle(fit)
    fit.sort(key=lambda history: -len({history.current(day)[0].value for day in days}))
    return [history.subject for history in fit]


def _unlisted(
    entries: Iterable[Vulnerability], since: date, count: int, rng: random.Random
) -> list[str]:
    """Ids that differ from listed ones in two digits and are not listed."""
    listed = {entry.cve for entry in entries}
    recent = sorted(entry.cve for entry in entries if entry.added >= since)
    found: list[str] = []
    while len(found) < count:
        digits = list(rng.choice(recent))
        for place in rng.sample(range(len("CVE-2025-"), len(digits)), 2):
            digits[place] = str(rng.randint(0, 9))
        cve = "".join(digits)
        if cve not in listed and cve not in found:
            found.append(cve)
    return found


def _ask(
    kind: Kind, asked: _Asked, timeline: Timeline, number: int, rng: random.Random
) -> Question:
    """A question, in a wording that training may see or (every other one) a held-out one."""
    tag, texts = ("held-out", kind.held_out) if number % 2 else ("trained", kind.trained)
    slug = re.sub(r"[^a-z0-9.+]+", "-", asked.subject.lower())
    history = timeline.get(asked.subject, kind.attribute) if asked.listed else None
    tags = [tag, *([DERIVED] if kind.attribute == "priority" else [])]
    return Question(
        id=f"{slug}/{kind.name}",
        text=rng.choice(texts).format(subject=asked.subject),
        history=history,
        format=_format(kind),
        group=asked.subject,
        kind=kind.name,
        tags=(*tags, *(() if asked.listed else ("unanswerable",))),
        parts=_parts(kind, asked, timeline),
    )


def _format(kind: Kind) -> OutputFormat:
    if kind.answer == "text":
        return FreeText()
    if kind.answer == "choice":
        return Choice(_OPTIONS[kind.attribute], CHOICE_INSTRUCTIONS[kind.attribute])
    return TIERS[kind.answer]


def _parts(kind: Kind, asked: _Asked, timeline: Timeline) -> tuple[Part, ...]:
    if kind.answer in {"text", "choice"}:
        return ()
    tier: Tier = kind.answer  # type: ignore[assignment]
    cve = History.fixed(asked.subject, "enum")
    return (
        Part("/cve", cve),
        *(
            Part(pointer, _stated(asked, attribute, timeline))
            for pointer, attribute in POINTERS[tier].items()
        ),
    )


def _stated(asked: _Asked, attribute: str, timeline: Timeline) -> History:
    """The history of an attribute; without facts where nothing may be said."""
    subject = asked.subject
    if attribute == "escalation":
        return _escalation(asked, timeline)
    history = timeline.get(subject, attribute) if asked.listed else None
    return history or History(subject, attribute, "enum", ())


def _escalation(asked: _Asked, timeline: Timeline) -> History:
    """The due date while ransomware use is Known."""
    use = timeline.get(asked.subject, "ransomware_use") if asked.listed else None
    due = timeline.get(asked.subject, "due_date") if asked.listed else None
    known = [fact for fact in use.facts if fact.value == "Known"] if use and due else []
    facts = tuple(
        Fact(asked.subject, "escalation", due.facts[0].value, fact.valid_from, fact.valid_to)
        for fact in known
        if due is not None
    )
    return History(asked.subject, "escalation", "date", facts)
