"""The reports in `reports/`: the index and the feed list each of them, and none says where it was made."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from defusedxml import ElementTree

from harness.reporting.publish import FEED, INDEX, Published, find_reports

REPORTS = Path(__file__).resolve().parent.parent / "reports"
ATOM = "{http://www.w3.org/2005/Atom}"
LARGEST = 3_000_000  # bytes
HOMES = re.compile(r"(?:file:|[\"' >(=])/(?:home|root|tmp|Users|work|mnt)/|[A-Z]:\\Users")


@pytest.fixture(scope="module")
def reports() -> tuple[Published, ...]:
    """All but what `tox -e compare` wrote last on this machine."""
    if not (REPORTS / INDEX).exists():
        pytest.skip("a source distribution comes without reports")
    found = find_reports(REPORTS)
    return tuple(report for report in found if not report.address.startswith("latest/"))


def test_both_built_in_suites_are_published(reports: tuple[Published, ...]) -> None:
    assert {report.address.split("/")[0] for report in reports} == {"releases", "advisories"}


def test_the_index_lists_what_is_there(reports: tuple[Published, ...]) -> None:
    text = (REPORTS / INDEX).read_text(encoding="utf-8")
    listed = re.findall(r'href="([^"#]+\.html)"', text)
    assert listed == [report.address for report in reports]


def test_the_feed_lists_what_is_there(reports: tuple[Published, ...]) -> None:
    feed = ElementTree.parse(REPORTS / FEED).getroot()
    entries = [
        (entry.find(f"{ATOM}link").get("href"), entry.findtext(f"{ATOM}title"))
        for entry in feed.findall(f"{ATOM}entry")
    ]
    assert entries == [(report.address, report.title) for report in reports]


def test_each_is_small_and_says_nothing_of_where_it_was_made(
    reports: tuple[Published, ...],
) -> None:
    for report in reports:
        data = (REPORTS / report.address).read_bytes()
        assert len(data) <= LARGEST
        assert HOMES.findall(data.decode("utf-8")) == []
