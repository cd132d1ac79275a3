from __future__ import annotations

import base64
import hashlib
import re
import resource
import time
from dataclasses import replace
from html.parser import HTMLParser
from itertools import pairwise
from pathlib import Path

import html5lib
import pytest
from planted import planted_run, planted_sweep, with_texts

from harness.errors import RunError
from harness.reporting import html, write_report
from harness.reporting.html import render
from harness.reporting.view import report_view

HOSTILE = (
    "<script>alert(1)</script>",
    "</script><script>alert(1)</script>",
    "</style><img src=x onerror=alert(1)>",
    '"><svg onload=alert(1)>',
    "' onmouseover='alert(1)",
    "--><script>alert(1)</script><!--",
    "]]></title></textarea></noscript><iframe src='https://example.org'>",
    "{{ 7 * 7 }}{% raw %}",
    "javascript:alert(1)",
    "&lt;script&gt;",
    "a\x00b\x1b[2J\u202egnp.exe\u2066\ufeff\ud800",
    "<a href='https://example.org/?q=secret'>click</a>",
    "<base href='https://example.org'>",
    "Z\u0351\u0352\u0353" * 200,
)
VOID = {"area", "base", "br", "col", "hr", "img", "input", "link", "meta", "source", "wbr"}


class Structure(HTMLParser):
    """Fails on an end tag that closes nothing; collects what a page may not contain."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: set[str] = set()
        self.attributes: set[str] = set()
        self.addresses: list[str] = []
        self.ids: list[str] = []
        self.headings: list[int] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.attributes.update(name for name, _ in attrs)
        self.addresses += [value or "" for name, value in attrs if name in {"href", "src"}]
        self.ids += [value or "" for name, value in attrs if name == "id"]
        if re.fullmatch("h[1-6]", tag):
            self.headings.append(int(tag[1]))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        self.handle_endtag(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open, f"</{tag}> closes nothing"
        assert self.open[-1] == tag, f"</{tag}> closes <{self.open[-1]}> at {self.getpos()}"
        self.open.pop()


def parsed(page: str) -> Structure:
    structure = Structure()
    structure.feed(page)
    structure.close()
    assert structure.open == []
    return structure


@pytest.fixture(scope="module")
def page() -> str:
    run, results = planted_run(questions=40, days=3, systems=5)
    return render(report_view(run, results, hygiene=planted_sweep()))


def test_the_page_is_well_formed_and_every_id_is_unique(page: str) -> None:
    structure = parsed(page)
    assert len(structure.ids) == len(set(structure.ids))


def test_every_link_leads_into_the_page(page: str) -> None:
    structure = parsed(page)
    targets = {f"#{target}" for target in structure.ids}
    assert set(structure.addresses) - {"data:,"} <= targets


def test_headings_descend_one_level_at_a_time(page: str) -> None:
    levels = parsed(page).headings
    assert levels.count(1) == 1
    assert all(after - before <= 1 for before, after in pairwise(levels))


def test_tables_say_what_they_are_to_a_screen_reader(page: str) -> None:
    tables = re.findall(r"<table.*?</table>", page, re.DOTALL)
    assert len(tables) > 10
    for table in tables:
        assert table.count("<caption>") == 1
        heads = re.findall(r"<th [^>]*>", table)
        assert heads
        assert all("scope=" in head for head in heads)


def test_charts_are_images_with_a_label(page: str) -> None:
    plots = re.findall(r'<div class="plot"[^>]*>', page)
    assert len(plots) >= 5
    assert all('role="img"' in plot and re.search('aria-label="[^"]{10,}"', plot) for plot in plots)


def test_the_policy_admits_the_style_sheet_the_script_and_nothing_else(page: str) -> None:
    policy = re.search(r'Content-Security-Policy" content="([^"]+)"', page)
    style = re.search(r"<style>(.*?)</style>", page, re.DOTALL)
    script = re.search(r"<script>(.*?)</script>", page, re.DOTALL)
    assert policy
    assert style
    assert script
    assert policy[1].startswith(
        f"default-src 'none'; script-src '{sha256(script[1])}'; style-src '{sha256(style[1])}'; "
        "img-src data:;"
    )
    assert "require-trusted-types-for 'script'" in policy[1]
    assert "unsafe" not in policy[1]
    assert page.index("Content-Security-Policy") < page.index("<style>")
    structure = parsed(page)
    assert not structure.tags & {"iframe", "object", "embed", "form", "img"}
    assert "style" not in structure.attributes
    assert re.findall(r"<script[^>]*>", page) == [
        '<script type="text/plain" class="packed">',
        "<script>",
    ]


def sha256(text: str) -> str:
    return f"sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}"


def test_the_script_has_no_way_to_read_markup_or_to_load() -> None:
    script = (Path(html.__file__).parent / "templates" / "explorer.js").read_text(encoding="utf-8")
    ways = (
        r"\b(innerHTML|outerHTML|insertAdjacentHTML|document\.write|DOMParser|setHTMLUnsafe|eval|Function"
        r"|fetch|XMLHttpRequest|WebSocket|EventSource|sendBeacon|import)\b"
    )
    assert re.findall(ways, script) == []


def test_the_page_is_html_to_a_strict_parser(page: str) -> None:
    html5lib.HTMLParser(strict=True).parse(page)


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_texts_are_shown_and_never_obeyed(text: str) -> None:
    run, results = planted_run(questions=8, days=2, systems=3)
    harmless = parsed(render(report_view(run, results)))
    hostile = parsed(render(report_view(with_texts(run, text), results)))
    assert hostile.tags == harmless.tags
    assert hostile.attributes - {"open"} == harmless.attributes
    assert set(hostile.addresses) == set(harmless.addresses)


def test_hostile_names_are_harmless_too() -> None:
    run, results = planted_run(questions=8, days=2, systems=3)
    title = HOSTILE[2]
    manifest = replace(run.manifest, title=title, run_id=title, machine={title: title})
    structure = parsed(render(report_view(replace(run, manifest=manifest), results)))
    assert not structure.tags & {"iframe", "img"}
    assert structure.tags == parsed(render(report_view(run, results))).tags


def test_invisible_characters_are_spelled_out() -> None:
    run, results = planted_run(questions=8, days=2, systems=3)
    page = render(report_view(with_texts(run, "a\x00b\u202ec\ud800"), results))
    assert "a␀b⟨U+202E⟩c⟨U+D800⟩" in page
    assert "\x00" not in page
    assert "\u202e" not in page


def test_a_very_long_answer_is_shortened_and_says_so(tmp_path: Path) -> None:
    run, results = planted_run(questions=8, days=2, systems=3)
    path = write_report(with_texts(run, "long " * 2_000_000), results, tmp_path / "report.html")
    assert path.stat().st_size < 600_000
    assert "the first 900 of 10,000,000 characters" in path.read_text(encoding="utf-8")


def test_the_same_input_gives_the_same_bytes(tmp_path: Path) -> None:
    first = write_report(*planted_run(), tmp_path / "first.html").read_bytes()
    second = write_report(*planted_run(), tmp_path / "second.html").read_bytes()
    assert first == second


def test_a_report_replaces_the_old_one_or_leaves_it(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "report.html"
    write_report(*planted_run(), path)
    assert [entry.name for entry in path.parent.iterdir()] == ["report.html"]
    blocked = tmp_path / "file"
    blocked.write_text("no folder")
    with pytest.raises(RunError, match="cannot be written"):
        write_report(*planted_run(), blocked / "report.html")


def test_a_report_that_the_disk_has_no_room_for_leaves_nothing(tmp_path: Path) -> None:
    path = tmp_path / "report.html"
    path.write_text("the old one")
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (4096, limits[1]))
    try:
        with pytest.raises(RunError, match="cannot be written: File too large"):
            write_report(*planted_run(), path)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert [entry.name for entry in tmp_path.iterdir()] == ["report.html"]
    assert path.read_text() == "the old one"


def test_a_full_run_makes_a_small_file_soon(tmp_path: Path) -> None:
    run, results = planted_run(questions=480, days=3, systems=5)
    started = time.process_time()
    path = write_report(run, results, tmp_path / "report.html")
    assert time.process_time() - started < 3
    assert path.stat().st_size < 1_000_000


@pytest.mark.parametrize(
    ("questions", "days", "systems"), [(1, 1, 1), (2, 1, 2), (3, 3, 1), (30, 1, 5)]
)
def test_runs_of_any_shape_make_a_page(questions: int, days: int, systems: int) -> None:
    view = report_view(*planted_run(questions=questions, days=days, systems=systems))
    parsed(render(view))


def test_a_broken_run_with_no_record_at_all_makes_a_page() -> None:
    run, results = planted_run(questions=2, days=1, systems=2)
    empty = replace(results, comparisons=(), flips=(), scores=())
    parsed(render(report_view(replace(run, records=()), empty)))
