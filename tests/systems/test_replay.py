"""Recorded answers are given back as they were; a bad line is named."""

from __future__ import annotations

import asyncio
import json
from datetime import date
from pathlib import Path

import pytest

from harness.errors import DataError
from harness.systems.base import Answer
from harness.systems.replay import ReplaySystem
from harness.world.facts import History
from harness.world.questions import Question

ONE, TWO = date(2026, 1, 1), date(2026, 2, 1)
LINES = [
    {"question_id": "a", "text": "any day", "seconds": 0.5},
    {"question_id": "a", "text": "second day", "seconds": 1, "day": "2026-02-01"},
    {"question_id": "b", "text": None, "seconds": 9.0, "prompt_tokens": 7, "completion_tokens": 0},
]


def write(folder: Path, *lines: object) -> Path:
    path = folder / "answers.jsonl"
    path.write_text("\n".join(json.dumps(line) for line in lines) + "\n\n")
    return path


def ask(system: ReplaySystem, name: str, day: date) -> Answer:
    return asyncio.run(system.answer(Question(name, "?", History.fixed("x")), day))


def test_answers_are_found_by_question_and_day(tmp_path: Path) -> None:
    system = ReplaySystem("old", write(tmp_path, *LINES))
    assert ask(system, "a", ONE).text == "any day"
    assert ask(system, "a", TWO).text == "second day"
    assert ask(system, "a", TWO).timing.total == 1.0
    assert not ask(system, "a", ONE).usage.counted
    assert ask(system, "b", ONE).failure.kind == "recorded"
    assert ask(system, "b", ONE).usage.counted
    assert ask(system, "c", ONE).failure.kind == "missing"


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ({"question_id": "x", "text": "y"}, "the key 'seconds' is missing"),
        ({"question_id": "x", "text": "y", "seconds": 1, "dya": "1"}, "did you mean 'day'"),
        ({"question_id": 3, "text": "y", "seconds": 1}, "must be a text"),
        ({"question_id": "x", "text": ["y"], "seconds": 1}, "must be a text"),
        ({"question_id": "x", "text": "y", "seconds": -1}, "a number from 0 up"),
        ({"question_id": "x", "text": "y", "seconds": True}, "a number from 0 up"),
        ({"question_id": "x", "text": "y", "seconds": float("nan")}, "a number from 0 up"),
        ({"question_id": "x", "text": "y", "seconds": 1, "day": "2026-13-01"}, "no day"),
        ({"question_id": "x", "text": "y", "seconds": 1, "prompt_tokens": -1}, "whole numbers"),
        ({"question_id": "a", "text": "y", "seconds": 1}, "a second answer to question 'a'"),
        ([1], "not a JSON object"),
    ],
)
def test_a_bad_line_is_named(tmp_path: Path, line: object, message: str) -> None:
    path = write(tmp_path, LINES[0], line)
    with pytest.raises(DataError, match=message) as caught:
        ReplaySystem("old", path)
    assert str(caught.value).startswith(f"{path}:2: ")


def test_a_broken_or_missing_file_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "answers.jsonl"
    with pytest.raises(DataError, match="cannot read"):
        ReplaySystem("old", path)
    path.write_text('{"question_id": "a"')
    with pytest.raises(DataError, match="not JSON"):
        ReplaySystem("old", path)
