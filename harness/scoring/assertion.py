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
    r"\b(?:previously|formerly|once|used to be|from|older|earlier|old|previous|former|"
    r"(?:replac|supersed|succe)\w+(?! by\b))\b[^.;,]{0,30}$|\b(?:was|were)(?: still| the| at| on)*\s+$",
    re.IGNORECASE,
)
_PAST_AFTER: Final = re.compile(
    r"^\s*(?:->|\u2192|(?:[^\w\s]\W{0,2})?\s?(?:was|were|has been|had been)? ?(?:previously|formerly|"
    r"before|replaced|superseded|succeeded|ended|expired)\b)",
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


def asserted(text: str, mentions: Sequence[Mention]) -> list[Mention]:
    """The mentions that are neither denied nor, while another is left, told as past or future."""
    if len(mentions) == 1 and mentions[0].start == 0 and mentions[0].end >= len(text) - 1:
        return list(mentions)
    plain = text.replace("\u2019", "'")
    ends = [0, *(mention.end for mention in mentions[:-1])]
    starts = [*(mention.start for mention in mentions[1:]), len(text)]
    stated: list[Mention] = []
    reached: list[Mention] = []
    present: list[Mention] = []
    for mention, left, right in zip(mentions, ends, starts, strict=True):
        before, after = _clause(plain, mention, left, right)
        if _DENIED_BEFORE.search(before) or _DENIED_AFTER.search(after):
            continue
        stated.append(mention)
        if _PAST_BEFORE.search(before) or _PAST_AFTER.search(after):
            continue
        reached.append(mention)
        if not (_FUTURE_BEFORE.search(before) or _FUTURE_AFTER.search(after)):
            present.append(mention)
    return present or reached or stated


def _clause(text: str, mention: Mention, left: int, right: int) -> tuple[str, str]:
    """The clause before and after a mention, within the neighbouring mentions."""
    before = text[max(left, mention.start - _CONTEXT) : mention.start]
    after = text[mention.end : min(right, mention.end + _CONTEXT)]
    breaks = list(_BREAK.finditer(before))
    stop = _BREAK.search(after)
    if breaks:
        before = before[breaks[-1].end() :]
    return before, after[: stop.start()] if stop else after
