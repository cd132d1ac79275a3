"""Who is to blame for an answer of a system that retrieves: a pure function of its record.

| blame | passages that were retrieved | answer |
|---|---|---|
| `read` | a current one | current |
| `outdated_beside` | a current one and an outdated one | stale: the outdated one beat it |
| `memory` | a current one and no outdated one | stale: what the model remembers beat it |
| `misread` | a current one | neither: wrong, abstained, unreadable, failed |
| `only_outdated` | outdated ones only | not current |
| `nothing` | none that names the subject with any of its values | not current |
| `leak` | no current one | current all the same: from memory, or by chance |

A passage is current or outdated by what it says, read as an answer would be
(`harness.scoring.freshness`): it names the question's subject and asserts a value that holds, or
held, on the evaluation day. A yes or no is not a value that a passage spells, so such questions are
not judged; nor are those with the tag `derived`, whose answer follows from several passages, those
with several parts, and those that nothing answers on that day.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Literal, get_args

from harness.retrieval.base import Passage
from harness.running.record import Record
from harness.scoring.freshness import classify
from harness.scoring.phrases import find_phrase, fold
from harness.scoring.score import OUTDATED, FreshnessClass, Score
from harness.world.facts import History
from harness.world.questions import Question

__all__ = ["BLAMES", "CURRENT", "Blame", "Stands", "blame", "standing"]

Blame = Literal["read", "outdated_beside", "memory", "misread", "only_outdated", "nothing", "leak"]
BLAMES: tuple[Blame, ...] = get_args(Blame)

Stands = Callable[[Passage, History, date], FreshnessClass | None]

CURRENT = frozenset({"current", "mixed"})
"""The classes of a passage that says what holds."""


def blame(
    question: Question, record: Record, score: Score, stands: Stands | None = None
) -> Blame | None:
    """The blame of one answer; None where passages cannot tell (see the module).

    `stands` is what `standing` says of a passage, where somebody remembers that.
    """
    history = question.history
    if history is None or history.value_type == "boolean" or not score.answerable:
        return None
    if not question.plain:
        return None
    stands = stands or standing
    found = {stands(passage, history, record.day) for passage in record.answer.passages}
    said = found - {None}
    current, outdated = bool(said & CURRENT), bool(said & OUTDATED)
    if score.right:
        return "read" if current else "leak"
    if not current:
        return "only_outdated" if outdated else "nothing"
    if score.freshness.label not in OUTDATED:
        return "misread"
    return "outdated_beside" if outdated else "memory"


def standing(passage: Passage, history: History, day: date) -> FreshnessClass | None:
    """The class of a passage, read as if it were the answer; None where it does not name the subject."""
    if history.subject and not find_phrase(passage.text, fold(history.subject)):
        return None
    return classify(passage.text, history, day).label
