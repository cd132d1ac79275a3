"""Recorded answers as a system: judge what another tool, or a person, has answered."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Any, Final

from harness.errors import DataError, located, nearest
from harness.systems.base import Answer, Failure, Preparation, Strategy, Timing, Usage
from harness.world.questions import Question

__all__ = ["ReplaySystem"]

_REQUIRED: Final = ("question_id", "text", "seconds")
_OPTIONAL: Final = ("day", "prompt_tokens", "completion_tokens")


class ReplaySystem:
    """Answers from a JSONL file, one answer a line.

    Keys: `question_id`, `text` (null where the system failed), `seconds` the answer took; optional:
    `day` (ISO; without it the answer stands for every day), `prompt_tokens`, `completion_tokens`.
    """

    strategy: Strategy = "external"

    def __init__(self, name: str, path: Path) -> None:
        """Read the file; raises `DataError` with file and line for a bad one."""
        self.name = name
        try:
            content = path.read_bytes()
            lines = content.decode("utf-8").splitlines()
        except (OSError, UnicodeDecodeError) as error:
            raise DataError(
                located(path, None, f"cannot read recorded answers: {error}")
            ) from error
        self._fingerprint = hashlib.sha256(content).hexdigest()[:16]
        self._answers: dict[tuple[str, date | None], Answer] = {}
        for number, line in enumerate(lines, 1):
            if not line.strip():
                continue
            try:
                key, answer = _parse(line)
            except DataError as error:
                raise DataError(located(path, number, str(error))) from error
            if key in self._answers:
                raise DataError(located(path, number, f"a second answer to question {key[0]!r}"))
            self._answers[key] = answer

    def fingerprint(self) -> Mapping[str, str]:
        """The file's content."""
        return {"answers": self._fingerprint}

    async def prepare(self, day: date) -> Preparation:
        """Nothing is prepared."""
        return Preparation(day)

    async def answer(self, question: Question, day: date) -> Answer:
        """The answer recorded for that day, else for any day, else a failure `missing`."""
        found = self._answers.get((question.id, day)) or self._answers.get((question.id, None))
        missing = Failure("missing", "no answer was recorded for this question and day")
        return found or Answer(None, failure=missing)

    async def close(self) -> None:
        """Nothing is held."""


def _parse(line: str) -> tuple[tuple[str, date | None], Answer]:
    try:
        data = json.loads(line)
    except ValueError as error:
        raise DataError(f"not JSON: {error}") from error
    if not isinstance(data, dict):
        raise DataError("not a JSON object")
    for key in _REQUIRED:
        if key not in data:
            raise DataError(f"the key {key!r} is missing")
    for key in data:
        if key not in (*_REQUIRED, *_OPTIONAL):
            raise DataError(f"unknown key {key!r}: {nearest(key, (*_REQUIRED, *_OPTIONAL))}")
    text, seconds = data["text"], data["seconds"]
    if not isinstance(data["question_id"], str) or not isinstance(text, str | None):
        raise DataError("'question_id' must be a text, 'text' a text or null")
    if (
        isinstance(seconds, bool)
        or not isinstance(seconds, int | float)
        or not 0 <= seconds < float("inf")
    ):
        raise DataError(f"'seconds' must be a number from 0 up, not {seconds!r}")
    answer = Answer(
        text,
        usage=_usage(data),
        timing=Timing(total=float(seconds)),
        failure=Failure("recorded", "the recording says that it failed") if text is None else None,
    )
    return (data["question_id"], _day(data.get("day"))), answer


def _day(value: Any) -> date | None:  # noqa: ANN401  (from JSON)
    if value is None:
        return None
    try:
        return date.fromisoformat(value)
    except (TypeError, ValueError) as error:
        raise DataError(f"'day' is {value!r}, no day: write it as 2026-08-22") from error


def _usage(data: Mapping[str, Any]) -> Usage:
    tokens = [data.get(key) for key in ("prompt_tokens", "completion_tokens")]
    if any(isinstance(n, bool) or not isinstance(n, int | None) or (n or 0) < 0 for n in tokens):
        raise DataError("'prompt_tokens' and 'completion_tokens' must be whole numbers from 0 up")
    return Usage(tokens[0] or 0, tokens[1] or 0, counted=None not in tokens)
