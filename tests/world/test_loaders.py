"""Question sets load alike from every source, and every bad row is named."""

from __future__ import annotations

import csv
import io
import json
import subprocess
import sys
import tempfile
import tracemalloc
from datetime import date
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from harness.errors import ConfigError, DataError
from harness.world.facts import Fact, History
from harness.world.formats import Choice, FreeText, JsonSchema, Regex
from harness.world.loaders import load_questions
from harness.world.questions import (
    Part,
    Question,
    QuestionSet,
    history_to_dict,
    question_from_dict,
    question_to_dict,
)
from harness.world.rows import read_rows
from harness.world.tables import write_questions

ROWS: list[dict[str, Any]] = [
    {"question": "Which version?", "answer": "3.10", "choices": "", "group": "g", "id": "one"},
    {"question": "Is it, then?", "answer": "yes", "choices": "yes|no", "group": "", "id": "two"},
    {"question": "Two\nlines?", "answer": "NA", "choices": "", "group": "g", "id": "three"},
]


def _write(path: Path, rows: list[dict[str, Any]]) -> Path:
    if path.suffix == ".csv":
        with path.open("w", encoding="utf-8", newline="") as file:
            writer = csv.DictWriter(file, rows[0])
            writer.writeheader()
            writer.writerows(rows)
    elif path.suffix == ".jsonl":
        path.write_text("\n".join(map(json.dumps, rows)), encoding="utf-8")
    else:
        pq.write_table(pa.Table.from_pylist(rows), path)
    return path


def _messages(path: Path) -> list[str]:
    with pytest.raises(DataError) as caught:
        load_questions(path)
    return [line.removeprefix(f"{path}:") for line in str(caught.value).splitlines()]


@pytest.mark.parametrize("suffix", [".csv", ".jsonl", ".parquet"])
def test_the_same_rows_give_the_same_questions_from_every_kind_of_file(
    tmp_path: Path, suffix: str
) -> None:
    one, two, three = load_questions(_write(tmp_path / f"questions{suffix}", ROWS))

    assert one == Question("one", "Which version?", History.fixed("3.10"), FreeText(), "g")
    assert two.format == Choice(("yes", "no"), "Answer with one of: yes, no.")
    assert three == Question("three", "Two\nlines?", History.fixed("NA"), FreeText(), "g")


@pytest.mark.parametrize("suffix", [".csv", ".jsonl"])
def test_two_columns_are_enough(tmp_path: Path, suffix: str) -> None:
    path = _write(tmp_path / f"q{suffix}", [{"question": "Which?", "answer": "2025-08-22"}])

    (question,) = load_questions(path)

    assert question == Question("1", "Which?", History.fixed("2025-08-22"))


def test_columns_can_have_other_names(tmp_path: Path) -> None:
    path = _write(tmp_path / "q.csv", [{"prompt": "Which?", "label": "a", "question": "no"}])

    (question,) = load_questions(path, columns={"question": "prompt", "answer": "label"})

    assert question == Question("1", "Which?", History.fixed("a"))


def test_each_answer_of_a_list_is_right(tmp_path: Path) -> None:
    path = _write(tmp_path / "q.jsonl", [{"question": "Who?", "answer": ["Ada", "Lovelace"]}])

    (question,) = load_questions(path)

    assert [fact.value for fact in question.references(date(2025, 1, 1))] == ["Ada", "Lovelace"]


@pytest.mark.parametrize("suffix", [".csv", ".jsonl"])
def test_a_question_that_nothing_answers_says_so(tmp_path: Path, suffix: str) -> None:
    rows = [
        {"question": "Who?", "answer": "", "answerable": "false"},
        {"question": "What?", "answer": "that", "answerable": "true"},
    ]

    first, second = load_questions(_write(tmp_path / f"q{suffix}", rows))

    assert first.history is None
    assert second.history is not None


def test_a_format_may_be_json_text(tmp_path: Path) -> None:
    schema = {"type": "object", "properties": {"value": {"const": None}}}
    data = json.dumps({"kind": "json", "name": "n", "schema": schema, "draft": "draft7"})
    path = _write(tmp_path / "q.csv", [{"question": "Which?", "answer": "a", "format": data}])

    (question,) = load_questions(path)

    assert question.format == JsonSchema("n", schema, "draft7")


