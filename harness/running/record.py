"""The record: one answer of one system to one question on one day in one repeat."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import date
from typing import Any

from harness.retrieval.base import Passage
from harness.systems.base import Answer, Failure, Timing, Usage

RecordKey = tuple[str, str, str, int]


@dataclass(frozen=True, slots=True)
class Record:
    """Written once, never changed.

    `position` is the place in the plan; `started` the wall clock at the intended start (ISO 8601,
    UTC). A `cached` answer keeps its first timing and never counts as a measured latency.
    """

    system: str
    question_id: str
    day: date
    repeat: int
    position: int
    started: str
    answer: Answer
    cached: bool = False

    @property
    def key(self) -> RecordKey:
        """`(system, question id, ISO day, repeat)`: unique in a run."""
        return self.system, self.question_id, self.day.isoformat(), self.repeat


def record_to_dict(record: Record) -> dict[str, Any]:
    """A JSON-ready dictionary."""
    data = asdict(record)
    data["day"] = record.day.isoformat()
    for passage in data["answer"]["passages"]:
        passage["day"] = passage["day"].isoformat()
    return data


def record_from_dict(data: dict[str, Any]) -> Record:
    """The inverse of `record_to_dict`; raises KeyError, TypeError or ValueError on damaged data."""
    raw = data["answer"]
    answer = Answer(
        text=raw["text"],
        passages=tuple(
            Passage(p["document_id"], date.fromisoformat(p["day"]), p["text"], p["score"])
            for p in raw["passages"]
        ),
        usage=Usage(**raw["usage"]),
        timing=Timing(**raw["timing"]),
        finish_reason=raw["finish_reason"],
        failure=Failure(**raw["failure"]) if raw["failure"] else None,
    )
    return Record(
        system=data["system"],
        question_id=data["question_id"],
        day=date.fromisoformat(data["day"]),
        repeat=data["repeat"],
        position=data["position"],
        started=data["started"],
        answer=answer,
        cached=data["cached"],
    )
