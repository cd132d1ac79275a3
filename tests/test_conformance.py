from __future__ import annotations

import json
import os
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from harness.cli import app
from harness.conformance import report, staleness_conformance, strictness_conformance
from harness.errors import DataError

ROOT = Path(__file__).resolve().parents[1]
SHARED = Path(os.environ.get("HARNESS_SHARED_DATA", ROOT.parent / "shared" / "data"))
STALENESS = SHARED / "staleness"

MAYORS = [
    {"value": "Ada Núñez", "from": "2015-00-00", "to": "2020-05-00"},
    {"value": "Bo Lindqvist", "from": "2020-05-01", "to": None},
]
CLUBS = [
    {"value": "Blackpond Rovers F.C.", "from": None, "to": "2023-00-00"},
    {"value": "Inter Norland", "from": "2023-01-01", "to": None},
]
HISTORIES = [
    {"subject": "Town", "attribute": "mayor", "question": "Who?", "history": MAYORS},
    {"subject": "Cy Young", "attribute": None, "question": "Where?", "history": CLUBS},
]
ANSWERS = [
    ("Town", "mayor", "It is Mayor Lindqvist.", "correct"),
    ("Town", "mayor", "Ada Nunez", "outdated"),
    ("Town", "mayor", "Ada Nunez", "irrelevant"),
    ("Town", "mayor", "Ada Núñez or Bo Lindqvist", "correct"),
    ("Cy Young", None, "Blackpond Rovers", "outdated"),
    ("Cy Young", None, "Blackpond Rovers", "correct"),
    ("Cy Young", None, "Inter Norland", "correct"),
    ("Cy Young", None, "I don't know.", "irrelevant"),
]


def rows() -> list[dict[str, Any]]:
    return [
        {"model": f"m{i % 2}", "subject": s, "attribute": a, "prompt": "p", "answer": t, "label": w}
        for i, (s, a, t, w) in enumerate(ANSWERS)
    ]


def write(folder: Path, answers: list[dict[str, Any]], histories: list[dict[str, Any]]) -> Path:
    for name, records in (("answers.jsonl", answers), ("histories.jsonl", histories)):
        text = "".join(json.dumps(record) + "\n" for record in records)
        (folder / name).write_text(text, encoding="utf-8")
    return folder


def test_labels_and_classes_are_compared_as_of_the_last_day_known(tmp_path: Path) -> None:
    found = staleness_conformance(write(tmp_path, rows(), HISTORIES))
    assert found.day == date(2023, 1, 1)
    assert found.agreement.value == 6 / 8
    assert found.flips.value == 1 / 8
    assert found.confusion["correct"] == dict.fromkeys(found.confusion["correct"], 0) | {
        "current": 2,
        "mixed": 1,
        "stale": 1,
    }
    assert [one.answer.line for one in found.disagreements] == [3, 6]
    assert [one.flips for one in found.disagreements] == [False, True]
    assert found.by_model["m1"].value == 3 / 4
    earlier = staleness_conformance(tmp_path, day=date(2019, 1, 1))
    assert earlier.confusion["correct"]["premature"] == 3


def test_the_report_fits_a_terminal_and_the_json_has_everything(tmp_path: Path) -> None:
    answers = rows()
    answers[2]["answer"] = "Ada Nunez " + "\x1b[31mé " * 60
    folder = write(tmp_path, answers, HISTORIES)
    out = tmp_path / "figures.json"
    done = CliRunner().invoke(app, ["conformance", "staleness", str(folder), "--json", str(out)])
    assert done.exit_code == 0, done.output
    assert done.stdout == report(staleness_conformance(folder)) + "\n"
    assert max(map(len, done.stdout.splitlines())) <= 80
    assert "\x1b" not in done.stdout
    assert "agreement       75.00 [" in done.stdout
    figures = json.loads(out.read_text(encoding="utf-8"))
    assert figures["agreement"]["value"] == 0.75
    first = figures["disagreements"][0]
    assert (first["line"], first["class"], first["matched"]) == (3, "stale", "Ada Nunez")
    assert (first["valid_from"], first["valid_to"]) == ("2015-01-01", "2020-05-01")
    assert first["answer"][slice(*first["span"])] == "Ada Nunez"


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"label": "right"}, "answers.jsonl:1: unknown label 'right'"),
        (
            {"subject": "City"},
            "answers.jsonl:1: histories.jsonl has no history of 'City' / 'mayor'",
        ),
        ({"answer": None}, "answers.jsonl:1: 'answer' must be a text, not None"),
    ],
)
def test_a_bad_answer_is_named_with_its_line(
    tmp_path: Path, change: dict[str, Any], message: str
) -> None:
    answers = rows()
    answers[0] |= change
    with pytest.raises(DataError, match=message.replace(".", r"\.")):
        staleness_conformance(write(tmp_path, answers, HISTORIES))


