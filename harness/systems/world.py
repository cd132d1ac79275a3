"""What a system may learn from: the world of a suite, and the days of a run."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from harness.world.corpus import Corpus
from harness.world.facts import Timeline
from harness.world.questions import QuestionSet

__all__ = ["SystemWorld"]


@dataclass(frozen=True)
class SystemWorld:
    """Facts, documents and questions of a suite, and the evaluation days of the run.

    The first of `days` is the day that a part with `refresh = "never"` keeps; without days it is
    the first day that a system is prepared for. `suite` names the suite in messages.
    """

    timeline: Timeline
    corpus: Corpus
    questions: QuestionSet
    days: tuple[date, ...] = ()
    suite: str = "SUITE"
