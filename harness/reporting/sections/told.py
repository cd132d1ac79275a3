"""One answer in words: what was right, what it said, how it was judged, and on what evidence."""

from __future__ import annotations

from datetime import date
from typing import Final, cast

from harness.reporting.components import Badge
from harness.reporting.figures import count
from harness.reporting.sections.context import CLASS_TONES
from harness.reporting.untrusted import SHOWN, Excerpt, excerpt
from harness.running.record import Record
from harness.scoring.score import FreshnessClass, Score
from harness.world.questions import Question

NOT_RECORDED: Final = "not recorded"


def reference(question: Question, day: date) -> str:
    """The right answer on `day`."""
    values = dict.fromkeys(fact.value for fact in question.references(day))
    return excerpt(" or ".join(values)).text if values else "none on that day; abstaining is right"


def verdict(label: str, *, right: bool) -> Badge:
    """Right, or the class of the answer; `label` is `NOT_RECORDED` for one without a score."""
    if right:
        return Badge("right" if label == "current" else f"right: {label}", "good")
    return Badge(label, tone(label))


def tone(label: str) -> str:
    """How a class is printed."""
    return CLASS_TONES.get(cast("FreshnessClass", label), "neutral")


def label(score: Score | None) -> str:
    """The class of an answer."""
    return score.freshness.label if score else NOT_RECORDED


def said(record: Record | None, limit: int = SHOWN) -> Excerpt:
    """The text of an answer, or why there is none."""
    if record is None:
        return Excerpt("", "no record of this answer")
    if record.answer.failure is not None:
        failure = record.answer.failure
        return excerpt(f"{failure.kind}: {failure.message}", limit)
    return excerpt(record.answer.text or "", limit)


def evidence(score: Score | None) -> str:
    """Why an answer has its class, where that is more than the class says."""
    if score is None:
        return ""
    fresh = score.freshness
    phrases = []
    if fresh.label == "premature":
        phrases.append(f"“{fresh.value}” becomes true on {fresh.valid_from} only")
    if fresh.partial:
        phrases.append(f"less than “{fresh.value}”, which it fits")
    if fresh.age_days is not None:
        phrases.append(f"“{fresh.value}” stopped being true {_ago(fresh.age_days)}")
    if fresh.changes_behind is not None:
        changes = "change" if fresh.changes_behind == 1 else "changes"
        phrases.append(f"{count(fresh.changes_behind)} {changes} behind")
    return ", ".join(phrases)


def _ago(days: int) -> str:
    if days == 0:
        return "that very day"
    return "the day before" if days == 1 else f"{count(days)} days before"