def test_a_question_set_is_read_back_as_it_was_written(tmp_path: Path) -> None:
    history = History(
        "Python",
        "latest_release_date",
        "date",
        (
            Fact("Python", "latest_release_date", "2023-10-02", date(2023, 10, 2), date.max),
            Fact("Python", "latest_release_date", "2023-12-07", date(2023, 12, 7)),
        ),
    )
    schema = {"type": "object", "properties": {"value": {"enum": [None, "a"], "default": None}}}
    written = QuestionSet(
        [
            Question("1", "2025-08-22", history, JsonSchema("n", schema), "g", "k", ("t", "u")),
            Question("2", "2025-08-23", None, Regex(r"\d+"), tags=("unanswerable",)),
            Question("3", "2025-08-24", history, Choice(("2023-10-02", "2023-12-07"), "One.")),
            Question(
                "4", "2025-08-25", History("s", "a", "text", history.facts[:0]), FreeText("!")
            ),
        ][:3]
    )
    write_questions(written, tmp_path / "questions.jsonl")

    read = load_questions(tmp_path / "questions.jsonl")

    assert list(read) == list(written)
    assert read.fingerprint() == written.fingerprint()


DUE = History(
    "It",
    "due",
    "date",
    (
        Fact("It", "due", "2025-08-22", date(2025, 1, 1), date(2025, 7, 1)),
        Fact("It", "due", "2025-09-22", date(2025, 7, 1), None, ("in a month",)),
    ),
)


def test_parts_are_read_back_as_they_were_written(tmp_path: Path) -> None:
    form = JsonSchema("ticket", {"type": "object"}, value_pointer="/product")
    parts = (Part("/due", DUE), Part("/affected/0/v~1w", History("It", "w", "text", ())))
    answer = History.fixed("Windows")
    # The rows of one file have the same columns, whether the first of them has parts or not.
    written = QuestionSet(
        [
            Question("1", "Which?", answer, form),
            Question("2", "Which ticket?", answer, form, parts=parts),
            Question("3", "Which text?", answer),
        ]
    )
    path = tmp_path / "questions.jsonl"
    write_questions(written, path)

    read = load_questions(path)

    assert list(read) == list(written)
    assert read.fingerprint() == written.fingerprint()

    write_questions(QuestionSet(list(written)[::2]), path)
    assert "parts" not in path.read_text()
    assert list(load_questions(path)) == list(written)[::2]


def _part_row(**cells: str) -> dict[str, str]:
    """A row that asks for a ticket in JSON with a due day, but for what `cells` say."""
    form = json.dumps({"kind": "json", "name": "n", "schema": {}})
    return {"question": "q", "answer": "a", "format": form, "parts": _parts("/due")} | cells


def _parts(*pointers: object, **changes: object) -> str:
    history = {"subject": "It", "attribute": "due", "value_type": "date", "facts": []} | changes
    return json.dumps([[pointer, history] for pointer in pointers])


def test_parts_load_from_a_table_that_somebody_wrote(tmp_path: Path) -> None:
    facts = [["2025-08-22", "2025-01-01", None]]
    row = _part_row(parts=_parts("/due", "/then", facts=facts))

    (question,) = load_questions(_write(tmp_path / "q.csv", [row]))

    assert [part.pointer for part in question.parts] == ["/due", "/then"]
    assert question.parts[0].history.current(date(2026, 1, 1))[0].value == "2025-08-22"


