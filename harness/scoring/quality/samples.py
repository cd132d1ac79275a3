"""What ragas is shown of each answer: a pure function of a run.

References are the values that hold on the day, and their other names; of several the best counts. Of a
JSON answer the field that answers is shown, of a free text what it says before it invents a next turn.

Right passages are pooled, as in TREC (Spärck Jones and van Rijsbergen 1975): for each question and day,
those that any system of the run retrieved and that name the subject with a value that holds
(`harness.scoring.blame`). What no system found is not known, so recall is relative to the pool.
"""

from __future__ import annotations

import hashlib
import json
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Final

from harness.retrieval.base import Passage
from harness.running.folder import LoadedRun
from harness.running.record import Record, RecordKey
from harness.scoring.blame import CURRENT, standing
from harness.scoring.quality.metrics import METRICS
from harness.scoring.reading import read
from harness.scoring.truths import read_truth
from harness.world.questions import Question

__all__ = ["Sample", "samples", "unscorable"]

_NO_REFERENCE: Final = "no reference"
_NO_RELEVANT: Final = "no right passage known"
_NO_PASSAGES: Final = "no passages"
_NOTHING_SAID: Final = "nothing said"


@dataclass(frozen=True, slots=True)
class Sample:
    """One answer as ragas is shown it; `response` is None where the answer failed.

    `references` are the values that hold, and their other names; `reference` has the values alone, as a judge
    is told them. `retrieves` says whether its system retrieved anything in the run. A score is known to be of this
    answer by `digest`, which is of what a judge is shown, and by `pooled`, which has the right passages in it.
    """

    key: RecordKey
    question: str
    response: str | None
    references: tuple[str, ...]
    reference: str
    passages: tuple[Passage, ...]
    relevant: tuple[Passage, ...]
    retrieves: bool
    digest: str
    pooled: str


def samples(run: LoadedRun) -> tuple[Sample, ...]:
    """A sample for each record, in their order."""
    pool = _pool(run)
    retrieving = {record.system for record in run.records if record.answer.passages}
    return tuple(
        _sample(
            run.questions[record.question_id],
            record,
            tuple(pool.get((record.question_id, record.day), {}).values()),
            retrieves=record.system in retrieving,
        )
        for record in run.records
    )


def unscorable(metric: str, sample: Sample) -> str | float | None:
    """Why an answer has no score of a metric, or its score where that needs no look; else None.

    A failed answer scores 0, as does a search that found nothing: failures stay in the denominator. What
    has no reference, and a system that does not retrieve, has no score, with the reason.
    """
    known = METRICS[metric]
    lacks = {
        "reference": (not sample.references, _NO_REFERENCE),
        "relevant": (not sample.relevant, _NO_RELEVANT),
        "passages": (not sample.retrieves, _NO_PASSAGES),
    }
    for need in known.needs:
        lacking, why = lacks[need]
        if lacking:
            return why
    if "passages" in known.needs and not sample.passages:
        return 0.0
    return None if known.of == "passages" else _unsaid(metric, sample.response)


def _unsaid(metric: str, response: str | None) -> str | float | None:
    """The score of an answer that says nothing: an abstention in JSON matches no reference, and claims nothing."""
    if response is None:
        return 0.0
    if response.strip():
        return None
    return _NOTHING_SAID if metric == "faithfulness" else 0.0


def _sample(
    question: Question, record: Record, relevant: tuple[Passage, ...], *, retrieves: bool
) -> Sample:
    answer = record.answer
    response = None
    if answer.failure is None and answer.text is not None:
        reading = read(answer.text, question.format)
        response = answer.text if reading.says == "unreadable" else reading.text
    references = _references(question, record.day, aliases=True)
    reference = " or ".join(_references(question, record.day, aliases=False))
    passages = [(p.document_id, p.text) for p in answer.passages]
    shown = [question.text, response, references, passages, retrieves]
    return Sample(
        record.key,
        question.text,
        response,
        references,
        reference,
        answer.passages,
        relevant,
        retrieves,
        _digest(shown),
        _digest([*shown, [(p.document_id, p.text) for p in relevant]]),
    )


def _digest(shown: object) -> str:
    return hashlib.sha256(json.dumps(shown).encode()).hexdigest()[:16]


def _references(question: Question, day: date, *, aliases: bool) -> tuple[str, ...]:
    facts = question.references(day)
    if question.history is not None and question.history.value_type == "boolean":
        truths = (read_truth(fact.value) for fact in facts)
        return tuple(dict.fromkeys("yes" if t else "no" for t in truths if t is not None))
    names = (n for fact in facts for n in (fact.value, *(fact.aliases if aliases else ())))
    return tuple(dict.fromkeys(names))


def _pool(run: LoadedRun) -> Mapping[tuple[str, date], Mapping[str, Passage]]:
    """The right passages of each question and day by their id, in the order of their ids."""
    found: dict[tuple[str, date], dict[str, Passage]] = defaultdict(dict)
    for record in run.records:
        if record.answer.passages:
            found[record.question_id, record.day] |= {
                passage.document_id: passage for passage in record.answer.passages
            }
    return {
        (name, day): dict(sorted(_right(run.questions[name], day, passages.values())))
        for (name, day), passages in found.items()
    }


def _right(
    question: Question, day: date, passages: Iterable[Passage]
) -> Iterable[tuple[str, Passage]]:
    history = question.history
    if history is None or history.value_type == "boolean" or not question.plain:
        return
    if not question.references(day):
        return
    for passage in passages:
        if standing(passage, history, day) in CURRENT:
            yield passage.document_id, passage
