"""A folder of reports made ready for a static host: an index, newest first, and an Atom feed."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import UTC, datetime
from html.parser import HTMLParser
from pathlib import Path
from typing import Final
from urllib.parse import quote

from harness.errors import ConfigError, RunError
from harness.reporting.files import write_text
from harness.reporting.pages import PLAIN, Look, page

__all__ = ["FEED", "INDEX", "Published", "find_reports", "publish"]

INDEX: Final = "index.html"
FEED: Final = "feed.xml"

_HEAD: Final = 200_000  # characters of a file in which its head ends
_REPORT: Final = "harness report"
_INDEX: Final = "harness index"
_SPACE: Final = uuid.UUID("6d0c1f0e-2f0e-5a6e-9d51-0f6a3c8b7a11")  # of ids in feeds


@dataclass(frozen=True, slots=True)
class Published:
    """A report that lies in the folder; `address` leads from the index to it."""

    address: str
    run_id: str
    title: str
    answer: str
    created: datetime

    @property
    def day(self) -> str:
        """The day on which the run began."""
        return self.created.date().isoformat()

    @property
    def moment(self) -> str:
        """The same as feeds have it (RFC 3339)."""
        return self.created.isoformat().replace("+00:00", "Z")

    @property
    def id(self) -> str:
        """What makes it the same entry in every edition of the feed."""
        return uuid.uuid5(_SPACE, f"{self.run_id} {self.address}").urn


def publish(
    folder: Path, *, title: str = "", url: str = "", look: Look = PLAIN
) -> tuple[Published, ...]:
    """Write `index.html` and `feed.xml` into `folder` for the reports in and below it.

    `url` is where the folder will be served, if that is known: feed readers that are given the feed alone
    need it to find the reports. The same reports give the same bytes. Raises `RunError` where there is no
    report, or a report lies where the index must.
    """
    reports = find_reports(folder)
    title = title or look.brand.name or "Reports"
    base = f"{url.rstrip('/')}/" if url else ""
    if base and not base.startswith(("https://", "http://")):
        raise ConfigError(f"--url {url}: write it as https://example.org/reports")
    write_text(folder / INDEX, page("index.html.jinja", look, reports=reports, title=title))
    feed_id = uuid.uuid5(_SPACE, base or title).urn
    feed = page("feed.xml.jinja", look, reports=reports, title=title, base=base, feed_id=feed_id)
    write_text(folder / FEED, feed)
    return reports


def find_reports(folder: Path) -> tuple[Published, ...]:
    """The reports in and below `folder`, newest first; other files are passed over."""
    if not folder.is_dir():
        raise RunError(f"{folder}: no such folder")
    found = []
    for path in sorted(folder.rglob("*.html")):
        report = _read(path, folder)
        if report is None:
            continue
        if path == folder / INDEX:
            raise RunError(f"{path} is a report: move it, the index is written there")
        found.append(report)
    if not found:
        raise RunError(
            f"{folder} has no report in it: write one with harness report RUN --html FILE"
        )
    return tuple(sorted(found, key=lambda report: (report.created, report.address), reverse=True))


class _Head(HTMLParser):
    """Collects what the head of a page says of itself."""

    def __init__(self) -> None:
        super().__init__()
        self.said: dict[str, str] = {}

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if tag == "meta" and given.get("name"):
            self.said.setdefault(str(given["name"]), given.get("content") or "")


def _read(path: Path, folder: Path) -> Published | None:
    try:
        with path.open(encoding="utf-8", errors="replace") as file:
            text = file.read(_HEAD)
    except OSError as error:
        raise RunError(f"{path}: cannot be read: {error.strerror or error}") from error
    head = _Head()
    head.feed(text.partition("<style>")[0])
    said = head.said
    if said.get("generator") != _REPORT:
        return None
    try:
        created = datetime.fromisoformat(said["dcterms.created"])
    except (KeyError, ValueError):
        raise RunError(f"{path}: the report does not say when its run was made") from None
    if created.tzinfo is None:
        created = created.replace(tzinfo=UTC)
    return Published(
        address=quote(path.relative_to(folder).as_posix()),
        run_id=said.get("dcterms.identifier", ""),
        title=said.get("dcterms.title", ""),
        answer=said.get("description", ""),
        created=created.astimezone(UTC),
    )
