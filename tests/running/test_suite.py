from __future__ import annotations

import re
from datetime import date
from pathlib import Path

import pytest

from harness.errors import ConfigError
from harness.running.suite import built_in_suites, load_suite

GOOD = """\
title = "Mine"
days = [2026-08-22, "2025-08-22"]
systems = "systems.toml"
repeats = 2
seed = 7
gates = ["rag.stale_rate <= 10%"]

[world]
facts = "facts.csv"
documents = "documents.jsonl"

[questions]
source = "questions.csv"
columns = { question = "prompt" }
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name in ("systems.toml", "facts.csv", "documents.jsonl", "questions.csv"):
        (tmp_path / name).touch()
    return tmp_path


def write(folder: Path, text: str) -> Path:
    (folder / "suite.toml").write_text(text, encoding="utf-8")
    return folder


@pytest.mark.parametrize("name", ["suite.toml", ""])
def test_a_suite_is_read_from_its_folder_or_its_file(folder: Path, name: str) -> None:
    suite = load_suite(write(folder, GOOD) / name)
    assert suite.name == folder.name
    assert suite.title == "Mine"
    assert suite.days == (date(2025, 8, 22), date(2026, 8, 22))
    assert suite.default_days == suite.days
    assert suite.systems == folder / "systems.toml"
    assert suite.facts == folder / "facts.csv"
    assert suite.documents == folder / "documents.jsonl"
    assert suite.questions.source == folder / "questions.csv"
    assert suite.questions.columns == {"question": "prompt"}
    assert (suite.repeats, suite.seed, suite.deadline, suite.prices) == (2, 7, 120.0, None)
    assert [gate.expression for gate in suite.gates] == ["rag.stale_rate <= 10%"]
    assert suite.gates[0].where == f"{folder / 'suite.toml'}:6"


def test_a_suite_may_run_on_some_of_its_days_by_default(folder: Path) -> None:
    text = GOOD.replace("repeats = 2", "default_days = [2026-08-22]")
    assert load_suite(write(folder, text)).default_days == (date(2026, 8, 22),)
    with pytest.raises(
        ConfigError, match=r"suite\.toml:4: default_days: 2026-08-23 is none of the"
    ):
        load_suite(write(folder, text.replace("[2026-08-22]", "[2026-08-23]")))


def test_a_data_set_s_name_and_a_fixture_are_no_files_of_the_suite(folder: Path) -> None:
    text = GOOD.replace('"questions.csv"', '"someone/questions"')
    text = text.replace('"facts.csv"', '"fixture:releases/facts.csv"')
    suite = load_suite(write(folder, text))
    assert suite.questions.source == "someone/questions"
    assert suite.facts is not None
    assert suite.facts.parts[-2:] == ("releases", "facts.csv")


@pytest.mark.parametrize(
    ("old", "new", "line", "message"),
    [
        ('title = "Mine"', 'titel = "Mine"', 1, "unknown key 'titel': did you mean 'title'"),
        ("[world]", "[wordl]", 8, "unknown key 'wordl': did you mean 'world'"),
        ("facts =", "fact =", 9, "unknown key 'fact': did you mean 'facts'"),
        ("columns =", "colums =", 14, "unknown key 'colums': did you mean 'columns'"),
        ('title = "Mine"\n', "", None, "title is missing"),
        ('source = "questions.csv"\n', "", 12, "source is missing"),
        ('title = "Mine"', "title = 3", 1, "title must be a text, not 3"),
        ("repeats = 2", "repeats = true", 4, "repeats must be a whole number, not True"),
        ("repeats = 2", "repeats = 0", 4, "repeats must be at least 1, not 0"),
        ('"2025-08-22"', '"2025-02-30"', 2, "days: '2025-02-30' is no day"),
        ('"2025-08-22"', "2026-08-22", 2, "days has a day twice"),
        ('"2025-08-22"', "2026-08-22T00:00:00", 2, "is no day"),
        ('[2026-08-22, "2025-08-22"]', "[]", 2, "days is empty"),
        ('"systems.toml"', '"sytems.toml"', 3, "systems: there is no file 'sytems.toml'"),
        ('"questions.csv"', '"question.csv"', 13, "source: there is no file 'question.csv'"),
        ('"facts.csv"', '"fixture:relaeses/facts.csv"', 9, "no fixture 'relaeses/facts.csv'"),
        ('"prompt"', "3", 14, "columns.question must be a text, not 3"),
        ("{ question =", "{ qestion =", 14, "unknown key 'qestion': did you mean 'question'"),
        ("[questions]", "[questions", None, "not TOML"),
        ("repeats = 2", f"repeats = {'[' * 10_000}", None, "not TOML"),
        ('["rag.stale_rate <= 10%"]', "[1]", 6, "gates must be a list of texts or tables"),
        ('["rag.stale_rate <= 10%"]', '"x"', 6, "gates must be a list of texts or tables"),
        ('["rag.stale_rate <= 10%"]', '["a.b", "a.b"]', 6, "a second gate 'a.b'"),
        ("seed = 7", 'decoding = ["constraint"]', 5, "did you mean 'constrained'"),
        ("seed = 7", "decoding = [1]", 5, "decoding: unknown 1: valid: constrained, free"),
        ("seed = 7", 'decoding = ["free", "free"]', 5, "decoding has a word twice"),
    ],
)
def test_every_mistake_is_one_line_with_its_place(
    folder: Path, old: str, new: str, line: int | None, message: str
) -> None:
    assert old in GOOD
    with pytest.raises(ConfigError) as caught:
        load_suite(write(folder, GOOD.replace(old, new)))
    text = str(caught.value)
    assert message in text
    assert "\n" not in text
    assert text.startswith(str(folder / "suite.toml"))
    if line is not None:
        assert re.search(rf"suite.toml:{line}: ", text), text


def test_an_unknown_suite_is_named_with_the_nearest(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"no suite 'release'.*did you mean 'releases'"):
        load_suite("release")
    with pytest.raises(ConfigError, match="neither a file, nor a folder"):
        load_suite(tmp_path)


def test_every_built_in_suite_is_valid() -> None:
    assert "releases" in built_in_suites()
    for name in built_in_suites():
        assert load_suite(name).name == name
