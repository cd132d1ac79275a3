# ruff: noqa: PLR2004 - shares of a mix are literal

"""Wordings of release documents that are not the suite's: leads x statements x tails.

Placeholders as in `harness.world.releases.wording`. Statements of a kind claim the same things as
the suite's templates of that kind, so that both can be drawn for the same event.
"""

from __future__ import annotations

from random import Random
from typing import Final

from harness.world.releases.wording import DOCUMENT_STYLES, EventKind

__all__ = ["suite_template", "template"]

_LEADS: Final = (
    "News: ", "Heads-up: ", "From the {product} team: ", "Update. ", "For the record: ", "Notice. ",
    "{product} news. ", "In short: ", "As announced: ", "Dear all, ", "Status report: ", "Memo: ",
    "To whom it may concern: ", "{product}: ", "Reminder: ", "Posted by the maintainers: ",
    "Weekly summary. ", "Good to know: ",
)  # fmt: skip
_TAILS: Final = (
    " Please plan ahead.", " More details follow.", " See the product page.", " Questions are welcome.",
    " We thank our testers.", " Other cycles of {product} are not concerned.",
    " This replaces earlier statements.", " The rest of the plan is unchanged.",
    " Read the full text online.", " Ask your contact for help.", " Nothing else has changed.",
    " The notes list every change.", " Mirrors have the files.",
)  # fmt: skip

_STATEMENTS: Final[dict[EventKind, tuple[str, ...]]] = {
    "release": (
        "{product} {version} is available since {date} and is the latest version of {product}.",
        "on {date} {product} reached version {version}, the latest version so far, in the {cycle} "
        "cycle.",
        "the latest version of {product} is {version}; it was published on {date} as part of "
        "{subject}.",
        "{version} ({date}) is the newest release of {product} and the newest of {subject}.",
        "{product} {version} supersedes all earlier versions; release day was {date}, the line is "
        "{subject}.",
        "as of {date} the current version of {product} is {version}, from the line {cycle}.",
        "version {version} of {product} went live on {date} and is now the current one; users of "
        "{subject} get it too.",
        "{product} {version} shipped on {date}; nothing newer of {product} exists, in {subject} or "
        "elsewhere.",
    ),
    "maintenance_release": (
        "{subject} received {version} on {date}; this is the latest version within {subject}, "
        "while {product} has newer lines.",
        "on {date} the older line {subject} was updated to {version}, its latest version.",
        "{version} ({date}) is the newest release of {subject}, an older line of {product}.",
        "for {subject} the current version is {version} since {date}; other lines are ahead.",
        "{product} {version} went live on {date} as a fix release, the latest of the old cycle "
        "{subject}.",
        "the latest version of {subject} is {version}, published on {date} as maintenance.",
    ),
    "new_cycle": (
        "{product} starts the cycle {cycle}, its newest; {subject} was first released on {date} "
        "and is not an LTS release.",
        "on {date} {subject} appeared for the first time and became the newest cycle of {product}; "
        "long-term support is not planned.",
        "the newest cycle of {product} is {cycle}; it was launched on {date} and has no LTS status.",
        "{subject} went live on {date}, the newest line of {product}, with ordinary support only "
        "(not LTS).",
        "{cycle} has been the newest cycle of {product} since its launch on {date}; {subject} is "
        "no long-term support cycle.",
    ),
    "new_lts_cycle": (
        "{product} starts the cycle {cycle}, its newest; {subject} was first released on {date} "
        "and is an LTS release.",
        "on {date} {subject} appeared for the first time and became the newest cycle of {product}; "
        "long-term support is included.",
        "the newest cycle of {product} is {cycle}; it was launched on {date} and has LTS status.",
        "{subject} went live on {date}, the newest line of {product}, with long-term support (LTS).",
        "{cycle} has been the newest cycle of {product} since its launch on {date}; {subject} is a "
        "long-term support cycle.",
    ),
    "end_of_life": (
        "{subject} reaches end of life on {date}.",
        "support for {subject} ends on {date}; afterwards no fixes are made.",
        "the end-of-life date of {subject} is {date}.",
        "{subject} is maintained until {date} and then retired.",
        "security updates for the cycle {cycle} of {product} stop on {date}.",
        "we will support {subject} up to {date}, the end of its life.",
        "after {date} nobody maintains {subject} any more.",
        "the last day of support for {subject} is {date}.",
        "{product} retires the line {cycle} on {date}.",
    ),
    "end_of_life_moved": (
        "the end of life of {subject} was moved from {old_date} to {date}.",
        "{subject} does not end on {old_date}, as we wrote, but on {date}.",
        "support for {subject} now lasts until {date}; the former date was {old_date}.",
        "instead of {old_date}, {subject} will be retired on {date}.",
        "the date {old_date} for the end of life of {subject} is outdated; {date} is right.",
        "we changed our plan: {subject} reaches end of life on {date}, previously {old_date}.",
    ),
    "lts": (
        "{subject} is an LTS release.", "{subject} has long-term support.",
        "the cycle {cycle} of {product} was declared a long-term support cycle.",
        "{subject} counts among the LTS cycles.", "long-term support is available for {subject}.",
        "{subject} is flagged as LTS in our tables.",
    ),
    "not_lts": (
        "{subject} is not an LTS release.", "{subject} has no long-term support.",
        "the cycle {cycle} of {product} was not declared a long-term support cycle.",
        "{subject} does not count among the LTS cycles.",
        "long-term support is not available for {subject}.",
        "{subject} is not flagged as LTS in our tables.",
    ),
}  # fmt: skip


def template(r: Random, kind: EventKind) -> str:
    """Return a template for an event: the suite's own half of the time, else a composed one."""
    if r.random() < 0.5:
        return suite_template(r, kind)
    statement = r.choice(_STATEMENTS[kind])
    lead = r.choice(_LEADS) if r.random() < 0.6 else ""
    # Only after a colon or a comma does a sentence go on in lower case.
    if not lead.endswith((": ", ", ")):
        statement = _sentence_case(statement)
    tail = r.choice(_TAILS) if r.random() < 0.4 else ""
    return lead + statement + tail


def suite_template(r: Random, kind: EventKind) -> str:
    """Return a template of one of the suite's document styles."""
    return r.choice(r.choice(DOCUMENT_STYLES).templates[kind])


def _sentence_case(text: str) -> str:
    return text if text.startswith("{") else text[0].upper() + text[1:]
