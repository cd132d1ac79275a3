"""Recorded answers as a system: judge what another tool, or a person, has answered."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from datetime import date
from typing import Final

from harness.errors import DataError
from harness.systems.base import Answer, Failure, Preparation, Strategy
from harness.systems.recording import ReplaySpec, load_recording
from harness.world.questions import Question, QuestionSet

__all__ = ["ReplaySystem"]

_MISSING: Final = Failure("missing", "no answer was recorded for this question and day")
_NONE: Final[Mapping[str, Answer]] = {}


class ReplaySystem:
    """Answers `questions` from a file; the times are those that it has.

    Raises what `load_recording` does.
    """

    strategy: Strategy = "external"

    def __init__(self, name: str, spec: ReplaySpec, questions: QuestionSet) -> None:
        self.name = name
        self._recording = load_recording(spec, questions)
        try:
            with spec.path.open("rb") as file:
                self._fingerprint = hashlib.file_digest(file, "sha256").hexdigest()[:16]
        except OSError as error:
            raise DataError(f"{spec.path}: cannot be read: {error}") from error

    def fingerprint(self) -> Mapping[str, str]:
        """The file's content."""
        return {"answers": self._fingerprint}

    async def prepare(self, day: date) -> Preparation:
        """Nothing is prepared."""
        return Preparation(day)

    async def answer(self, question: Question, day: date) -> Answer:
        """The answer recorded for that day, else for any day, else a failure `missing`."""
        for of in (day, None):
            found = self._recording.get(of, _NONE).get(question.id)
            if found is not None:
                return found
        return Answer(None, failure=_MISSING)

    async def close(self) -> None:
        """Nothing is held."""