BAD_PARTS = [
    (_part_row(parts="[["), "parts cannot be read: JSONDecodeError"),
    (_part_row(parts="5"), "parts cannot be read: TypeError"),
    (_part_row(parts='{"/due": {}}'), "parts cannot be read: ValueError"),
    (_part_row(parts='[["/due", {}]]'), "parts cannot be read: KeyError('subject')"),
    (_part_row(parts=_parts("/due", facts=[["a", "soon", None]])), "parts cannot be read: Value"),
    (_part_row(parts=_parts("due")), "parts: 'due' is no JSON pointer; write it as /due"),
    (_part_row(parts=_parts("")), "parts: '' is no JSON pointer; write it as /due"),
    (_part_row(parts=_parts(5)), "parts: 5 is no JSON pointer; write it as /due"),
    (_part_row(parts=_parts("/a", "/due", "/a")), "parts has a pointer twice"),
    (
        _part_row(parts=_parts("/due", value_type="dat")),
        "unknown value_type 'dat': did you mean 'date'? ",
    ),
    (
        _part_row(parts=_parts("/due", facts=[["a", "2025-01-02", "2025-01-01"]])),
        "It / due: value 'a' ends on 2025-01-01, not after it begins on 2025-01-02",
    ),
    (_part_row(format=""), "there are parts, which only an answer in JSON has"),
    (_part_row(format='{"kind": "regex", "pattern": "a"}'), "there are parts, which only an"),
]


def test_every_bad_part_is_named_at_once(tmp_path: Path) -> None:
    messages = _messages(_write(tmp_path / "q.csv", [row for row, _ in BAD_PARTS]))

    assert len(messages) == len(BAD_PARTS)
    for line, (message, (_, expected)) in enumerate(zip(messages, BAD_PARTS, strict=True), 2):
        assert message.startswith(f"{line}: {expected}")


BAD_ROWS = [
    ({"answer": ""}, "answer is empty; say answerable = false where nothing answers the question"),
    ({"question": " "}, "question is empty"),
    ({"choices": "yes|no"}, "answer 'a' is none of the choices: yes, no"),
    ({"choices": "a|a"}, "choices has fewer than two options"),
    ({"choices": "a|b", "format": "text"}, "format is text, yet there are choices"),
    ({"format": "choice"}, "choices has fewer than two options"),
    ({"format": "jsn"}, "unknown format 'jsn': valid: choice, text"),
    ({"format": "json"}, "format 'json' needs more than its name; write it as JSON text"),
    ({"format": "{"}, "format is not JSON: Expecting property name enclosed in double quotes"),
    ({"format": '{"kind": "jsn"}'}, "unknown output format 'jsn': did you mean 'json'? "),
    ({"answerable": "false"}, "answerable is false, yet there is an answer"),
    ({"answerable": "maybe"}, "answerable is 'maybe': valid: false, true"),
    ({"value_type": "versoin"}, "unknown value_type 'versoin': did you mean 'version'? "),
    ({"history": "{}"}, "there is an answer and a history; one of them must be empty"),
    ({"answer": "", "history": "{}"}, "history cannot be read: KeyError('subject')"),
    ({"id": "first"}, "id 'first' stands in line 2 already"),
]


def test_every_bad_row_is_named_at_once(tmp_path: Path) -> None:
    empty = dict.fromkeys(("choices", "format", "answerable", "value_type", "history", "id"), "")
    good = empty | {"question": "q", "answer": "a", "id": "first"}
    rows = [good, *(good | {"id": ""} | bad for bad, _ in BAD_ROWS)]

    messages = _messages(_write(tmp_path / "q.csv", rows))

    assert len(messages) == len(BAD_ROWS)
    for line, (message, (_, expected)) in enumerate(zip(messages, BAD_ROWS, strict=True), 3):
        assert message.startswith(f"{line}: {expected}")


def test_malformed_lines_are_named_together_with_wrong_rows(tmp_path: Path) -> None:
    path = tmp_path / "q.jsonl"
    lines = [
        b'{"question": "q", "answer": "a"}',
        b'{"ques',
        b"",
        b"[]",
        b'{"question": "q", "answer": ""}',
        b'{"question": "caf\xe9", "answer": "a"}',
        b'{"question": "q", "answer": "a", "format": {"kind": "text"}}',
        b'{"question": ' + b"[" * 100_000,
    ]
    path.write_bytes(b"\r\n".join(lines))

    assert [message.split("; ")[0] for message in _messages(path)] == [
        "2: not JSON: Unterminated string starting at",
        "4: not a JSON object",
        "5: answer is empty",
        "6: not UTF-8: invalid continuation byte",
        "7: a cell has {'kind': 'text'} where a text should stand",
        "8: not JSON: nested too deeply",
    ]


