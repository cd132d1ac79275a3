"""The table formats: what is written is read back, and every bad row is named."""

from __future__ import annotations

import tempfile
from datetime import date, timedelta
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.errors import DataError
from harness.world.corpus import Corpus, Document, Statement
from harness.world.facts import Fact, History, Timeline
from harness.world.loaders import load_corpus, load_facts
from harness.world.tables import VALUE_TYPES, parse_day, write_documents, write_facts

TEXTS = st.text(st.characters(codec="utf-8"), min_size=1).filter(str.strip)
DAYS = st.dates(date(1, 1, 1), date(9000, 1, 1))


ALIASES = st.lists(TEXTS.map(lambda text: text.replace("|", "").strip()).filter(bool), max_size=2)


@st.composite
def timelines(draw: st.DrawFn) -> Timeline:
    keys = draw(st.lists(st.tuples(TEXTS, TEXTS), unique=True, max_size=3))
    histories = []
    for subject, attribute in keys:
        start = draw(DAYS)
        facts = []
        for value in draw(st.lists(TEXTS, min_size=1, max_size=3)):
            end = start + timedelta(days=draw(st.integers(1, 400)))
            facts.append(Fact(subject, attribute, value, start, end, tuple(draw(ALIASES))))
            start = end
        value_type = draw(st.sampled_from(VALUE_TYPES))
        histories.append(History(subject, attribute, value_type, tuple(facts)))
    return Timeline(histories)


@st.composite
def documents(draw: st.DrawFn) -> Document:
    return Document(
        draw(TEXTS),
        draw(DAYS),
        draw(TEXTS),
        draw(TEXTS | st.just("")),
        tuple(draw(st.lists(st.builds(Statement, TEXTS, TEXTS, TEXTS), max_size=2))),
        tuple(draw(st.lists(TEXTS, max_size=2))),
    )


CORPORA = st.lists(documents(), unique_by=lambda document: document.id, max_size=4).map(Corpus)


@given(timelines())
def test_facts_are_read_back_as_they_were_written(timeline: Timeline) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "facts.csv")
        write_facts(timeline, path)
        assert list(load_facts(path)) == list(timeline)


@given(CORPORA, st.sampled_from(["documents.jsonl", "documents.jsonl.gz"]))
def test_documents_are_read_back_as_they_were_written(corpus: Corpus, name: str) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, name)
        write_documents(corpus, path)
        assert list(load_corpus(path)) == list(corpus)


def test_documents_load_from_parquet(tmp_path: Path) -> None:
    path = tmp_path / "documents.parquet"
    rows = [
        {"id": "a", "day": date(2024, 1, 2), "text": "one", "states": [["s", "p", "v"]]},
        {"id": "b", "day": date(2024, 1, 3), "text": "two", "states": None},
    ]
    pq.write_table(pa.Table.from_pylist(rows), path)

    first, second = load_corpus(path)

    assert first == Document("a", date(2024, 1, 2), "one", states=(Statement("s", "p", "v"),))
    assert second == Document("b", date(2024, 1, 3), "two")


FACTS = "subject,attribute,value,value_type,valid_from,valid_to\n"


def test_every_bad_fact_is_named_at_once(tmp_path: Path) -> None:
    path = tmp_path / "facts.csv"
    path.write_text(
        FACTS
        + "Python,latest_version,3.12.0,version,2023-10-02,\n"
        + ",latest_version,3.12.0,version,2023-10-02,\n"
        + '"Two\nlines",a,v,text,2023-02-30,\n'
        + "Python,lts, ,boolean,2023-10-02,\n"
        + "Python,lts,no,bool,2023-10-02,\n"
        + "Python,lts,no,boolean,2023-10-02,2023-10-02\n"
        + "Python,lts,no,boolean,20231002,\n"
        + "Python,lts\n"
        + "Python,latest_version,yes,boolean,2024-10-02,\n"
    )

    with pytest.raises(DataError) as caught:
        load_facts(path)

    assert str(caught.value).splitlines() == [
        f"{path}:3: subject is empty",
        f"{path}:4: '2023-02-30' is no day; write it as 2025-08-22",
        f"{path}:6: value is empty",
        f"{path}:7: unknown value_type 'bool': did you mean 'boolean'? "
        "valid: boolean, date, enum, name, number, text, version",
        f"{path}:8: valid_to 2023-10-02 does not lie after valid_from 2023-10-02",
        f"{path}:9: '20231002' is no day; write it as 2025-08-22",
        f"{path}:10: 2 cells under 6 columns",
        f"{path}:11: value_type is boolean, but version in line 2",
    ]


