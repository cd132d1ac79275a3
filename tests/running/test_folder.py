from __future__ import annotations

import json
import os
import resource
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import fields, replace
from datetime import date
from pathlib import Path

import pytest
import scripted
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from harness.errors import RunError
from harness.retrieval.base import Passage
from harness.running.folder import RunFolder, load_run
from harness.running.journal import encode, read_lines
from harness.running.manifest import manifest_from_dict, manifest_to_dict
from harness.running.record import Record, record_from_dict, record_to_dict
from harness.systems.base import Answer, Failure, Preparation, Timing, Usage

ASKED = scripted.questions(4)
DAY = scripted.DAYS[0]


def record(question: str, text: str | None = "answer", position: int = 0) -> Record:
    answer = Answer(
        text,
        passages=(Passage("d1", DAY, "A text\nof two lines \u2028 and \U0001f600.", 0.5),),
        usage=Usage(12, 3),
        timing=Timing(retrieve=0.01, total=0.02),
        failure=None if text is not None else Failure("error", "planted"),
    )
    return Record("a", question, DAY, 0, position, "2026-08-22T00:00:00+00:00", answer)


def new_run(path: Path, *records: Record) -> Path:
    manifest = scripted.manifest(ASKED, ["a", "b"], 24)
    with RunFolder.create(path / "run", manifest, ASKED) as folder:
        for each in records:
            folder.append(each)
    return path / "run"


texts = st.text(st.characters(codec=None), max_size=40)  # lone surrogates included


@given(text=texts, passage=texts, score=st.floats(allow_nan=False, allow_infinity=False))
def test_a_record_survives_its_line(text: str, passage: str, score: float) -> None:
    answer = Answer(text, passages=(Passage("d", DAY, passage, score),))
    before = Record("a", "q0", DAY, 0, 7, "now", answer)
    line = encode(before)
    assert line.count(b"\n") == 1
    assert record_from_dict(json.loads(line)) == before


def test_a_record_s_line_has_all_its_fields() -> None:
    data = record_to_dict(record("q0", None))
    for part, its_type in (
        (data, Record),
        (data["answer"], Answer),
        (data["answer"]["passages"][0], Passage),
        (data["answer"]["usage"], Usage),
        (data["answer"]["timing"], Timing),
        (data["answer"]["failure"], Failure),
    ):
        assert set(part) == {field.name for field in fields(its_type)}


def test_a_run_is_read_as_it_was_written(tmp_path: Path) -> None:
    records = (record("q0"), record("q1", None, 1), record("q2", "x", 2))
    run = new_run(tmp_path, *records)
    loaded = load_run(run)
    assert loaded.records == records
    assert loaded.notes == ()
    assert [q.id for q in loaded.questions] == ["q0", "q1", "q2", "q3"]
    assert loaded.manifest == scripted.manifest(ASKED, ["a", "b"], 24)


def test_a_manifest_survives_json() -> None:
    before = replace(
        scripted.manifest(ASKED, ["a"], 12),
        preparations={"a": (Preparation(DAY, 1.5, 10, fingerprints={"index": "ff"}),)},
        settings={"limit": None, "systems": ["a"]},
        finished="2026-08-22T01:00:00+00:00",
        notes=("a note",),
    )
    assert manifest_from_dict(json.loads(json.dumps(manifest_to_dict(before)))) == before


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(cut=st.integers(1, 10_000))
def test_a_journal_cut_anywhere_loses_one_record_at_most(cut: int, tmp_path_factory) -> None:  # noqa: ANN001
    path = tmp_path_factory.mktemp("cut")
    run = new_run(path, record("q0"), record("q1", position=1), record("q2", position=2))
    journal = run / "records.jsonl"
    size = journal.stat().st_size
    whole = [line.offset + len(line.raw) for line in read_lines(journal)]
    kept = size - cut % size
    os.truncate(journal, kept)
    expected = sum(end <= kept for end in whole)
    torn = kept not in {0, *whole}
    loaded = load_run(run)
    assert len(loaded.records) == expected
    assert ("cut short" in "".join(loaded.notes)) == torn
    with RunFolder.open(run) as folder:
        assert len(folder) == expected
        for position, question in enumerate(("q0", "q1", "q2")):
            if ("a", question, DAY.isoformat(), 0) not in folder.done:
                folder.append(record(question, position=position))
    again = load_run(run)
    assert [r.question_id for r in again.records] == ["q0", "q1", "q2"]
    assert bool(again.notes) == torn


@pytest.mark.parametrize(
    ("damage", "problem"),
    [
        (b"\x00\x00\x00\n", "not JSON"),
        (b"\xff\xfe\n", "not JSON: not UTF-8"),
        (b"[1, 2]\n", "not a record"),
        (b'{"system": "a"}\n', "not a record: 'question_id' is missing"),
        (b"\n", "not JSON"),
    ],
)
def test_a_damaged_line_is_named_and_answered_again(
    tmp_path: Path, damage: bytes, problem: str
) -> None:
    run = new_run(tmp_path, record("q0"), record("q1", position=1), record("q2", position=2))
    journal = run / "records.jsonl"
    lines = journal.read_bytes().splitlines(keepends=True)
    journal.write_bytes(lines[0] + damage + lines[2])
    with pytest.raises(RunError, match=rf"records.jsonl:2: {problem}.*harness resume"):
        load_run(run)
    with RunFolder.open(run) as folder:
        assert {key[1] for key in folder.done} == {"q0", "q2"}
        folder.append(record("q1", "again", 1))
    loaded = load_run(run)
    assert [r.answer.text for r in loaded.records] == ["answer", "again", "answer"]
    assert any(f"records.jsonl:2: {problem}" in note for note in loaded.notes)
    assert (run / "damaged.jsonl").read_bytes() == damage


