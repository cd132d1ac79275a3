"""The freshness class of an answer: a pure function of its text, the dated history and the day.

| class | holds when |
|---|---|
| `failed` | there is no answer: an error, a timeout, a refusal by the server |
| `unparseable` | nothing can be read: an empty text, JSON that is none, no option of a choice |
| `premature` | a value is asserted that is not true until after the day: a leak; not one of a closed list (yes or no, a choice, an enum), which may be a guess |
| `mixed` | a value that holds on the day and an outdated one are both asserted |
| `stale` | an outdated value is asserted |
| `current` | a value that holds on the day is asserted |
| `abstained` | no value of the history is named and the answer says that it does not know |
| `undecided` | none of these, and the reference is a text that may be put in other words |
| `wrong` | anything else: no value of the history |

The first that holds, from the top. Which values an answer asserts, and not only names, is decided
in `harness.scoring.assertion`, which texts name a value in `harness.scoring.matching`. A value that
ended and came back counts as current while it holds and as stale in between; of words that fit
several values (a surname of two people) the one that holds is meant. What says less than the value
(the month of a day) is wrong, with the value it fits as evidence. A word such as Unknown that the
format offers is a value where the history is of type enum, and else an abstention. What the
question's own subject spells (`Python 3.12`) is no answer while another value is named.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import date
from typing import Final, Literal

from harness.errors import ConfigError, nearest
from harness.scoring.abstention import abstention
from harness.scoring.assertion import asserted
from harness.scoring.matching import finder
from harness.scoring.mention import Mention
from harness.scoring.offered import offered
from harness.scoring.phrases import mask
from harness.scoring.reading import Reading, read
from harness.scoring.score import FRESHNESS_CLASSES, Freshness, FreshnessClass
from harness.scoring.truths import leads
from harness.world.facts import Fact, History
from harness.world.formats import Choice, FreeText, OutputFormat
from harness.world.questions import Question

Judge = Callable[[str, str, History, date], FreshnessClass | None]
"""(question, answer, history, day) -> the class of a free-text answer; None where it cannot tell."""

_SHOWN: Final = 200
_TERM_WORDS: Final = 3
"""A reference text of at most so many words is a term: an answer without it is wrong."""

Standing = Literal["current", "stale", "premature"]


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
    found = _judged(reading, history, day, output_format) if history is not None else None
    if found is not None and not found.partial:
        return found
    return _without_value(reading.text, history, output_format) or found or Freshness("wrong")


def _without_value(
    text: str, history: History | None, output_format: OutputFormat
) -> Freshness | None:
    """The class of an answer that names no value in full; None where it is plainly wrong."""
    listed = text in offered(output_format)
    if listed and history is not None and history.value_type == "enum":
        return None  # a value of that list, also where it is a word such as Unknown
    declined = abstention(text)
    if declined is not None:
        return Freshness("abstained", matched=declined[:_SHOWN])
    if isinstance(output_format, Choice):
        return None if listed else Freshness("unparseable")
    if history is not None and _may_be_reworded(history):
        return Freshness("undecided")
    return None


def _may_be_reworded(history: History) -> bool:
    """Whether a reference is a text of more words than a term has."""
    return history.value_type == "text" and any(
        len(fact.value.split()) > _TERM_WORDS for fact in history.facts
    )


def decide(judge: Judge, question: Question, text: str, day: date) -> Freshness:
    """The class that `judge` gives an undecided answer; undecided still where it cannot tell.

    Raises:
        ConfigError: it gives a class that there is not.
    """
    if question.history is None:
        return Freshness("undecided")
    label = judge(question.text, text, question.history, day)
    if label is not None and label not in FRESHNESS_CLASSES:
        raise ConfigError(f"the judge says {label!r}: {nearest(label, FRESHNESS_CLASSES)}")
    return Freshness(label or "undecided")


def _judged(
    reading: Reading, history: History, day: date, output_format: OutputFormat
) -> Freshness | None:
    """The class by the values asserted; None when there is none, `partial` when all are."""
    text = reading.text
    truth = history.value_type == "boolean"
    find = finder(history)
    mentions = find(text)
    if not mentions or (truth and not leads(text) and abstention(text) is not None):
        return None
    if history.subject and history.value_type != "name":
        mentions = find(mask(text, history.subject)) or mentions
    if not truth:
        mentions = asserted(text, mentions)
    seen: dict[Standing, tuple[Mention, Fact]] = {}
    less: tuple[Mention, Fact] | None = None
    for mention in mentions:
        stands, fact = standing((f for f in history.facts if f.value in mention.values), day)
        if mention.partial:
            less = less or (mention, fact)
        else:
            seen.setdefault(stands, (mention, fact))
    if "premature" in seen:
        # Of a few possible values one is often true later: a guess among them is no sign of a leak.
        guess = truth or bool(offered(output_format))
        return _evidence("wrong" if guess else "premature", reading, *seen["premature"])
    if "stale" in seen:
        label: FreshnessClass = "mixed" if "current" in seen else "stale"
        return with_age(_evidence(label, reading, *seen["stale"]), history, day)
    if "current" in seen:
        return _evidence("current", reading, *seen["current"])
    return _evidence("wrong", reading, *less) if less is not None else None


def standing(facts: Iterable[Fact], day: date) -> tuple[Standing, Fact]:
    """How a value named stands on the day, with the one of the facts named that says so.

    Of several the one that holds; else the one that held last; else the one that begins first.
    """
    named = tuple(facts)
    for fact in named:
        if fact.holds_on(day):
            return "current", fact
    past = [fact for fact in named if fact.valid_from <= day]
    if past:
        return "stale", max(past, key=lambda fact: (fact.valid_to or day, fact.valid_from))
    return "premature", named[0]


def _evidence(label: FreshnessClass, reading: Reading, mention: Mention, fact: Fact) -> Freshness:
    span = None
    if reading.start is not None:
        span = (reading.start + mention.start, reading.start + mention.end)
    return Freshness(
        label,
        matched=reading.text[mention.start : mention.end][:_SHOWN],
        span=span,
        value=fact.value,
        valid_from=fact.valid_from,
        valid_to=fact.valid_to,
        partial=mention.partial,
    )


def with_age(found: Freshness, history: History, day: date) -> Freshness:
    """Evidence with the days since the value held last, and how many facts began after it did.

    A value that ended without a successor is one change behind: its end.
    """
    since, end = found.valid_from or date.min, found.valid_to or day
    behind = sum(since < fact.valid_from <= day for fact in history.facts)
    return replace(found, age_days=(day - end).days, changes_behind=max(1, behind))