def test_the_line_of_a_row_counts_lines_within_cells(tmp_path: Path) -> None:
    path = tmp_path / "q.csv"
    path.write_text('question,answer\n"two\nlines",a\n\nq,\nq\n"never closed,a\nq,a\n')

    assert [message.split("; ")[0] for message in _messages(path)] == [
        "5: answer is empty",
        "6: 1 cells under 2 columns",
        "7: not CSV: unexpected end of data",
    ]


def test_cells_of_one_column_may_differ_in_type_and_stay_what_they_are(tmp_path: Path) -> None:
    rows = [{"question": "q", "answer": answer} for answer in ("3.10", ["a", "b"], 7, True)]

    questions = load_questions(_write(tmp_path / "q.jsonl", rows))

    answers = [[fact.value for fact in q.references(date(2025, 1, 1))] for q in questions]
    assert answers == [["3.10"], ["a", "b"], ["7"], ["true"]]


@pytest.mark.parametrize("suffix", [".csv", ".jsonl"])
def test_a_byte_order_mark_is_no_part_of_the_first_name(tmp_path: Path, suffix: str) -> None:
    path = _write(tmp_path / f"q{suffix}", [{"question": "Which?", "answer": "a"}])
    path.write_bytes(b"\xef\xbb\xbf" + path.read_bytes())

    (question,) = load_questions(path)

    assert question.text == "Which?"


def test_of_a_parquet_file_columns_are_checked_and_rows_counted(tmp_path: Path) -> None:
    rows = [
        {"id": n, "prompt": "Which?", "label": "" if n % 1000 == 7 else "a"} for n in range(2050)
    ]
    path = _write(tmp_path / "q.parquet", rows)

    with pytest.raises(ConfigError, match=r"has no 'lable' for answer: did you mean 'label'"):
        load_questions(path, columns={"question": "prompt", "answer": "lable"})
    with pytest.raises(DataError) as caught:
        load_questions(path, columns={"question": "prompt", "answer": "label"})

    places = [line.split(": ")[0] for line in str(caught.value).splitlines()]
    assert places == [f"{path}:{row}" for row in (8, 1008, 2008)]


def test_days_and_numbers_of_a_parquet_file_are_read_as_text(tmp_path: Path) -> None:
    day = date(2025, 8, 22)
    rows = [{"id": 1, "question": "When?", "answer": day, "tags": ["a", "b"]}]
    path = tmp_path / "q.parquet"
    for kind in (pa.date32(), pa.timestamp("ns")):
        table = pa.Table.from_pylist(rows)
        column = table["answer"].cast(kind)
        pq.write_table(table.set_column(2, "answer", column), path)

        (question,) = load_questions(path)

        assert question == Question("1", "When?", History.fixed("2025-08-22"), tags=("a", "b"))


def test_questions_that_say_the_same_share_it(tmp_path: Path) -> None:
    form = json.dumps({"kind": "json", "name": "n", "schema": {"type": "object"}})
    history = json.dumps(history_to_dict(DUE))
    row = {"question": "q", "format": form, "history": history, "kind": "k", "tags": ["a", "b"]}
    written = list(load_questions(_write(tmp_path / "q.jsonl", [row, row])))
    read = [question_from_dict(json.loads(json.dumps(question_to_dict(q)))) for q in written]

    for one, two in (written, read):
        assert one.format is two.format
        assert one.kind is two.kind
        assert one.tags is two.tags
        assert one.history == two.history == DUE
    assert written[0].history is written[1].history
    assert read == written


def test_a_question_takes_no_more_memory_than_its_own_texts_and_a_little(tmp_path: Path) -> None:
    schema = {"type": "object", "properties": {f"p{n}": {"type": "string"} for n in range(40)}}
    form = json.dumps({"kind": "json", "name": "n", "schema": schema})
    rows = [
        {"id": f"q{n}", "question": f"What is {n}?", "answer": f"it is {n}", "format": form}
        for n in range(4000)
    ]
    path = _write(tmp_path / "q.jsonl", rows)
    load_questions(path)  # what is loaded once and kept

    tracemalloc.start()
    try:
        questions = load_questions(path)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()

    assert peak / len(questions) < 1000


