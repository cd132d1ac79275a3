"""Recorded answers are given back as they were, from every kind of file; bad rows are named."""

from __future__ import annotations

import asyncio
import csv
import json
from collections.abc import Mapping
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from harness.errors import ConfigError, DataError
from harness.retrieval.base import UNDATED, Passage
from harness.systems.base import Answer, Failure, Timing, Usage
from harness.systems.recording import ReplaySpec
from harness.systems.replay import ReplaySystem
from harness.world.facts import History
from harness.world.questions import Question, QuestionSet

ONE, TWO = date(2026, 1, 1), date(2026, 2, 1)
QUESTIONS = QuestionSet(Question(name, "?", History.fixed("x")) for name in ("a", "b", "c", "7"))
ROWS: list[dict[str, Any]] = [
    {
        "question_id": "a",
        "text": "any day",
        "seconds": 0.5,
        "first_token_seconds": 0.125,
        "finish_reason": "length",
        "prompt_tokens": 7,
        "completion_tokens": 3,
        "passages": [{"id": "d1", "day": "2025-08-22", "text": "one"}, {"text": "two"}],
    },
    {"question_id": "a", "text": "second\nday, “quoted”", "seconds": 1, "day": "2026-02-01"},
    {"question_id": "b", "text": None, "seconds": 9.0, "failure": "timeout", "message": "too late"},
    {"question_id": "7", "text": "", "seconds": 0.25},
]
KEYS = list(dict.fromkeys(key for row in ROWS for key in row))


def write(path: Path, rows: list[dict[str, Any]]) -> Path:
    keys = list(dict.fromkeys(key for row in rows for key in row))
    if path.suffix == ".jsonl":
        path.write_text("\n".join(map(json.dumps, rows)) + "\n\n")
    elif path.suffix == ".parquet":
        pq.write_table(pa.Table.from_pylist([{k: row.get(k) for k in keys} for row in rows]), path)
    else:
        with path.open("w", encoding="utf-8", newline="") as file:
            writer = csv.DictWriter(file, keys)
            writer.writeheader()
            writer.writerows({key: _cell(row.get(key)) for key in keys} for row in rows)
    return path


def _cell(value: object) -> object:
    return json.dumps(value) if isinstance(value, list) else value


def replay(path: Path, columns: Mapping[str, str] | None = None) -> ReplaySystem:
    return ReplaySystem("old", ReplaySpec(path, columns or {}), QUESTIONS)


def ask(system: ReplaySystem, name: str, day: date) -> Answer:
    return asyncio.run(
        system.answer(QUESTIONS[name] if name != "d" else Question("d", "?", None), day)
    )


def messages(path: Path, columns: Mapping[str, str] | None = None) -> list[str]:
    with pytest.raises(DataError) as caught:
        replay(path, columns)
    return [line.removeprefix(f"{path}:") for line in str(caught.value).splitlines()]


@pytest.mark.parametrize("suffix", [".jsonl", ".csv", ".parquet"])
def test_every_kind_of_file_gives_the_same_answers(tmp_path: Path, suffix: str) -> None:
    system = replay(write(tmp_path / f"answers{suffix}", ROWS))

    assert ask(system, "a", ONE) == Answer(
        "any day",
        (Passage("d1", date(2025, 8, 22), "one", 2), Passage("", UNDATED, "two", 1)),
        Usage(7, 3),
        Timing(first_token=0.125, decode=0.375, total=0.5),
        "length",
    )
    assert ask(system, "a", TWO).text == "second\nday, “quoted”"
    assert ask(system, "a", TWO).timing == Timing(total=1.0)
    assert not ask(system, "a", TWO).usage.counted
    assert ask(system, "b", ONE).failure == Failure("timeout", "too late")
    assert ask(system, "b", ONE).timing.total == 9.0
    assert ask(system, "7", ONE).text == ""
    assert ask(system, "c", ONE).failure == Failure(
        "missing", "no answer was recorded for this question and day"
    )