def test_of_many_bad_rows_the_first_twenty_are_shown_and_the_rest_counted(tmp_path: Path) -> None:
    path = tmp_path / "facts.csv"
    path.write_text(FACTS + "s,a,,text,2024-01-01,\n" * 25)

    with pytest.raises(DataError) as caught:
        load_facts(path)

    lines = str(caught.value).splitlines()
    assert lines[19] == f"{path}:21: value is empty"
    assert lines[20:] == ["... and 5 more problems"]


def test_a_missing_column_is_named_with_the_nearest_one(tmp_path: Path) -> None:
    path = tmp_path / "facts.csv"
    path.write_text("subject,atribute,value,value_type,valid_from,valid_to\n")

    with pytest.raises(DataError, match=r"facts.csv:1: no column 'attribute': did you mean 'atri"):
        load_facts(path)


def test_a_column_that_stands_there_twice_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "facts.csv"
    path.write_text("subject,attribute,value,value_type,valid_from,valid_to,value\n")

    with pytest.raises(DataError, match="two columns are named 'value'"):
        load_facts(path)


def test_facts_may_stand_in_any_order(tmp_path: Path) -> None:
    path = tmp_path / "facts.csv"
    path.write_text(FACTS + "s,a,new,text,2024-01-02,\ns,a,old,text,2024-01-01,2024-01-02\n")

    (history,) = load_facts(path)

    assert [fact.value for fact in history.facts] == ["old", "new"]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"subject,\xff\n", ":1: not UTF-8"),
        (FACTS.encode() + b"\xe9", ":2: not UTF-8"),
        (b'subject,"attribute\n', ":1: not CSV"),
        (b"", "no column 'subject'"),
    ],
)
def test_a_file_that_is_no_table_is_named(tmp_path: Path, content: bytes, message: str) -> None:
    path = tmp_path / "facts.csv"
    path.write_bytes(content)

    with pytest.raises(DataError, match=message):
        load_facts(path)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"facts.csv: no such file"):
        load_facts(tmp_path / "facts.csv")


def test_every_bad_document_is_named_at_once(tmp_path: Path) -> None:
    path = tmp_path / "documents.jsonl"
    lines = [
        '{"id": "a", "day": "2024-01-01", "text": "fine"}',
        '{"id": "a", "day": "2024-01-01", "text": "again"}',
        "",
        '{"id": "b", "day": "tomorrow", "text": "t"}',
        '{"id": "c", "day": "2024-01-01", "text": " "}',
        '{"id": "d", "day": "2024-01-01"}',
        '{"id": "e", "day": "2024-01-01", "text": "t", "stile": "x"}',
        '{"id": "f", "day": "2024-01-01", "text": "t", "states": [["s", "a"]]}',
        '{"id": "g", "day": "2024-01-01", "text": "t", "supersedes": "a"}',
        '{"id": "h", "day": "2024-01-01", "text": 7}',
        "[1]",
        '{"id"',
    ]
    path.write_text("\n".join(lines))

    with pytest.raises(DataError) as caught:
        load_corpus(path)

    assert [line.removeprefix(f"{path}:") for line in str(caught.value).splitlines()] == [
        "2: id 'a' stands in line 1 already",
        "4: 'tomorrow' is no day; write it as 2025-08-22",
        "5: text is missing or empty",
        "6: text is missing or empty",
        "7: unknown key 'stile': did you mean 'style'? "
        "valid: day, id, states, style, supersedes, text",
        "8: states has ['s', 'a'] where [subject, attribute, value] should stand",
        "9: supersedes is 'a', not a list",
        "10: text is 7",
        "11: not a JSON object",
        "12: not JSON: Expecting ':' delimiter",
    ]


@pytest.mark.parametrize("name", ["documents.parquet", "documents.jsonl.gz"])
def test_a_damaged_file_is_named(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    path.write_bytes(b"neither")

    with pytest.raises(DataError, match=name):
        load_corpus(path)


@pytest.mark.parametrize("text", ["", "2024-1-1", "2024-13-01", "2024-W01-1", "٢٠٢٤-01-01", "x"])
def test_what_is_no_day_is_refused(text: str) -> None:
    with pytest.raises(DataError, match="is no day"):
        parse_day(text)
