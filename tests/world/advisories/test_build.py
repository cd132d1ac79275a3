"""Building the advisories world: deterministic, blind to the future, clear about bad tables."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from harness.errors import DataError
from harness.world.advisories.build import build_advisories
from harness.world.advisories.histories import histories
from harness.world.advisories.source import read_source
from harness.world.facts import Timeline

HEAD = "cve,vendor,product,added,due,ransomware_use,cwes\n"
ROWS = (
    "CVE-2024-0001,Acme,Mill,2024-02-01,2024-02-22,Unknown,CWE-79\n"
    'CVE-2024-0002,Acme,Mill,2024-03-01,2024-03-22,Known,"CWE-20, CWE-787"\n'
    "CVE-2024-0003,Brick,Wall,2024-03-01,2024-03-22,Unknown,\n"
)
UNTIL = date(2025, 8, 25)
FIXTURE = Path(__file__).parents[3] / "fixtures" / "advisories"
SHARED = Path(__file__).parents[4] / "shared" / "data" / "kev"


def _table(folder: Path, text: str = HEAD + ROWS) -> Path:
    (folder / "kev.csv").write_text(text, encoding="utf-8")
    return folder


def test_the_source_is_read(tmp_path: Path) -> None:
    entries = read_source(_table(tmp_path), UNTIL)
    assert [entry.cve for entry in entries] == ["CVE-2024-0001", "CVE-2024-0002", "CVE-2024-0003"]
    assert entries[1].cwes == ("CWE-20", "CWE-787")
    assert read_source(tmp_path, date(2024, 2, 15)) == entries[:1]


@pytest.mark.parametrize(
    ("bad", "message"),
    [
        ("CVE-24-1,A,B,2024-02-01,2024-02-22,Unknown,\n", "CVE-2025-1234"),
        ("CVE-2024-9999,A,B,2024-02-31,2024-02-22,Unknown,\n", "'2024-02-31' is no day"),
        ("CVE-2024-9999,A,B,2024-02-01,2024-02-22,Maybe,\n", "not Known or Unknown"),
        ("CVE-2024-9999,,B,2024-02-01,2024-02-22,Known,\n", "vendor is empty"),
        ("CVE-2024-9999,A,B,2024-02-01,2024-02-22,Known,79\n", "CWE-79"),
        ("CVE-2024-0001,A,B,2024-02-01,2024-02-22,Known,\n", "stands there twice"),
    ],
)
def test_bad_rows_are_named(tmp_path: Path, bad: str, message: str) -> None:
    with pytest.raises(DataError, match=message) as raised:
        read_source(_table(tmp_path, HEAD + ROWS + bad), UNTIL)
    assert "kev.csv:5" in str(raised.value)


def test_priorities_and_the_newest_follow_the_days(tmp_path: Path) -> None:
    timeline = Timeline(histories(read_source(_table(tmp_path), UNTIL), UNTIL))
    known = timeline.get("CVE-2024-0002", "priority")
    other = timeline.get("CVE-2024-0001", "priority")
    newest = timeline.get("Acme", "newest_vulnerability")
    assert known is not None
    assert other is not None
    assert newest is not None
    assert [fact.value for fact in known.facts] == ["P2", "P1"]
    assert [fact.value for fact in other.facts] == ["P4", "P3", "P2"]
    assert [(f.value, f.valid_from) for f in newest.facts] == [
        ("CVE-2024-0001", date(2024, 2, 1)),
        ("CVE-2024-0002", date(2024, 3, 1)),
    ]


def test_a_table_without_entries_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="no entry"):
        build_advisories(_table(tmp_path, HEAD), UNTIL, tmp_path / "out", 1)


@pytest.mark.skipif(not SHARED.is_dir(), reason="the catalogue is not beside this checkout")
def test_the_shipped_world_is_what_the_catalogue_gives(tmp_path: Path) -> None:
    build_advisories(SHARED, UNTIL, tmp_path, 20250825)
    for name in ("facts.csv", "documents.jsonl", "questions.jsonl", "README.md", "LICENSE"):
        assert (tmp_path / name).read_bytes() == (FIXTURE / name).read_bytes()