@pytest.mark.parametrize("suffix", [".jsonl", ".csv", ".parquet"])
def test_somebody_else_s_columns_are_mapped_and_the_rest_left_alone(
    tmp_path: Path, suffix: str
) -> None:
    rows = [{"id": 7, "output": "yes", "took": 2, "text": "not this", "notes": "theirs"}]
    columns = {"question_id": "id", "text": "output", "seconds": "took"}

    system = replay(write(tmp_path / f"theirs{suffix}", rows), columns)

    assert ask(system, "7", ONE) == Answer(
        "yes", usage=Usage(counted=False), timing=Timing(total=2.0)
    )


def test_a_failure_needs_neither_text_nor_seconds(tmp_path: Path) -> None:
    rows = [
        {"question_id": "a", "failure": "refused"},
        {"question_id": "b", "text": None, "message": "no reply"},
        {"question_id": "c", "text": None},
    ]
    system = replay(write(tmp_path / "answers.jsonl", [{**ROWS[3]}, *rows]))

    assert ask(system, "a", ONE).failure == Failure("refused", "the recording says that it failed")
    assert ask(system, "b", ONE).failure == Failure("recorded", "no reply")
    assert ask(system, "c", ONE).failure == Failure("recorded", "the recording says that it failed")


def test_days_of_a_parquet_file_are_days(tmp_path: Path) -> None:
    rows = [
        {"question_id": "a", "text": "x", "seconds": 1, "day": ONE},
        {"question_id": "a", "text": "y", "seconds": 1, "day": TWO},
    ]
    dated = replay(write(tmp_path / "dated.parquet", rows))
    rows = [row | {"day": datetime(row["day"].year, row["day"].month, 1)} for row in rows]  # noqa: DTZ001  (a day, wherever it is)
    timed = replay(write(tmp_path / "timed.parquet", rows))

    assert [ask(system, "a", TWO).text for system in (dated, timed)] == ["y", "y"]


GOOD = {"question_id": "a", "text": "y", "seconds": 1}
BAD: list[tuple[dict[str, Any], str]] = [
    ({"seconds": None}, "'seconds' is missing or empty"),
    ({"seconds": -1}, "'seconds' must be a number from 0 up, not -1"),
    ({"seconds": True}, "'seconds' must be a number from 0 up, not True"),
    ({"seconds": float("nan")}, "'seconds' must be a number from 0 up, not nan"),
    ({"seconds": "soon"}, "'seconds' must be a number from 0 up, not 'soon'"),
    ({"seconds": [1]}, "'seconds' must be a number from 0 up, not [1]"),
    ({"question_id": ["x"]}, "'question_id' must be a text, not ['x']"),
    ({"question_id": True}, "'question_id' must be a text, not True"),
    ({"question_id": " "}, "'question_id' is missing or empty"),
    ({"question_id": "x"}, "the suite has no question 'x'"),
    ({"text": ["y"]}, "'text' must be a text or null, not ['y']"),
    ({"dya": "1"}, "unknown key 'dya': did you mean 'day'? "),
    ({"day": "2026-13-01"}, "'2026-13-01' is no day; write it as 2025-08-22"),
    ({"day": 20260101}, "'20260101' is no day; write it as 2025-08-22"),
    ({"prompt_tokens": -1}, "'prompt_tokens' must be a number from 0 up, not -1"),
    ({"completion_tokens": 1.5}, "'completion_tokens' must be a whole number from 0 up, not 1.5"),
    ({"first_token_seconds": 2}, "'first_token_seconds' is 2, more than the 1 of the whole"),
    ({"finish_reason": 1}, "'finish_reason' must be a text, not 1"),
    ({"failure": "timeout"}, "there are a 'text' and a 'failure'; one of them must be empty"),
    ({"message": "late"}, "there is a 'message' and no 'failure' that it is about"),
]


def test_every_bad_row_is_named_at_once_with_its_line(tmp_path: Path) -> None:
    path = write(tmp_path / "answers.jsonl", [GOOD, *(GOOD | bad for bad, _ in BAD)])

    found = messages(path)

    assert len(found) == len(BAD) == 20
    for line, (message, (_, expected)) in enumerate(zip(found, BAD, strict=True), 2):
        assert message.startswith(f"{line}: {expected}")