def test_a_bad_history_is_named_with_its_line(tmp_path: Path) -> None:
    bad = [{**HISTORIES[0], "history": [{"value": "x", "from": "2020-13-01", "to": None}]}]
    with pytest.raises(DataError, match=r"histories\.jsonl:1: '2020-13-01' is no day"):
        staleness_conformance(write(tmp_path, rows(), bad))
    with pytest.raises(
        DataError, match=r"histories\.jsonl:2: a second history of 'Town' / 'mayor'"
    ):
        staleness_conformance(write(tmp_path, rows(), [HISTORIES[0], HISTORIES[0]]))
    with pytest.raises(DataError, match=r"answers\.jsonl: has no answers"):
        staleness_conformance(write(tmp_path, [], HISTORIES))


@pytest.mark.skipif(
    not STALENESS.is_dir(), reason=f"{STALENESS} is absent; HARNESS_SHARED_DATA may name another"
)
def test_the_classifier_agrees_with_the_labels_of_real_answers() -> None:
    found = staleness_conformance(STALENESS)
    assert len(found.judged) == 6239
    assert found.agreement.value is not None
    assert found.agreement.value >= 0.94
    assert found.kappa.value is not None
    assert found.kappa.value >= 0.91
    assert found.flips.value is not None
    assert found.flips.value <= 0.002
    assert all((one.value or 0) >= 0.92 for one in found.by_model.values())


SCHEMA = {"$schema": "http://json-schema.org/draft-07/schema#", "required": ["due"]}
DUE = {"properties": {"due": {"format": "date"}}}


def cases_file(path: Path, *rows: object) -> Path:
    file = path / "cases.jsonl"
    text = (row if isinstance(row, str) else json.dumps(row) for row in rows)
    file.write_text("\n".join(text), encoding="utf-8")
    return file


def test_instances_are_graded_in_the_draft_that_their_schema_declares(tmp_path: Path) -> None:
    labelled = [
        {"valid": True, "instance": {"due": "2026-01-01"}},
        {"valid": False, "instance": {"due": "soon"}},
        {"valid": False, "instance": {}},
        {"valid": False, "instance": {"due": "2026-01-01"}},  # a wrong label: a false accept
        {"valid": True, "instance": {"due": "2026-02-30"}},  # and a false reject
        {"valid": True, "instance": {"due": "\ud800"}},
    ]
    old = {"$schema": "http://json-schema.org/draft-04/schema", "minimum": 1}
    old["exclusiveMinimum"] = True
    file = cases_file(
        tmp_path,
        {"id": "due", "schema": SCHEMA | DUE, "cases": labelled},
        {"schema": old, "cases": [{"valid": False, "instance": 1}]},
        {"schema": {"type": "strng"}, "cases": [{"valid": True, "instance": "a"}]},
        {"schema": {"$schema": "https://example.org/mine"}, "cases": []},
        {"schema": {"$ref": "https://example.org/mine"}, "cases": []},
    )
    found = strictness_conformance(file)
    assert found.drafts == {"draft7": 6, "draft4": 1}
    assert [(case.line, case.number) for case in found.false_accepts] == [(1, 4)]
    assert [(case.line, case.number) for case in found.false_rejects] == [(1, 5), (1, 6)]
    assert found.crashes == ()
    assert found.agreement.value == pytest.approx(4 / 7)
    assert [(schema.line, schema.cases) for schema in found.refused] == [(3, 1), (4, 0), (5, 0)]
    assert "invalid at /type" in found.refused[0].reason
    assert "none of the drafts" in found.refused[1].reason
    assert "remote references" in found.refused[2].reason
    result = CliRunner().invoke(app, ["conformance", "strictness", str(file), "--json", "-"])
    assert result.exit_code == 0
    assert json.loads(result.stdout)["false_accepts"][0]["schema"] == "due"
    assert "false rejects   2" in result.stderr
    assert max(map(len, result.stderr.splitlines())) <= 80


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ("{", "line 2: not JSON"),
        ({"cases": []}, "line 2: the key 'schema' is missing"),
        ({"schema": {}}, "line 2: the key 'cases' is missing"),
        ({"schema": 1, "cases": []}, "line 2: 'schema' must be"),
        ({"schema": {}, "cases": {}}, "line 2: 'cases' must be a list"),
        ({"schema": {}, "cases": [{"instance": 1}]}, "line 2: case 1: 'valid' must be"),
        ({"schema": {}, "cases": [{"valid": True}]}, "line 2: case 1: the key 'instance'"),
    ],
)
def test_a_bad_case_is_named_with_its_line(tmp_path: Path, row: object, message: str) -> None:
    file = cases_file(tmp_path, {"schema": {}, "cases": []}, row)
    with pytest.raises(DataError) as refused:
        strictness_conformance(file)
    assert message.removeprefix("line 2: ") in str(refused.value)
    assert ":2" in str(refused.value) or "line 2" in str(refused.value)


def test_a_file_without_cases_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="has no cases"):
        strictness_conformance(cases_file(tmp_path, ""))


SCHEMAS = SHARED / "schemas" / "cases.jsonl"


@pytest.mark.skipif(
    not SCHEMAS.is_file(), reason=f"{SCHEMAS} is absent; HARNESS_SHARED_DATA may name another"
)
def test_the_ladder_agrees_with_the_labels_of_real_schemas() -> None:
    found = strictness_conformance(SCHEMAS)
    assert len(found.cases) > 1_600
    assert found.false_accepts == found.false_rejects == found.crashes == ()
    assert len(found.refused) <= 1
