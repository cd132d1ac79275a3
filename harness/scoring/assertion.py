"""Which of the values that an answer names it also asserts.

A value is not asserted where it is denied (`not 3.1`, `no longer 3.1`), nor, while another value is
left, where it is told as the past (`previously 3.1`, `up from 3.1`) or the future (`3.2 will follow`).
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from harness.scoring.mention import Mention

_CONTEXT: Final = 80

_BREAK: Final = re.compile(r"[.;:!?,](?=\s|$)|[\n()\u2014]|\b(?:but|now|instead)\b", re.IGNORECASE)
_DENIED_BEFORE: Final = re.compile(
    r"\b(?:not|no longer|never|isn't|wasn't|neither|nor|rather than|instead of)\b[^.;,]{0,40}$",
    re.IGNORECASE,
)
_DENIED_AFTER: Final = re.compile(
    r"^\W{0,3}(?:is|was|are|were)? ?(?:no longer|not (?:the )?(?:current|latest|newest|right)|"
    r"outdated|obsolete|out of date)\b",
    re.IGNORECASE,
)
_PAST_BEFORE: Final = re.compile(
    r"\b(?:previously|formerly|once|used to be|from|older|earlier|old|previous|former|predecessors?|"
    r"preceded by|after|left|leaving|(?:resignation|departure|retirement|death) of|"
    r"(?:replac|supersed|succe)\w+(?! by\b))\b[^.;,]{0,30}$"
    r"|\b(?:was|were)(?: still| the| at| on)*\s+$",
    re.IGNORECASE,
)
_PAST_AFTER: Final = re.compile(
    r"^\s*(?:->|\u2192|(?:[^\w\s]\W{0,2})?\s?(?:was|were|has been|had been|had)? ?(?:previously|"
    r"formerly|before|replaced|superseded|succeeded|ended|expired|stepped down|resigned|retired|"
    r"died)\b)",
    re.IGNORECASE,
)
_FUTURE_BEFORE: Final = re.compile(
    r"\b(?:will(?: be(?:come)?)?|upcoming|next|future|forthcoming|soon)\b[^.;,]{0,30}$",
    re.IGNORECASE,
)
_FUTURE_AFTER: Final = re.compile(
    r"^\W{0,3}(?:is|was|are)? ?(?:will|planned|expected|scheduled|due|coming|upcoming|to follow)\b",
    re.IGNORECASE,
)
_AND: Final = re.compile(
    r"\s*(?:,|,? ?(?:and|or|nor)|&|/)\s*(?:(?:then|later|the)\s+)*", re.IGNORECASE
)


def asserted(text: str, mentions: Sequence[Mention]) -> list[Mention]:
    """The mentions that are neither denied nor, while another is left, told as past or future."""
    if len(mentions) == 1 and mentions[0].start == 0 and mentions[0].end >= len(text) - 1:
        return list(mentions)
    plain = text.replace("\u2019", "'")
    ends = [0, *(mention.end for mention in mentions[:-1])]
    starts = [*(mention.start for mention in mentions[1:]), len(text)]
    told: dict[str, list[Mention]] = {"present": [], "future": [], "past": [], "denied": []}
    last = "present"
    for mention, left, right in zip(mentions, ends, starts, strict=True):
        before, after = _clause(plain, mention, left, right)
        how = _told(before, after)
        if how == "present" and left and _continues(plain[left : mention.start], last):
            how = last
        told[how].append(mention)
        last = how
    return told["present"] or told["future"] or told["past"]


def _told(before: str, after: str) -> str:
    """How a value is told by the clause around it."""
    if _DENIED_BEFORE.search(before) or _DENIED_AFTER.search(after):
        return "denied"
    if _PAST_BEFORE.search(before) or _PAST_AFTER.search(after):
        return "past"
    if _FUTURE_BEFORE.search(before) or _FUTURE_AFTER.search(after):
        return "future"
    return "present"


def _continues(between: str, last: str) -> bool:
    """Whether a value is told as the one before it (`formerly 3.0 and 3.1`; not `not 3.0, 3.1`)."""
    joined = _AND.fullmatch(between) is not None
    return joined and not (last == "denied" and "," in between)


def _clause(text: str, mention: Mention, left: int, right: int) -> tuple[str, str]:
    """The clause before and after a mention, within the neighbouring mentions."""
    before = text[max(left, mention.start - _CONTEXT) : mention.start]
    after = text[mention.end : min(right, mention.end + _CONTEXT)]
    breaks = list(_BREAK.finditer(before))
    stop = _BREAK.search(after)
    if breaks:
        before = before[breaks[-1].end() :]
    return before, after[: stop.start()] if stop else after
