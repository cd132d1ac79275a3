"""The comparison of tools measures what a tool does, and says what cannot be measured of it."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest
from rich.console import Console

sys.path.insert(0, str(Path(__file__).parent / "benchmarks"))

from bench_suite import prompts, write_suite
from peers.grid import NOT_MEASURED, notes, rows, table, to_dict
from peers.installing import Installed, InstallError, install
from peers.main import compare, main
from peers.measures import MEASURES, Sizes
from peers.tools import TOOLS, Tool
from runner.rows import Row
from stub_plan import Behaviour, fate, prompt_hash

HERE = Path(__file__).parent
ADAPTERS = HERE / "benchmarks" / "peers" / "adapters"
FAKE = Tool("fake", HERE / "fake_peer.py", lacks={"first_token": "it reports none"})
SMALL = Sizes(few=10, many=20, rounds=1, starts=1, memory=10, latency=20, faults=200, kill=120)
QUIET = Console(quiet=True)


def fake(mood: str = "") -> Installed:
    environment = {"PYTHONPATH": str(ADAPTERS), "FAKE_PEER": mood}
    return Installed(FAKE, Path(sys.executable), environment, "0")


def figures(name: str, tool: Installed) -> dict[str, Row]:
    return {row.what.partition(": ")[2]: row for row in rows(name, tool, SMALL)}


def text_of(columns: dict[str, list[Row]]) -> str:
    console = Console(width=200)
    with console.capture() as text:
        console.print(table(columns))
    return text.get()


def test_scores_are_compared_with_what_was_planted() -> None:
    honest, proud = figures("cpu", fake()), figures("cpu", fake("proud"))

    assert honest["scores that are not as planted"].measured == 0
    assert proud["scores that are not as planted"].measured == 2 + 4
    assert honest["a question beyond the first 500"].measured is not None


def test_memory_is_that_of_the_tool_alone() -> None:
    peak = figures("memory", fake())["peak of the largest process"].measured

    assert peak is not None
    assert 80 <= peak < 140


def test_a_start_is_measured_before_anything_is_answered() -> None:
    (row,) = rows("startup", fake(), SMALL)

    assert row.measured is not None
    assert row.measured > 0


def test_what_a_tool_says_of_its_requests_is_held_against_the_server() -> None:
    for row in rows("latency", fake(), SMALL):
        assert row.measured is not None
        assert row.measured >= 1_000_000
        assert row.met is False


def test_a_tool_that_tries_nothing_again_lacks_the_faulty_answers(tmp_path: Path) -> None:
    found = figures("faults", fake())

    faulty = Behaviour(failing=0.05, limited=0.05, dropped=0.02)
    asked = prompts(write_suite(tmp_path / "suite", "", questions=SMALL.faults))
    unanswered = [fate(faulty, text, prompt_hash(text), 1).outcome != "answered" for text in asked]
    assert sum(unanswered) > 0
    assert found["questions without an answer"].measured == sum(unanswered)
    assert found["run lost"].measured == 0
    assert found["tried again before Retry-After"].measured == 0


def test_a_run_that_fails_under_faults_is_lost() -> None:
    found = figures("faults", fake("broken"))

    assert found["run lost"].measured == 1
    assert found["run lost"].note.endswith("nothing works today")
    assert found["questions without an answer"].measured == SMALL.faults


def test_a_killed_run_is_resumed_and_loses_nothing() -> None:
    found = figures("kill", fake())

    assert found["questions without an answer"].measured == 0
    assert found["questions asked again"].met


@pytest.mark.parametrize("name", set(MEASURES) - {"faults", "first_token"})
def test_a_measure_that_fails_says_what_the_tool_said_last(name: str) -> None:
    found = rows(name, fake("broken"), SMALL)

    assert [row.what for row in found] == [figure.what for figure in MEASURES[name].figures]
    assert all(row.measured is None and "nothing works today" in row.note for row in found)


def test_a_measure_that_a_tool_has_not_is_said_once() -> None:
    columns = {"fake": rows("first_token", fake(), SMALL)}

    assert text_of(columns).count(NOT_MEASURED) == 3
    assert list(notes(columns)) == [f"fake, first token: {NOT_MEASURED}: it reports none"]


def test_a_tool_that_cannot_be_installed_is_a_column_that_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    absent = Tool("absent", FAKE.adapter, "npm", ("absent",))

    columns, versions = compare([absent], ["kill", "startup"], tmp_path, SMALL, QUIET)

    assert versions == {"absent": "not installed: npm is not there"}
    assert text_of(columns).count(NOT_MEASURED) == 3
    assert json.loads(json.dumps(to_dict(columns)))["absent"][0]["measured"] is None


def test_a_folder_that_cannot_be_made_is_told_in_a_line(tmp_path: Path) -> None:
    (tmp_path / "file").touch()

    with pytest.raises(InstallError, match=r"-m venv .*failed: ") as caught:
        install(Tool("absent", FAKE.adapter, "pip", ("absent",)), tmp_path / "file")

    assert "\n" not in str(caught.value)


def test_the_table_marks_what_is_beyond_the_bound() -> None:
    columns = {"a": [Row("x: y", 2.0, "s", 3.0)], "b": [Row("x: y", 4.0, "s", 3.0)]}

    last = text_of(columns).splitlines()[-1]
    assert " ".join(last.split()) == "x: y 3.000 s 2.000 s 4.000 s *"


def test_names_that_are_neither_tool_nor_measure_are_refused(
    capsys: pytest.CaptureFixture[str],
) -> None:
    with pytest.raises(SystemExit):
        main(["harness", "cpus", "--quick"])

    assert "unknown cpus; valid: harness, inspect-ai" in capsys.readouterr().err


def test_every_tool_has_an_adapter_and_says_how_it_is_used() -> None:
    for name, tool in TOOLS.items():
        assert tool.adapter.is_file(), name
        assert tool.note, name
        assert set(tool.lacks) <= set(MEASURES), name