BAD_PASSAGES = [
    ("one", "'passages' is no list in JSON: "),
    ('{"text": "one"}', "'passages' must be a list, not {'text': 'one'}"),
    ([1], "'passages' has 1 where a text or an object should stand"),
    ([{"id": "d"}], "'passages' has {'id': 'd'}, which has no 'text'"),
    ([{"txt": "one"}], "'passages' has the key 'txt': did you mean 'text'?"),
    ([{"text": "one", "id": 1.5}], "'passages' has the id 1.5, which is no text"),
    ([{"text": "one", "day": "soon"}], "'soon' is no day"),
]


def test_bad_passages_are_named_too(tmp_path: Path) -> None:
    rows = [GOOD | {"passages": cell} for cell, _ in BAD_PASSAGES]

    found = messages(write(tmp_path / "answers.jsonl", rows))

    assert len(found) == len(BAD_PASSAGES)
    for line, (message, (_, expected)) in enumerate(zip(found, BAD_PASSAGES, strict=True), 1):
        assert message.startswith(f"{line}: {expected}")


def test_of_many_bad_rows_the_first_twenty_are_shown_and_the_rest_counted(tmp_path: Path) -> None:
    rows = [{"question_id": f"old-{n}", "text": "y", "seconds": 1} for n in range(1000)]

    for suffix, first in ((".csv", 2), (".parquet", 1)):
        found = messages(write(tmp_path / f"answers{suffix}", rows))

        assert found[0] == f"{first}: the suite has no question 'old-0'"
        assert found[20:] == ["... and 980 more problems"]


@pytest.mark.parametrize("suffix", [".jsonl", ".csv", ".parquet"])
def test_an_unknown_column_is_named_once(tmp_path: Path, suffix: str) -> None:
    rows = [{"question_id": name, "text": "y", "seconds": 1, "notes": "n"} for name in "abc"]

    (message,) = messages(write(tmp_path / f"answers{suffix}", rows))

    assert "unknown key 'notes'" in message
    assert message.endswith("with columns in systems.toml, what is not mapped is left alone")


def test_a_second_answer_to_a_question_and_day_is_refused(tmp_path: Path) -> None:
    rows = [GOOD, GOOD | {"day": "2026-01-01"}, GOOD, GOOD | {"day": "2026-01-01"}]

    assert messages(write(tmp_path / "answers.jsonl", rows)) == [
        "3: a second answer to question 'a'",
        "4: a second answer to question 'a' on 2026-01-01",
    ]


def test_broken_lines_are_named_with_the_bad_rows(tmp_path: Path) -> None:
    path = tmp_path / "answers.jsonl"
    path.write_text('{"question_id": "x", "text": "", "seconds": 1}\n[1]\n{"question_id": "a"')

    assert messages(path) == [
        "1: the suite has no question 'x'",
        "2: not a JSON object",
        "3: not JSON: Expecting ',' delimiter",
    ]


@pytest.mark.parametrize("suffix", [".jsonl", ".csv", ".parquet"])
def test_a_missing_column_is_named_once(tmp_path: Path, suffix: str) -> None:
    rows = [{"question_id": name, "text": "y", "second": 1} for name in ("a", "b")]
    path = write(tmp_path / f"answers{suffix}", rows)

    with pytest.raises(DataError, match="no column 'seconds': did you mean 'second'") as caught:
        replay(path)
    assert "\n" not in str(caught.value)
    with pytest.raises(ConfigError, match=r"replay.columns: .* has no 'id' for question_id"):
        replay(path, {"question_id": "id", "seconds": "second"})


@pytest.mark.parametrize("suffix", [".jsonl", ".csv", ".parquet"])
def test_a_missing_empty_or_damaged_file_is_one_line(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"answers{suffix}"
    with pytest.raises(DataError, match="no such file"):
        replay(path)
    for content in (b"", b"PAR1\xff"):
        path.write_bytes(content)
        with pytest.raises(DataError, match=path.name) as caught:
            replay(path)
        assert "\n" not in str(caught.value)


def test_another_file_is_another_system(tmp_path: Path) -> None:
    one = replay(write(tmp_path / "one.jsonl", [GOOD]))
    same = replay(write(tmp_path / "same.jsonl", [GOOD]))
    two = replay(write(tmp_path / "two.jsonl", [GOOD | {"text": "z"}]))

    assert one.fingerprint() == same.fingerprint() != two.fingerprint()