def test_a_row_is_read_when_it_is_asked_for(tmp_path: Path) -> None:
    # Unread rows would show in memory only: so a row that no reader has come to is changed.
    path = tmp_path / "rows.jsonl"
    size = io.DEFAULT_BUFFER_SIZE
    path.write_text("".join('{"n": "%s"}\n' % ("x" * size) for _ in range(8)))
    rows = iter(read_rows(path, {"n"}).rows)

    assert next(rows)[0] == 1
    with path.open("r+") as file:
        file.seek(0, io.SEEK_END)
        file.write('{"n": "late"}\n')

    assert [(line, row["n"]) for line, row in rows][-1] == (9, "late")


@pytest.mark.parametrize(
    ("columns", "message"),
    [
        ({"qestion": "prompt"}, "columns: unknown key 'qestion': did you mean 'question'?"),
        ({"question": "promt"}, r"columns: .*q.csv has no 'promt' for question: did you mean 'pro"),
    ],
)
def test_a_wrong_mapping_is_named(tmp_path: Path, columns: dict[str, str], message: str) -> None:
    path = _write(tmp_path / "q.csv", [{"prompt": "q", "answer": "a"}])

    with pytest.raises(ConfigError, match=message):
        load_questions(path, columns=columns)


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ({"qestion": "q", "answer": "a"}, "no column 'question': did you mean 'qestion'?"),
        ({"question": "q", "anser": "a"}, "no column 'answer': did you mean 'anser'?"),
    ],
)
def test_a_missing_column_is_named(tmp_path: Path, row: dict[str, str], message: str) -> None:
    with pytest.raises(DataError, match=message):
        load_questions(_write(tmp_path / "q.csv", [row]))


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("q.csv", "", "has no rows|no column"),
        ("q.csv", "question,answer\n", "has no rows"),
        ("q.jsonl", "\n", "has no rows"),
        ("q.parquet", "neither", "q.parquet: not Parquet: "),
        ("q.txt", "question,answer\n", "a question set ends in .csv, .jsonl, .parquet"),
    ],
)
def test_a_file_without_questions_is_named(
    tmp_path: Path, name: str, content: str, message: str
) -> None:
    path = tmp_path / name
    path.write_text(content)

    with pytest.raises(DataError, match=message):
        load_questions(path)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"q.csv: no such file"):
        load_questions(str(tmp_path / "q.csv"))


def test_a_data_set_that_the_hub_does_not_give_is_a_clear_error(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    # Without a network the client would try again for half a minute; offline it says so at once.
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    monkeypatch.setattr("datasets.config.HF_HUB_OFFLINE", True)

    with pytest.raises(
        DataError, match=r"^nobody/nothing: cannot be loaded: .*nobody/nothing"
    ) as e:
        load_questions("nobody/nothing")

    assert "\n" not in str(e.value)


def test_loading_leaves_nothing_behind_and_prints_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "temporary"))
    monkeypatch.setattr("datasets.config.HF_DATASETS_CACHE", str(tmp_path / "cache"))
    (tmp_path / "temporary").mkdir()
    path = _write(tmp_path / "q.csv", ROWS)

    load_questions(path)

    assert sorted(p.name for p in tmp_path.rglob("*")) == ["q.csv", "temporary"]
    assert capfd.readouterr() == ("", "")


def test_what_is_heavy_is_imported_only_when_it_is_needed(tmp_path: Path) -> None:
    code = (
        "import sys, harness.world.loaders, harness.world.check, harness.world.releases.build\n"
        "for path in sys.argv[1:]: harness.world.loaders.load_questions(path)\n"
        "print(*{'datasets', 'numpy', 'pandas', 'pyarrow', 'torch'} & set(sys.modules))"
    )
    files = [_write(tmp_path / name, ROWS) for name in ("q.csv", "q.jsonl")]
    done = subprocess.run(  # noqa: S603 - our own interpreter and code
        [sys.executable, "-c", code, *files], check=True, capture_output=True, text=True
    )

    assert not done.stdout.strip()
