"""What a facts adapter is trained on: the facts asked about, as known on the day of training."""

from __future__ import annotations

from datetime import date

from harness.world.facts import History, Timeline
from harness.world.questions import QuestionSet


def training_facts(
    timeline: Timeline, questions: QuestionSet, day: date
) -> tuple[tuple[History, str], ...]:
    """Each fact asked about with the name of its question kind, as it was known on `day`.

    Nothing later than `day` is in a history: no value that began after it, no end that lay ahead.
    A fact is named once however often it is asked about; one without a value on `day` is left out.
    `question_texts(kind, held_out=False)` has the wordings that training may use.
    """
    known = timeline.until(day)
    facts: dict[tuple[str, str, str], tuple[History, str]] = {}
    for question in questions:
        if question.history is None:
            continue
        history = known.get(*question.history.key)
        if history is not None and history.current(day):
            facts[(*history.key, question.kind)] = (history, question.kind)
    return tuple(facts.values())