def test_no_key_is_counted_twice(tmp_path: Path) -> None:
    run = new_run(tmp_path, record("q0"), record("q1", position=1))
    with RunFolder.open(run) as folder, pytest.raises(RunError, match="journalled already"):
        folder.append(record("q0", "twice"))
    with (run / "records.jsonl").open("ab") as journal:
        journal.write(encode(record("q0", "twice")))
    loaded = load_run(run)
    assert [r.answer.text for r in loaded.records] == ["answer", "answer"]
    assert "records.jsonl:3: a second record" in loaded.notes[0]
    with RunFolder.open(run) as folder:
        assert len(folder) == 2
    assert len(list(read_lines(run / "records.jsonl"))) == 2


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"system": "c"}, "system 'c' is not in the manifest"),
        ({"question_id": "q9"}, "question 'q9' is not in questions.jsonl"),
        ({"day": date(2020, 1, 1)}, "day 2020-01-01 is not in the manifest"),
    ],
)
def test_a_record_of_another_run_is_refused(
    tmp_path: Path, change: dict[str, object], message: str
) -> None:
    run = new_run(tmp_path, replace(record("q0"), **change))
    with pytest.raises(RunError, match=f"records.jsonl:1: {message}"):
        load_run(run)


@pytest.mark.parametrize(
    ("file", "content", "message"),
    [
        ("manifest.json", "{", r"manifest.json:1: not JSON"),
        ("manifest.json", "{}", "key 'format' is missing"),
        ("manifest.json", '{"format": 99}', "format 99 is not 1"),
        ("manifest.json", "[]", "manifest.json: "),
        ("questions.jsonl", '{"id": 1}\n', "questions.jsonl:1: not a question"),
        ("questions.jsonl", "", "not the questions of this run"),
    ],
)
def test_damaged_files_are_named(tmp_path: Path, file: str, content: str, message: str) -> None:
    run = new_run(tmp_path, record("q0"))
    (run / file).write_text(content)
    with pytest.raises(RunError, match=message):
        load_run(run)


def test_what_is_no_run_is_refused(tmp_path: Path) -> None:
    with pytest.raises(RunError, match=r"is not a run: it has no manifest.json"):
        load_run(tmp_path / "nowhere")
    with pytest.raises(RunError, match="is not a run"):
        RunFolder.open(tmp_path)
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / "thesis.tex").touch()
    with pytest.raises(RunError, match="is not empty"):
        new_run(tmp_path)
    (tmp_path / "run" / "thesis.tex").unlink()
    new_run(tmp_path)  # and the refusal has let go of the folder


def test_a_second_process_is_refused_by_the_pid_of_the_first(tmp_path: Path) -> None:
    run = new_run(tmp_path, record("q0"))
    hold = (
        "import sys, pathlib; from harness.running.folder import RunFolder;"
        f"f = RunFolder.open(pathlib.Path({str(run)!r})); print('held', flush=True);"
        "sys.stdin.read()"
    )
    with subprocess.Popen(  # noqa: S603
        [sys.executable, "-c", hold], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "held\n"
        with pytest.raises(RunError, match=rf"in use by another process \(pid {holder.pid}\)"):
            RunFolder.open(run)
        load_run(run)  # reading needs no lock
        holder.send_signal(signal.SIGKILL)
    with RunFolder.open(run) as folder:
        assert len(folder) == 1
        with pytest.raises(RunError, match=rf"pid {os.getpid()}"):
            RunFolder.open(run)


@contextmanager
def full_beyond(size: int) -> Iterator[None]:
    """A bound on the size of files fails a write as a full disk does, half a line included."""
    before = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
        signal.signal(signal.SIGXFSZ, before)


def test_a_full_disk_keeps_what_was_journalled(tmp_path: Path) -> None:
    run = new_run(tmp_path, record("q0"))
    size = (run / "records.jsonl").stat().st_size
    with RunFolder.open(run) as folder:
        with (
            full_beyond(size + 100),
            pytest.raises(RunError, match=r"records.jsonl: .* is kept, .* harness resume"),
        ):
            folder.append(record("q1", position=1))
        assert (run / "records.jsonl").stat().st_size == size
        folder.append(record("q1", position=1))
    assert len(load_run(run).records) == 2
    assert load_run(run).notes == ()


def test_a_manifest_that_does_not_fit_on_the_disk_stays_what_it_was(tmp_path: Path) -> None:
    run = new_run(tmp_path, record("q0"))
    before = (run / "manifest.json").read_bytes()
    with RunFolder.open(run) as folder:
        with full_beyond(50), pytest.raises(RunError, match=r"is kept, .* harness resume"):
            folder.note("it is late")
        assert (run / "manifest.json").read_bytes() == before
        folder.note("it is late")
    assert load_run(run).notes == ("it is late",)
