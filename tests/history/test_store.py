from __future__ import annotations

import os
import subprocess
import sys
import uuid
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path

import fsspec
import pytest
from making import snapshot

from harness.errors import ConfigError, RunError
from harness.history import History
from harness.history.query import query

NOW = datetime(2026, 6, 1, 3, tzinfo=UTC)


@pytest.fixture(params=["folder", "file", "memory"])
def history(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[History]:
    name = uuid.uuid4().hex
    where = {
        "folder": str(tmp_path / "history"),
        "file": f"file://{tmp_path}/history",
        "memory": f"memory://{name}/history",
    }[request.param]
    yield History(where)
    memory = fsspec.filesystem("memory")
    if memory.exists(f"/{name}"):
        memory.rm(f"/{name}", recursive=True)


def overwrite(history: History, path: str, data: bytes) -> None:
    history.storage.write(path, data)


def test_what_is_saved_is_listed_and_comes_back(history: History) -> None:
    first, second = snapshot({"rag": [True, False]}), snapshot({"rag": [False, False]}, "other")
    one, new = history.save(first, "first", now=NOW)
    two, _ = history.save(second, now=NOW)
    assert new
    assert [entry.key for entry in history.contents().entries] == ["0001_first", "0002_office"]
    assert history.contents().broken == ()
    assert history.load(one) == first
    assert history.load(two) == second
    assert one.header.saved == "2026-06-01T03:00:00+00:00"


def test_an_empty_place_has_nothing(history: History) -> None:
    assert history.contents().entries == ()
    with pytest.raises(ConfigError, match="no run is saved"):
        history.find("last")


def test_a_run_is_kept_once_under_whatever_name(history: History) -> None:
    history.save(snapshot({"rag": [True]}), "first")
    again, new = history.save(snapshot({"rag": [True]}), "second")
    assert (again.key, new) == ("0001_first", False)
    history.prune([again])
    with pytest.raises(RunError, match="harness history restore 0001_first"):
        history.save(snapshot({"rag": [True]}))


def test_a_number_is_never_given_twice_even_after_pruning(history: History) -> None:
    entry, _ = history.save(snapshot({"rag": [True]}, "a"))
    history.prune([entry])
    second, _ = history.save(snapshot({"rag": [False]}, "b"))
    assert second.number == 2
    history.restore([history.in_trash("1")])
    assert [entry.number for entry in history.contents().entries] == [1, 2]
    assert history.load(history.find("1")) == snapshot({"rag": [True]}, "a")


def test_savers_at_the_same_time_get_numbers_of_their_own(history: History) -> None:
    runs = [snapshot({"rag": [True]}, f"run{i}") for i in range(24)]
    with ThreadPoolExecutor(8) as savers:
        saved = [entry for entry, _ in savers.map(history.save, runs)]
    listed = history.contents()
    assert listed.broken == ()
    assert {entry.key for entry in listed.entries} == {entry.key for entry in saved}
    if history.storage.filesystem is None:  # a store in memory cannot be asked for one alone
        assert [entry.number for entry in listed.entries] == list(range(1, 25))


@pytest.mark.parametrize(
    ("ref", "number"),
    [("1", 1), ("0002", 2), ("night", 3), ("0001_night", 1), ("oth*", 2), ("last", 3)],
)
def test_a_run_is_found_by_number_name_both_or_pattern(
    history: History, ref: str, number: int
) -> None:
    for i, name in enumerate(("night", "other", "night")):
        history.save(snapshot({"rag": [i == 0, i == 1, i == 2]}), name)
    assert history.find(ref).number == number


def test_an_unknown_run_is_refused_with_the_nearest(history: History) -> None:
    history.save(snapshot({"rag": [True]}), "first")
    with pytest.raises(ConfigError, match="did you mean '0001_first'"):
        history.find("0001_frist")
    with pytest.raises(ConfigError, match="pin RUN"):
        history.find("pinned")


@pytest.mark.parametrize("name", ["", "last", "pinned", "12", "a/b", "../x", "a b", ".x", "x" * 81])
def test_a_name_that_could_mean_something_else_is_refused(history: History, name: str) -> None:
    with pytest.raises(ConfigError, match="cannot be named"):
        history.save(snapshot({"rag": [True]}), name)


def test_runs_that_answered_alike_are_two(history: History) -> None:
    for run_id in ("monday", "tuesday"):
        history.save(snapshot({"rag": [True]}, run_id))
    assert [entry.number for entry in history.contents().entries] == [1, 2]


def test_a_baseline_is_pinned_moved_and_kept(history: History) -> None:
    for i in range(3):
        history.save(snapshot({"rag": [i == 0, i == 1]}, suite="office" if i else "other"))
    history.pin(history.find("1"))
    history.pin(history.find("2"))
    assert [entry.pinned for entry in history.contents().entries] == [True, True, False]
    history.pin(history.find("3"))
    assert [entry.number for entry in history.contents().entries if entry.pinned] == [1, 3]
    assert history.find("pinned", "office").number == 3
    with pytest.raises(ConfigError, match="several runs"):
        history.find("pinned")
    with pytest.raises(RunError, match="pinned baseline"):
        history.prune(history.contents().entries)
    assert len(history.contents().entries) == 3


def test_a_damaged_file_is_named_and_the_others_are_read(history: History) -> None:
    for i in range(3):
        history.save(snapshot({"rag": [i == 0, i == 1] * 50}))
    path = "runs/0002_office.parquet"
    whole = history.storage.read(path)
    overwrite(history, path, whole[:-40])
    overwrite(history, "runs/notes.txt", b"mine")
    overwrite(history, "runs/0009_empty.parquet", b"")
    found = history.contents()
    assert [entry.number for entry in found.entries] == [1, 3]
    reasons = {broken.path.rpartition("/")[2]: broken.reason for broken in found.broken}
    assert "not a whole Parquet file" in reasons["0002_office.parquet"]
    assert "NUMBER_NAME" in reasons["notes.txt"]
    assert "not a whole Parquet file" in reasons["0009_empty.parquet"]
    with pytest.raises(RunError, match=r"0002_office\.parquet"):
        history.find("0002_office")
    counted = query(history, found.entries, "SELECT count(*) FROM answers")
    assert counted.rows == ((200,),)


def test_damage_behind_the_manifest_is_found_when_the_answers_are_read(history: History) -> None:
    entry, _ = history.save(snapshot({"rag": [True, False] * 50}))
    path = f"runs/{entry.key}.parquet"
    data = bytearray(history.storage.read(path))
    data[200] ^= 1
    overwrite(history, path, bytes(data))
    assert history.contents().broken == ()
    damaged = history.damaged(entry)
    assert damaged is not None
    assert entry.key in damaged.path
    with pytest.raises(RunError, match=entry.key):
        history.load(entry)


def test_a_baseline_that_is_gone_is_said_and_not_replaced(history: History) -> None:
    entry, _ = history.save(snapshot({"rag": [True]}))
    history.pin(entry)
    history.save(snapshot({"rag": [False]}))
    overwrite(history, f"runs/{entry.key}.parquet", b"PAR1")
    with pytest.raises(RunError, match=r"0001_office of office cannot be used \(not a whole"):
        history.baseline("office")


def test_pins_that_are_no_json_are_one_line(history: History) -> None:
    history.save(snapshot({"rag": [True]}))
    overwrite(history, "pins.json", b"{")
    with pytest.raises(RunError, match=r"pins\.json"):
        history.contents()


def test_all_runs_answer_one_query(history: History) -> None:
    history.save(snapshot({"rag": [True, True], "base": [True, False]}))
    history.save(snapshot({"rag": [True, False]}, "b"))
    history.pin(history.find("1"))
    found = query(
        history,
        history.contents().entries,
        "SELECT run, system, avg(is_right::int) AS r, max(pinned::int) FROM answers JOIN runs "
        "USING (number, run) GROUP BY ALL ORDER BY ALL",
    )
    assert found.columns[:3] == ("run", "system", "r")
    assert [row[:3] for row in found.rows] == [
        ("0001_office", "base", 0.5),
        ("0001_office", "rag", 1.0),
        ("0002_office", "rag", 0.5),
    ]
    figures = query(
        history,
        history.contents().entries,
        "SELECT value, low < value FROM figures WHERE metric = 'right_rate' AND system = 'base'",
    )
    assert figures.rows == ((0.5, True),)
    empty = query(history, (), "SELECT count(*) FROM answers, runs, figures")
    assert empty.rows == ((0,),)
    with pytest.raises(ConfigError, match="the query: "):
        query(history, (), "SELEKT")


def test_a_killed_saver_leaves_nothing_that_is_listed(tmp_path: Path) -> None:
    """The process dies between writing its file and giving it its name."""
    program = (
        "import os, pathlib, sys; sys.path.insert(0, sys.argv[2]); "
        "from making import snapshot; from harness.history import History; "
        "pathlib.Path.replace = lambda self, target: os._exit(9); "
        "History(sys.argv[1]).save(snapshot({'rag': [True]}))"
    )
    done = subprocess.run(  # noqa: S603  (our own program)
        [sys.executable, "-c", program, str(tmp_path), str(Path(__file__).parent)],
        check=False,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
    )
    assert done.returncode == 9
    history = History(tmp_path)
    assert history.contents().entries == ()
    assert history.contents().broken == ()
    entry, new = history.save(snapshot({"rag": [True]}))
    assert new
    assert entry.number == 2


@pytest.mark.parametrize(
    ("where", "complaint"),
    [("zzz://x", "Protocol not known"), ("nosuchpackage+s3://x", "Protocol not known")],
)
def test_a_place_that_nobody_knows_is_refused(where: str, complaint: str) -> None:
    with pytest.raises(ConfigError, match=complaint):
        History(where)


def test_a_folder_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "history").write_text("a file")
    with pytest.raises(RunError, match="history"):
        History(tmp_path / "history").save(snapshot({"rag": [True]}))
