"""The score of one record: freshness, strictness, latency and cost together."""

from __future__ import annotations

from harness.running.record import Record
from harness.scoring.cost import answer_cost
from harness.scoring.freshness import Judge, classify, decide
from harness.scoring.parts import score_parts
from harness.scoring.prices import PriceBook
from harness.scoring.score import Score
from harness.scoring.speed import tokens_per_second
from harness.scoring.strictness import grade
from harness.world.questions import Question


def score(
    question: Question, record: Record, prices: PriceBook, *, judge: Judge | None = None
) -> Score:
    """Everything that can be said of an answer; a pure function of its arguments.

    Right is the current value or, where nothing answers the question on that day, abstaining; of an
    answer with several parts all of them.
    A failure, a cached answer, and one of several that were computed together have no measured latency. `judge` is asked about the answers that
    would be undecided.
    """
    answer = record.answer
    text = answer.text if answer.failure is None else None
    freshness = classify(text, question.history, record.day, question.format)
    if judge is not None and text is not None and freshness.label == "undecided":
        freshness = decide(judge, question, text, record.day)
    answerable = bool(question.references(record.day))
    right = freshness.label == ("current" if answerable else "abstained")
    parts = score_parts(question, text, record.day, freshness, answer.passages)
    freshness, right = parts.freshness, right and parts.right
    measured = text is not None and not record.cached and answer.batch == 1
    return Score(
        system=record.system,
        question_id=record.question_id,
        cluster=question.cluster,
        kind=question.kind,
        day=record.day,
        repeat=record.repeat,
        answerable=answerable,
        right=right,
        relaxed=right or (answerable and freshness.label == "mixed" and parts.right),
        freshness=freshness,
        strictness=grade(
            text,
            question.format,
            right=right,
            finish_reason=answer.finish_reason,
            failure=answer.failure.kind if answer.failure is not None else None,
        ),
        timing=answer.timing if measured else None,
        cost=answer_cost(record, prices),
        cached=record.cached,
        batch=answer.batch,
        parts=parts.parts,
        tokens_per_second=tokens_per_second(answer) if measured else None,
    )
