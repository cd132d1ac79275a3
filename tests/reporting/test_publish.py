"""A folder of reports, its index and its feed."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import html5lib
import pytest
from defusedxml import ElementTree
from planted import planted_run

from harness.errors import ConfigError, RunError
from harness.reporting import write_report
from harness.reporting.publish import publish

ATOM = "{http://www.w3.org/2005/Atom}"
HOSTILE = "</title><script>alert(1)</script>\"'&\u202e\ufffe]]>"


def report(path: Path, created: str, run_id: str = "run", title: str = "A suite") -> Path:
    run, results = planted_run(questions=2, days=1, systems=2)
    manifest = replace(run.manifest, created=created, run_id=run_id, title=title)
    return write_report(replace(run, manifest=manifest), results, path)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    report(tmp_path / "old" / "report.html", "2026-01-05T10:00:00+00:00", "one")
    report(tmp_path / "new one.html", "2026-08-22T12:15:00+02:00", "two", HOSTILE)
    report(tmp_path / "a" / "b.html", "2026-03-01T00:00:00+00:00", "three")
    (tmp_path / "other.html").write_text("<html><title>not ours</title>")
    (tmp_path / "notes.txt").write_text("nothing")
    return tmp_path


def test_the_index_lists_the_reports_the_newest_first(folder: Path) -> None:
    found = publish(folder, title="Our assistants")
    assert [each.run_id for each in found] == ["two", "three", "one"]
    page = (folder / "index.html").read_text(encoding="utf-8")
    links = re.findall(r'<h2><a href="([^"]+)"', page)
    assert links == ["new%20one.html", "a/b.html", "old/report.html"]
    assert "<h1>Our assistants</h1>" in page
    assert "<script" not in page
    html5lib.HTMLParser(strict=True).parse(page)


def test_the_feed_is_atom(folder: Path) -> None:
    publish(folder, url="https://example.org/reports/")
    feed = ElementTree.parse(folder / "feed.xml").getroot()
    assert feed.tag == f"{ATOM}feed"
    entries = feed.findall(f"{ATOM}entry")
    assert [e.findtext(f"{ATOM}updated") for e in entries] == [
        "2026-08-22T10:15:00Z",
        "2026-03-01T00:00:00Z",
        "2026-01-05T10:00:00Z",
    ]
    assert feed.findtext(f"{ATOM}updated") == "2026-08-22T10:15:00Z"
    title = entries[0].findtext(f"{ATOM}title")
    assert title == HOSTILE.replace("\u202e", "⟨U+202E⟩").replace("\ufffe", "⟨U+FFFE⟩")
    links = [e.find(f"{ATOM}link").attrib["href"] for e in entries]
    assert links[0] == "https://example.org/reports/new%20one.html"
    for element in (feed, *entries):
        assert element.findtext(f"{ATOM}title")
        assert element.findtext(f"{ATOM}id").startswith("urn:uuid:")
    ids = [element.findtext(f"{ATOM}id") for element in (feed, *entries)]
    assert len(set(ids)) == 4
    assert feed.findtext(f"{ATOM}author/{ATOM}name")


def test_the_same_reports_give_the_same_bytes(folder: Path) -> None:
    publish(folder)
    before = [(folder / name).read_bytes() for name in ("index.html", "feed.xml")]
    publish(folder)
    assert [(folder / name).read_bytes() for name in ("index.html", "feed.xml")] == before


def test_an_entry_keeps_its_id_when_others_come(folder: Path) -> None:
    before = {each.run_id: each.id for each in publish(folder)}
    report(folder / "newest.html", "2026-09-01T00:00:00+00:00", "four")
    after = {each.run_id: each.id for each in publish(folder)}
    assert after.items() > before.items()


def test_a_folder_without_reports_is_refused(tmp_path: Path) -> None:
    (tmp_path / "other.html").write_text("<html>")
    with pytest.raises(RunError, match="has no report in it: write one with harness report"):
        publish(tmp_path)
    with pytest.raises(RunError, match="no such folder"):
        publish(tmp_path / "none")


def test_a_report_is_never_overwritten_by_the_index(tmp_path: Path) -> None:
    path = report(tmp_path / "index.html", "2026-01-05T10:00:00+00:00")
    before = path.read_bytes()
    with pytest.raises(RunError, match=r"index\.html is a report: move it"):
        publish(tmp_path)
    assert path.read_bytes() == before


def test_an_address_without_a_scheme_is_refused(folder: Path) -> None:
    with pytest.raises(ConfigError, match="write it as https://"):
        publish(folder, url="example.org")
    assert not (folder / "index.html").exists()
