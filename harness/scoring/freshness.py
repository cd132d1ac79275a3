"""The freshness class of an answer: a pure function of its text, the dated history and the day.

| class | holds when |
|---|---|
| `failed` | there is no answer: an error, a timeout, a refusal by the server |
| `unparseable` | nothing can be read: an empty text, JSON that is none, no option of a choice |
| `current` | a value that holds on the day is named, and no outdated one is asserted beside it |
| `stale` | an outdated value is asserted; a current one beside it does not help |
| `abstained` | no value of the history is named and the answer says that it does not know |
| `wrong` | anything else: no value that ever held up to the day |

A value is not asserted where it is denied (`not 3.1`, `no longer 3.1`), nor where it is told as the
past (`previously 3.1`, `up from 3.1`) while another value is asserted. A value that ended and came
back counts as current while it holds. What the question's own subject spells (`Python 3.12`) is no
answer while another value is named.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date
from typing import Final

from harness.scoring.abstention import abstention
from harness.scoring.matching import Key, Mention, mask, matcher
from harness.scoring.reading import read
from harness.scoring.score import Freshness
from harness.world.facts import Fact, History
from harness.world.formats import Choice, FreeText, OutputFormat

_SHOWN: Final = 200
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
    r"^\W{0,3}(?:was|were|has been|had been)? ?(?:previously|formerly|before|replaced|superseded|"
    r"succeeded|ended|expired)\b",
    re.IGNORECASE,
)
_LEAD: Final = re.compile(r"\A\W*(?:yes|no|true|false)\W*(?:\Z|[,.!;\n])", re.IGNORECASE)


def classify(
    text: str | None,
    history: History | None,
    day: date,
    output_format: OutputFormat | None = None,
) -> Freshness:
    """The class of an answer with its evidence.

    Args:
        text: the answer as sent; None when there is none.
        history: the values that answer the question; None when nothing does, so that abstaining is
            right and any value is wrong.
        day: the evaluation day.
        output_format: where in the text the answer stands; free text when None.
    """
    if text is None:
        return Freshness("failed")
    output_format = output_format or FreeText()
    reading = read(text, output_format)
    if reading.says != "value":
        return Freshness("abstained" if reading.says == "nothing" else "unparseable")
    declined = abstention(reading.text)
    if history is not None:
        found = _judge(reading.text, history, day, declined=declined is not None)
        if found is not None:
            return found
    if declined is not None:
        return Freshness("abstained", matched=declined[:_SHOWN])
    no_option = isinstance(output_format, Choice) and reading.text not in output_format.options
    return Freshness("unparseable" if no_option else "wrong")


def _judge(text: str, history: History, day: date, *, declined: bool) -> Freshness | None:
    """Current or stale with the evidence; None when no value that had begun is asserted."""
    if history.value_type == "boolean" and declined and not _LEAD.search(text):
        return None
    match = matcher(
        history.value_type, tuple(fact.value for fact in history.facts), history.attribute
    )
    mentions = match.find(text)
    if not mentions:
        return None
    if history.subject:
        mentions = match.find(mask(text, history.subject)) or mentions
    if history.value_type != "boolean":
        mentions = _asserted(text, mentions)
    known: dict[Key, list[Fact]] = {}
    for fact in history.facts:
        if fact.valid_from <= day:
            known.setdefault(match.keys[fact.value], []).append(fact)
    current: Freshness | None = None
    for mention in mentions:
        held = known.get(mention.key)
        if held is None:
            continue
        span = text[mention.start : mention.end][:_SHOWN]
        holding = next((fact for fact in held if fact.holds_on(day)), None)
        if holding is None:
            return _stale(span, held, history, day)
        current = current or Freshness("current", matched=span, value=holding.value)
    return current


def _stale(span: str, held: Sequence[Fact], history: History, day: date) -> Freshness:
    """The last time the value held: days since then, and how many facts began after it did.

    A value that ended without a successor is one change behind: its end.
    """
    last = max(held, key=lambda fact: (fact.valid_to or day, fact.valid_from))
    behind = sum(last.valid_from < fact.valid_from <= day for fact in history.facts)
    return Freshness(
        "stale",
        matched=span,
        value=last.value,
        age_days=(day - (last.valid_to or day)).days,
        changes_behind=max(1, behind),
    )


def _asserted(text: str, mentions: Sequence[Mention]) -> list[Mention]:
    """The mentions that are neither denied nor, while another is left, told as the past."""
    plain = text.replace("\u2019", "'")
    ends = [0, *(mention.end for mention in mentions[:-1])]
    starts = [*(mention.start for mention in mentions[1:]), len(text)]
    stated: list[Mention] = []
    present: list[Mention] = []
    for mention, left, right in zip(mentions, ends, starts, strict=True):
        before, after = _clause(plain, mention, left, right)
        if _DENIED_BEFORE.search(before) or _DENIED_AFTER.search(after):
            continue
        stated.append(mention)
        if not (_PAST_BEFORE.search(before) or _PAST_AFTER.search(after)):
            present.append(mention)
    return present or stated


def _clause(text: str, mention: Mention, left: int, right: int) -> tuple[str, str]:
    """The clause before and after a mention, within the neighbouring mentions."""
    before = text[max(left, mention.start - _CONTEXT) : mention.start]
    after = text[mention.end : min(right, mention.end + _CONTEXT)]
    breaks = list(_BREAK.finditer(before))
    stop = _BREAK.search(after)
    return before[breaks[-1].end() :] if breaks else before, after[
        : stop.start()
    ] if stop else after
