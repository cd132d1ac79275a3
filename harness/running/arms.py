"""One system of a run: how it is made, where it answers, and how it is asked."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date
from typing import Literal

from harness.errors import HarnessError, RunError, TargetError
from harness.systems.base import Answer, Failure, System, Timing
from harness.transport.keys import without_secrets
from harness.transport.target import Target
from harness.world.questions import Question

Place = Literal["worker", "loop"]


@dataclass(frozen=True, slots=True)
class Arm:
    """A system and its place.

    `make` builds the system; where `place` is `worker` it is pickled and called in each worker
    process, so that local models neither share an interpreter with the runner nor with each other.
    Systems that wait for something else (endpoints, async functions, recorded answers) take place
    `loop`; those with the same `target` share its limits. `cacheable` says that the fingerprints tell
    all that shapes an answer. A worker is asked up to `batch` questions at once.
    """

    name: str
    make: Callable[[], System]
    place: Place = "worker"
    target: Target | None = None
    cacheable: bool = False
    batch: int = 1


def build(arm: Arm) -> System:
    """The arm's system; raises `RunError` that names it when it cannot be made."""
    try:
        return arm.make()
    except HarnessError as error:
        raise RunError(f"system {arm.name!r}: {error}") from error
    except Exception as error:
        told = without_secrets(f"{type(error).__name__}: {error}")
        raise RunError(f"system {arm.name!r}: {told}") from error


async def ask(system: System, question: Question, day: date) -> Answer:
    """The system's answer; what it raises, or returns instead of an answer, is a failure.

    Raises `TargetError`, which says that the next question would fare no better.
    """
    started = time.perf_counter()
    try:
        answer = await system.answer(question, day)
    except TargetError:
        raise
    except Exception as error:  # noqa: BLE001  (whatever a system raises is that question's outcome)
        return failed("error", f"{type(error).__name__}: {error}", time.perf_counter() - started)
    if not isinstance(answer, Answer):
        wrong = f"the system returned {type(answer).__name__}, not Answer"
    elif answer.failure is None and not isinstance(answer.text, str):
        wrong = f"the answer's text is {type(answer.text).__name__}, not str"
    else:
        return _without_secrets(answer)
    return failed("invalid_answer", wrong, time.perf_counter() - started)


def failed(kind: str, message: str, seconds: float = 0.0) -> Answer:
    """An answer that is a failure after `seconds`."""
    failure = Failure(kind, without_secrets(message))
    return Answer(None, timing=Timing(total=seconds), failure=failure)


def _without_secrets(answer: Answer) -> Answer:
    """What foreign code said when it failed may have a key in it; what it answered is its own."""
    failure = answer.failure
    if failure is None or not isinstance(failure.message, str):
        return answer
    told = without_secrets(failure.message)
    return (
        answer
        if told == failure.message
        else replace(answer, failure=replace(failure, message=told))
    )
