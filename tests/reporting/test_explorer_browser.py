"""The list of answers in a real browser: what it finds, what its links keep, what it never does."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from planted import planted_run, planted_sweep, with_texts
from planted_load import planted_loads
from planted_past import planted_entries, planted_past, step
from planted_quality import planted_agreement, planted_quality

from harness.reporting import write_report
from harness.scoring.score import Score

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

HOSTILE = (
    "</script><script>document.title='taken'</script><img src=x onerror=\"document.title='taken'\">"
    "<svg onload=\"document.title='taken'\"><a href=javascript:void(document.title='taken')>x</a>"
    "\u202egnp\u2066 & &lt; ${document.title='taken'} "
)
TEXTS = """
(limit) => [...document.querySelectorAll('.case')].slice(0, limit)
  .map(e => e.textContent.replace(/\\s+/g, ''))
"""


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> Path:
    run, results = planted_run(questions=60, days=3, systems=5)
    return write_report(run, results, tmp_path_factory.mktemp("report") / "report.html")


@pytest.fixture(scope="module")
def scores() -> tuple[Score, ...]:
    return planted_run(questions=60, days=3, systems=5)[1].scores


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    complaints: list[str] = []
    context = browser.new_context(viewport={"width": 1280, "height": 900}, offline=True)
    opened = context.new_page()
    opened.set_default_timeout(60_000)
    opened.on("console", lambda message: complaints.append(message.text))
    opened.on("pageerror", lambda error: complaints.append(str(error)))
    yield opened
    context.close()
    assert complaints == []


def show(page: Page, report: Path, address: str = "") -> None:
    page.goto("about:blank")
    page.goto(report.as_uri() + address)
    page.wait_for_selector(".explorer[data-ready]", state="attached")


def counted(page: Page) -> tuple[int, int]:
    """How many answers, to how many questions, the list says that it found."""
    status = page.inner_text(".status")
    if status == "No answer is like that.":
        return 0, 0
    found = re.fullmatch(r"([\d,]+) of 900 answers, to ([\d,]+) questions? asked\.", status)
    assert found, status
    answers, cases = (int(number.replace(",", "")) for number in found.groups())
    return answers, cases


def expected(scores: tuple[Score, ...], wanted: Callable[[Score], bool]) -> tuple[int, int]:
    kept = [score for score in scores if wanted(score)]
    return len(kept), len({(s.question_id, s.day, s.repeat) for s in kept})


def flipped(scores: tuple[Score, ...], winner: str, loser: str) -> set[tuple[object, ...]]:
    right = {(s.question_id, s.day) for s in scores if s.system == winner and s.right}
    return {(s.question_id, s.day) for s in scores if s.system == loser and not s.right} & right


def test_a_flip_is_found_with_all_answers_to_its_question(
    page: Page, report: Path, scores: tuple[Score, ...]
) -> None:
    show(page, report)
    assert counted(page) == (900, 180)
    page.select_option("[name=right]", "hybrid")
    page.select_option("[name=wrong]", "rag")
    cases = flipped(scores, "hybrid", "rag")
    assert 0 < len(cases) < 180
    assert counted(page) == (5 * len(cases), len(cases))
    assert page.url.endswith("#q=&right=hybrid&wrong=rag")


FILTERS: dict[str, Callable[[Score], bool]] = {
    "class=stale": lambda s: s.freshness.label == "stale",
    "class=right": lambda s: s.right,
    "class=not+right": lambda s: not s.right,
    "day=2026-02-22": lambda s: s.day.isoformat() == "2026-02-22",
    "system=fine-tuned": lambda s: s.system == "fine-tuned",
    "kind=cycle+supported": lambda s: s.kind == "cycle_supported",
    "group=Product+1%2F": lambda s: s.cluster.startswith("Product 1/"),
    "question=q0007": lambda s: s.question_id == "q0007",
    "system=rag&class=wrong&day=2025-08-22": lambda s: (
        s.system == "rag" and s.freshness.label == "wrong" and s.day.isoformat() == "2025-08-22"
    ),
    "class=nonsense": lambda _: False,
    "day=2030-01-01": lambda _: False,
}


@pytest.mark.parametrize("address", FILTERS)
def test_a_link_leads_to_what_was_chosen(
    page: Page, report: Path, scores: tuple[Score, ...], address: str
) -> None:
    show(page, report, f"#q=&{address}")
    assert counted(page) == expected(scores, FILTERS[address])


def test_text_is_found_in_question_answer_reference_and_document(page: Page, report: Path) -> None:
    run, _ = planted_run(questions=60, days=3, systems=5)
    show(page, report)

    def mentions(word: str) -> int:
        return sum(
            word in run.questions[r.question_id].text.lower()
            or word in r.question_id
            or word in (r.answer.text or "").lower()
            or any(word in f.value for f in run.questions[r.question_id].references(r.day))
            or any(word in passage.document_id for passage in r.answer.passages)
            for r in run.records
        )

    for word in ("product 11?", "don't know", "doc-q0033", "17.1"):
        page.fill("[name=q]", word.upper())
        assert counted(page)[0] == mentions(word) > 0
    page.fill("[name=q]", "no such thing")
    assert counted(page) == (0, 0)
    assert page.query_selector_all(".case") == []


def test_the_address_follows_and_a_reload_shows_the_same(page: Page, report: Path) -> None:
    show(page, report)
    page.fill("[name=q]", "product 2&=#%")
    page.fill("[name=q]", "product 2")
    page.select_option("[name=class]", "stale")
    page.fill("[name=group]", "latest")
    found, address = counted(page), page.url
    assert found[0] > 0
    assert address.endswith("#q=product+2&class=stale&group=latest")
    show(page, report, "#" + address.split("#")[1])
    assert counted(page) == found
    assert page.input_value("[name=group]") == "latest"
    page.click(".clear")
    assert counted(page) == (900, 180)
    assert page.url.endswith("#explorer")


def test_a_question_has_a_link_of_its_own(page: Page, report: Path) -> None:
    from playwright.sync_api import expect  # noqa: PLC0415 - skipped without it, as the fixtures are

    show(page, report, "#q=&system=rag&class=wrong")
    assert counted(page)[0] > 0
    page.locator(".case .meta a").nth(1).click()
    expect(page.locator(".case")).to_have_count(1)
    assert counted(page) == (5, 1)
    page.locator(".case .meta a.id").click()
    expect(page.locator(".case")).to_have_count(3)
    assert counted(page) == (15, 3)


def test_pages_hold_everything_once(page: Page, report: Path) -> None:
    show(page, report, "#q=&day=2026-02-22")
    assert page.inner_text(".page") == "Page 1 of 3"
    seen: list[str] = []
    for number in (1, 2, 3):
        seen += page.evaluate(TEXTS, 100)
        if number < 3:
            page.click(".next")
            assert page.url.endswith(f"&page={number + 1}")
    assert len(seen) == len(set(seen)) == 60
    assert page.get_attribute(".next", "aria-disabled") == "true"
    page.dispatch_event(".next", "click")
    assert page.inner_text(".page") == "Page 3 of 3"
    show(page, report, "#q=&day=2026-02-22&page=99")
    assert page.inner_text(".page") == "Page 3 of 3"


def test_without_javascript_the_first_answers_are_all_there(browser: Browser, report: Path) -> None:
    context = browser.new_context(java_script_enabled=False, offline=True)
    page = context.new_page()
    page.goto(report.as_uri(), timeout=120_000)
    assert page.locator(".listed").count() == 200
    assert not page.locator(".filters").is_visible()
    assert page.inner_text(".status").startswith("The first 200 of 900 answers;")
    page.locator(".listed > summary").nth(1).click()
    assert page.locator(".listed .passages").first.is_visible()
    context.close()


def test_the_script_prints_what_the_page_had(browser: Browser, page: Page, report: Path) -> None:
    context = browser.new_context(java_script_enabled=False, offline=True)
    still = context.new_page()
    still.goto(report.as_uri(), timeout=120_000)
    without = still.evaluate(TEXTS, 20)
    context.close()
    show(page, report)
    assert page.evaluate(TEXTS, 20) == without
    assert len(without) == 20


def test_hostile_texts_are_printed_and_nothing_else(page: Page, tmp_path: Path) -> None:
    run, results = planted_run(questions=6, days=2, systems=3)
    report = write_report(with_texts(run, HOSTILE), results, tmp_path / "report.html")
    requests: list[str] = []
    page.on("request", lambda request: requests.append(request.url))
    show(page, report)
    for summary in page.query_selector_all(".case summary"):
        summary.click()
    page.fill("[name=q]", "<img")
    page.wait_for_timeout(100)
    assert page.title() == "RAG, fine-tuning or both? Software releases: planted answers"
    assert page.locator(".explorer :is(script:not(.packed), img, svg, iframe)").count() == 0
    assert page.locator(".explorer [href^=javascript]").count() == 0
    said = page.locator(".listed .said .text").first.text_content()
    assert said == HOSTILE.replace("\u202e", "⟨U+202E⟩").replace("\u2066", "⟨U+2066⟩")
    assert [url for url in requests if not url.startswith("data:")] == [report.as_uri()]


def test_ten_megabytes_of_an_answer_do_no_harm(page: Page, tmp_path: Path) -> None:
    run, results = planted_run(questions=4, days=2, systems=2)
    report = write_report(with_texts(run, "<b>long " * 1_250_000), results, tmp_path / "r.html")
    show(page, report)
    assert page.inner_text(".case h3 .omitted") == "the first 1,200 of 10,000,000 characters"
    assert page.evaluate("document.documentElement.scrollWidth") <= 1280


def test_the_policy_refuses_markup_whoever_adds_it(browser: Browser, report: Path) -> None:
    context = browser.new_context(offline=True)
    page = context.new_page()
    show(page, report)
    refused = page.evaluate("""() => {
      const box = document.createElement('div');
      try { box.innerHTML = '<b>x</b>'; return 'taken as markup'; } catch (e) { return e.name; }
    }""")
    assert refused == "TypeError"
    context.close()


def test_the_keyboard_does_it_all(page: Page, report: Path) -> None:
    show(page, report, "#q=")
    page.focus("[name=q]")
    page.keyboard.type("product 1?")
    assert counted(page)[1] == 6
    page.focus(".case .listed:first-of-type > summary")
    page.keyboard.press("Enter")
    assert page.locator(".listed[open]").count() == 1
    page.focus(".clear")
    page.keyboard.press("Enter")
    page.focus(".next")
    page.keyboard.press("Enter")
    assert page.inner_text(".page") == "Page 2 of 9"
    assert page.evaluate("document.activeElement.className") == "next"


def test_on_paper_stands_what_was_chosen(page: Page, report: Path) -> None:
    show(page, report)
    page.emulate_media(media="print")
    assert page.locator(".paper").is_visible()
    assert not page.locator(".case").first.is_visible()
    show(page, report, "#q=&question=q0003")
    assert page.locator(".case").first.is_visible()
    assert not page.locator(".filters").is_visible()
    assert page.locator(".passages").first.is_visible()


@pytest.mark.parametrize(("width", "scheme"), [(1280, "light"), (375, "dark")])
def test_axe_finds_nothing_serious(
    browser: Browser, tmp_path: Path, width: int, scheme: str
) -> None:
    run, results = planted_run(questions=8, days=2, systems=5)
    report = write_report(
        run,
        results,
        tmp_path / "report.html",
        hygiene=planted_sweep(),
        quality=planted_quality(results),
        agreement=[planted_agreement(results)],
        past=planted_past(*planted_entries(shift=step("rag", "right_rate", 8, -0.1))),
        load=planted_loads(run.manifest),
    )
    axe = pytest.importorskip("axe_playwright_python.sync_playwright").Axe()
    context = browser.new_context(
        viewport={"width": width, "height": 900}, color_scheme=scheme, bypass_csp=True
    )
    page = context.new_page()
    show(page, report, "#q=&class=not+right")
    for summary in page.query_selector_all(".case summary")[:8]:
        summary.click()
    found = axe.run(page).response["violations"]
    serious = [
        f"{v['id']}: {v['nodes'][0]['html']}"
        for v in found
        if v["impact"] in {"serious", "critical"}
    ]
    assert serious == []
    context.close()
