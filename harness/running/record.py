"""The record: one answer of one system to one question on one day in one repeat."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
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


class RecordKeys(Collection[RecordKey]):
    """A set of keys, of which only the question's id takes room: there may be 100,000."""

    def __init__(self) -> None:
        self._questions: dict[tuple[str, str, int], set[str]] = {}

    def __contains__(self, key: object) -> bool:
        if not isinstance(key, tuple):
            return False
        system, question, day, repeat = key
        return question in self._questions.get((system, day, repeat), ())

    def __iter__(self) -> Iterator[RecordKey]:
        for (system, day, repeat), questions in self._questions.items():
            for question in questions:
                yield system, question, day, repeat

    def __len__(self) -> int:
        return sum(map(len, self._questions.values()))

    def add(self, key: RecordKey) -> None:
        """Add one that may be there."""
        system, question, day, repeat = key
        self._questions.setdefault((system, day, repeat), set()).add(question)


def record_to_dict(record: Record) -> dict[str, Any]:
    """A JSON-ready dictionary."""
    return {
        "system": record.system,
        "question_id": record.question_id,
        "day": record.day.isoformat(),
        "repeat": record.repeat,
        "position": record.position,
        "started": record.started,
        "answer": answer_to_dict(record.answer),
        "cached": record.cached,
    }


def answer_to_dict(answer: Answer) -> dict[str, Any]:
    """A JSON-ready dictionary."""
    # Spelled out: `dataclasses.asdict` copies deeply and takes twenty times as long.
    usage, timing = answer.usage, answer.timing
    return {
        "text": answer.text,
        "passages": [
            {
                "document_id": passage.document_id,
                "day": passage.day.isoformat(),
                "text": passage.text,
                "score": passage.score,
            }
            for passage in answer.passages
        ],
        "usage": {
            "prompt_tokens": usage.prompt_tokens,
            "completion_tokens": usage.completion_tokens,
            "counted": usage.counted,
            "reasoning_tokens": usage.reasoning_tokens,
            "cached_tokens": usage.cached_tokens,
            "embedded_tokens": usage.embedded_tokens,
            "reranked_tokens": usage.reranked_tokens,
        },
        "timing": {
            "queue": timing.queue,
            "connect": timing.connect,
            "retrieve": timing.retrieve,
            "first_token": timing.first_token,
            "decode": timing.decode,
            "total": timing.total,
        },
        "finish_reason": answer.finish_reason,
        "failure": None
        if answer.failure is None
        else {"kind": answer.failure.kind, "message": answer.failure.message},
        "attempts": answer.attempts,
        "batch": answer.batch,
        "energy_joules": answer.energy_joules,
    }


def record_from_dict(data: dict[str, Any]) -> Record:
    """The inverse of `record_to_dict`; raises KeyError, TypeError or ValueError on damaged data."""
    return Record(
        system=data["system"],
        question_id=data["question_id"],
        day=date.fromisoformat(data["day"]),
        repeat=data["repeat"],
        position=data["position"],
        started=data["started"],
        answer=answer_from_dict(data["answer"]),
        cached=data["cached"],
    )


def answer_from_dict(raw: dict[str, Any]) -> Answer:
    """The inverse of `answer_to_dict`; raises as `record_from_dict`."""
    return Answer(
        text=raw["text"],
        passages=tuple(
            Passage(p["document_id"], date.fromisoformat(p["day"]), p["text"], p["score"])
            for p in raw["passages"]
        ),
        usage=Usage(**raw["usage"]),
        timing=Timing(**raw["timing"]),
        finish_reason=raw["finish_reason"],
        failure=Failure(**raw["failure"]) if raw["failure"] else None,
        attempts=raw.get("attempts", 1),
        batch=raw.get("batch", 1),
        energy_joules=raw.get("energy_joules"),
    )
