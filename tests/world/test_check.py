"""Planted defects are found, each at its line, and a sound world has none."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from harness.errors import DataError
from harness.world.check import check_world

FACTS = """\
subject,attribute,value,value_type,valid_from,valid_to
Python,latest_version,3.12.0,version,2023-10-02,2023-12-07
Python,latest_version,3.12.1,version,2023-12-07,2024-02-06
Python,latest_version,3.12.2,version,2024-02-06,
"""
DOCUMENTS = [
    {
        "id": "a",
        "day": "2023-10-02",
        "text": "Python 3.12.0 is the latest version.",
        "states": [["Python", "latest_version", "3.12.0"]],
    },
    {
        "id": "b",
        "day": "2023-12-08",
        "text": "Python 3.12.1 is the latest version.",
        "states": [["Python", "latest_version", "3.12.1"]],
        "supersedes": ["a"],
    },
]


def _check(folder: Path, facts: str, documents: list[dict[str, object]] | None = None) -> list[str]:
    (folder / "facts.csv").write_text(facts)
    lines = "\n".join(map(json.dumps, DOCUMENTS if documents is None else documents))
    (folder / "documents.jsonl").write_text(lines)
    return [str(problem).removeprefix(f"{folder}/") for problem in check_world(folder)]


def test_a_sound_world_has_no_problems(tmp_path: Path) -> None:
    assert _check(tmp_path, FACTS) == []


@pytest.mark.parametrize(
    ("row", "expected"),
    [
        (
            "Python,latest_version,3.12.2,version,2024-02-06,",
            ["facts.csv:5: Python / latest_version: duplicate of line 4"],
        ),
        (
            "Python,latest_version,3.13.0,version,2024-10-07,",
            [
                "facts.csv:5: Python / latest_version: overlap: '3.13.0' begins on 2024-10-07, "
                "before the end of line 4"
            ],
        ),
        (
            "Python,latest_version,3.11.0,version,2022-10-24,2023-10-01",
            [
                "facts.csv:2: Python / latest_version: gap: no value from 2023-10-01 to "
                "2023-10-02, after line 5"
            ],
        ),
        (
            "Python,latest_version,3.12.9,version,2023-10-05,2023-11-01",
            [
                "facts.csv:5: Python / latest_version: overlap: '3.12.9' begins on 2023-10-05, "
                "before the end of line 2"
            ],
        ),
        (
            "Python,latest_version,3.12.0,version,2023-09-01,2023-10-02",
            [
                "facts.csv:2: Python / latest_version: duplicate: '3.12.0' goes on, which is no "
                "change; join it with line 5"
            ],
        ),
        (
            "Python,latest_version,3.12.3,version,2024-02-30,",
            ["facts.csv:5: '2024-02-30' is no day; write it as 2025-08-22"],
        ),
        (
            "Python,lts,no,boolean,2024-02-03,2024-02-03",
            ["facts.csv:5: valid_to 2024-02-03 does not lie after valid_from 2024-02-03"],
        ),
        ("Python,lts,,boolean,2024-10-07,", ["facts.csv:5: value is empty"]),
        (
            "Python,lts,no,boolean,07.10.2024,",
            ["facts.csv:5: '07.10.2024' is no day; write it as 2025-08-22"],
        ),
        (
            "Python,latest_version,3.11.0,text,2022-10-24,2023-10-02",
            [f"facts.csv:{line}: value_type is version, but text in line 5" for line in (2, 3, 4)],
        ),
    ],
)
def test_a_wrong_fact_is_found(tmp_path: Path, row: str, expected: list[str]) -> None:
    assert _check(tmp_path, FACTS + row + "\n") == expected


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        (
            {"states": [["Pyton", "latest_version", "3.12.1"]]},
            "states an unknown subject: 'Pyton'",
        ),
        (
            {"states": [["Python", "latest_version", "3.12.9"]]},
            "Python / latest_version: states '3.12.9', which no fact says",
        ),
        (
            {"states": [["Python", "lts", "no"]]},
            "Python / lts: states 'no', which no fact says",
        ),
        (
            {"day": "2023-12-06"},
            "Python / latest_version: states '3.12.1' on 2023-12-06, true from 2023-12-07 on",
        ),
        ({"supersedes": ["c"]}, "supersedes an unknown document: 'c'"),
        ({"supersedes": ["b"]}, "supersedes 'b', which is not an earlier document"),
        ({"id": "a", "supersedes": []}, "id 'a' stands in line 1 already"),
        ({"day": "soon"}, "'soon' is no day; write it as 2025-08-22"),
    ],
)
def test_a_wrong_document_is_found(
    tmp_path: Path, changes: dict[str, object], expected: str
) -> None:
    documents = [DOCUMENTS[0], DOCUMENTS[1] | changes]

    assert _check(tmp_path, FACTS, documents) == [f"documents.jsonl:2: {expected}"]


def test_an_overlap_with_any_earlier_fact_is_found(tmp_path: Path) -> None:
    facts = FACTS.replace("2023-10-02,2023-12-07", "2023-10-02,2025-01-01")

    assert _check(tmp_path, facts) == [
        "facts.csv:3: Python / latest_version: overlap: '3.12.1' begins on 2023-12-07, "
        "before the end of line 2",
        "facts.csv:4: Python / latest_version: overlap: '3.12.2' begins on 2024-02-06, "
        "before the end of line 2",
    ]


def test_a_document_told_twice_on_a_day_is_found(tmp_path: Path) -> None:
    again = DOCUMENTS[0] | {"id": "c"}

    assert _check(tmp_path, FACTS, [*DOCUMENTS, again]) == [
        "documents.jsonl:3: duplicate: the same text on the same day as line 1"
    ]


def test_a_document_may_not_supersede_a_later_one(tmp_path: Path) -> None:
    documents = [DOCUMENTS[0] | {"supersedes": ["b"]}, DOCUMENTS[1] | {"supersedes": []}]

    assert _check(tmp_path, FACTS, documents) == [
        "documents.jsonl:1: supersedes 'b', which is not an earlier document"
    ]


def test_a_question_whose_history_is_another_one_is_found(tmp_path: Path) -> None:
    history = {
        "subject": "Python",
        "attribute": "latest_version",
        "value_type": "version",
        "facts": [["3.12.0", "2023-10-02", None]],
    }
    rows = [
        {"question": "Which?", "history": json.dumps(history)},
        {"question": "Which?", "answer": "3.12.0"},
        {"question": ""},
    ]
    (tmp_path / "questions.jsonl").write_text("\n".join(map(json.dumps, rows)))

    assert _check(tmp_path, FACTS) == [
        "questions.jsonl:1: Python / latest_version: the history is not that of facts.csv",
        "questions.jsonl:3: question is empty",
    ]


def test_without_facts_there_is_no_world(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"facts.csv: no such file"):
        check_world(tmp_path)
