"""Files that would fill the memory, or run code, are refused by name; large honest ones are read."""

from __future__ import annotations

import gzip
import json
import pickle
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from harness.errors import DataError
from harness.world.loaders import load_corpus, load_questions

MEGABYTE = 1_000_000
MEMORY = 2_000 * MEGABYTE
READ = """\
import resource, sys
from pathlib import Path
resource.setrlimit(resource.RLIMIT_AS, ({memory}, {memory}))
from harness.errors import DataError
from harness.world import loaders
try:
    getattr(loaders, sys.argv[1])(Path(sys.argv[2]))
except DataError as error:
    print(error)
"""


def read(loader: str, path: Path) -> str:
    """What is said of a file, by a process that has not much memory."""
    done = subprocess.run(  # noqa: S603  (our own program)
        [sys.executable, "-c", READ.format(memory=MEMORY), loader, str(path)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    (line,) = done.stdout.splitlines()
    return line


def repeated(text: str, count: int) -> pa.DictionaryArray:
    return pa.DictionaryArray.from_arrays(pa.array([0] * count, pa.int32()), pa.array([text]))


def parquet(path: Path, **columns: object) -> Path:
    pq.write_table(pa.table(columns), path, compression="zstd", use_dictionary=["question"])
    return path


def test_a_text_that_is_repeated_in_every_row(tmp_path: Path) -> None:
    long = repeated("x" * MEGABYTE, 100_000)
    path = tmp_path / "questions.parquet"
    pq.write_table(pa.table({"question": long, "answer": long}), path)
    assert path.stat().st_size < 200_000
    told = f"{path}: unpacks to more than 1,000 times its size; is it what it seems to be?"
    assert read("load_questions", path) == told


def test_a_text_that_is_repeated_within_lists(tmp_path: Path) -> None:
    texts = repeated("x" * MEGABYTE, 50_000)
    lists = pa.ListArray.from_arrays(pa.array(range(50_001), pa.int32()), texts)
    path = tmp_path / "questions.parquet"
    pq.write_table(pa.table({"question": ["q"] * 50_000, "answer": lists}), path)
    assert "unpacks to more than 1,000 times its size" in read("load_questions", path)


@pytest.mark.parametrize(
    "answer",
    [[[0] * 10_000_000], ["x" * 300 * MEGABYTE]],
    ids=["a list of many numbers", "a text of one letter"],
)
def test_a_cell_that_was_packed_well(tmp_path: Path, answer: Sequence[object]) -> None:
    path = parquet(tmp_path / "questions.parquet", question=["q"], answer=answer)
    assert path.stat().st_size < 2 * MEGABYTE
    assert "unpacks to more than 1,000 times its size" in read("load_questions", path)


def test_documents_in_parquet_are_checked_too(tmp_path: Path) -> None:
    path = tmp_path / "documents.parquet"
    table = {"id": [str(n) for n in range(9_000)], "day": ["2025-01-01"] * 9_000}
    pq.write_table(pa.table({**table, "text": repeated("x" * MEGABYTE, 9_000)}), path)
    assert "unpacks to more than 1,000 times its size" in read("load_corpus", path)


def packed(path: Path, line: bytes, times: int) -> Path:
    with gzip.open(path, "wb", 9) as file:
        for _ in range(times):
            file.write(line)
    return path


def test_one_line_of_a_gigabyte(tmp_path: Path) -> None:
    path = packed(tmp_path / "documents.jsonl.gz", b"x" * MEGABYTE, 1_000)
    assert read("load_corpus", path) == f"{path}:1: a line of more than 16 MB"
    plain = tmp_path / "questions.jsonl"
    plain.write_bytes(b'{"question": "q", "answer": "a"}\n' + b"x" * 17 * MEGABYTE)
    assert read("load_questions", plain) == f"{plain}:2: a line of more than 16 MB"


def test_many_lines_that_were_one_when_they_were_packed(tmp_path: Path) -> None:
    path = packed(tmp_path / "documents.jsonl.gz", b" " * MEGABYTE + b"\n", 300)
    assert "unpacks to more than 250 times its size" in read("load_corpus", path)


def test_large_honest_files_are_read(tmp_path: Path) -> None:
    rows = 20_000
    table = {
        "question": [f"What is number {number}?" for number in range(rows)],
        "answer": [str(number) for number in range(rows)],
        "format": ['{"kind": "text", "instruction": "' + "x" * 2_000 + '"}'] * rows,
        "tags": [["all", f"t{number % 7}"] for number in range(rows)],
    }
    assert len(load_questions(parquet(tmp_path / "questions.parquet", **table))) == rows
    documents = [
        {"id": str(number), "day": "2025-01-01", "text": f"Number {number} is out. " * 100}
        for number in range(rows)
    ]
    path = tmp_path / "documents.jsonl.gz"
    path.write_bytes(gzip.compress("\n".join(map(json.dumps, documents)).encode()))
    assert len(load_corpus(path)) == rows


class Intruder:
    """Writes a file when it is unpickled."""

    def __init__(self, marker: Path) -> None:
        self.marker = marker

    def __reduce__(self) -> tuple[object, ...]:
        return Path.touch, (self.marker,)


def test_nothing_is_unpickled(tmp_path: Path) -> None:
    marker = tmp_path / "ran"
    data = pickle.dumps(Intruder(marker))
    kind = {
        "ARROW:extension:name": "arrow.py_extension_type",
        "ARROW:extension:metadata": data,
    }
    column = pa.field("answer", pa.string(), metadata=kind)
    table = pa.table([["q"], ["a"]], schema=pa.schema([pa.field("question", pa.string()), column]))
    path = tmp_path / "questions.parquet"
    pq.write_table(table, path)
    assert [question.text for question in load_questions(path)] == ["q"]
    for suffix in (".csv", ".jsonl", ".parquet", ".pkl"):
        path = tmp_path / f"pickled{suffix}"
        path.write_bytes(data)
        with pytest.raises(DataError):
            load_questions(path)
    assert not marker.exists()
    pickle.loads(data)  # noqa: S301  (to see that it would have)
    assert marker.exists()


@pytest.mark.parametrize(
    "cell",
    [
        "[" * 100_000,
        '{"kind": ' + "[" * 100_000,
        '{"kind": ["json"]}',
        '{"kind": "choice", "options": 5}',
        '{"kind": "json", "name": "n", "schema": ' + '{"not": ' * 50_000 + "{}" + "}" * 50_001,
    ],
    ids=["list", "deep kind", "kind is a list", "options are a number", "deep schema"],
)
def test_a_format_that_cannot_be_read_is_named_by_its_line(tmp_path: Path, cell: str) -> None:
    path = tmp_path / "questions.jsonl"
    path.write_text(json.dumps({"question": "q", "answer": "a", "format": cell}) + "\n")
    with pytest.raises(DataError, match=r"questions\.jsonl:1: ") as refused:
        load_questions(path)
    assert len(str(refused.value)) < 200_000


@pytest.mark.parametrize("column", ["history", "parts"])
def test_a_cell_that_is_nested_without_end_is_named_by_its_line(
    tmp_path: Path, column: str
) -> None:
    row = {"question": "q", "answer": "a", column: "[" * 100_000}
    path = tmp_path / "questions.jsonl"
    path.write_text(json.dumps(row) + "\n")
    with pytest.raises(DataError, match=rf"questions\.jsonl:1: .*{column}"):
        load_questions(path)
