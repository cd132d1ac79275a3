"""The page in a real browser: nothing is fetched, nothing complains, nothing overflows."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from planted import BOOK, planted_run, planted_sweep, with_formats, with_parts, with_texts
from planted_load import planted_loads
from planted_past import planted_entries, planted_past, step
from planted_quality import planted_agreement, planted_quality

from harness.decision import Needs, decide, recommendation
from harness.reporting import write_report
from harness.statistics.estimate import Estimate
from harness.statistics.results import SystemResult

if TYPE_CHECKING:
    from playwright.sync_api import Browser

HOSTILE = (
    "</style></script><script>document.title='taken'</script><img src=https://example.org/x.png "
    "onerror=\"document.title='taken'\"><link rel=stylesheet href=https://example.org/x.css>"
    "<meta http-equiv=refresh content='0;url=https://example.org'>" + "longword" * 60
)


CLIPPED = """
[...document.querySelectorAll('.table')].filter(e => e.scrollWidth > e.clientWidth + 1)
  .map(e => e.innerText.slice(0, 40))
"""
# The narrowest telephone, a telephone, a tablet upright and on its side, a desk.
WIDTHS = (
    (360, "light"),
    (375, "light"),
    (390, "dark"),
    (768, "light"),
    (1024, "light"),
    (1280, "dark"),
)


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> Path:
    run, results = planted_run(questions=40, days=3, systems=5)
    run = with_formats(with_texts(run, HOSTILE), "flat", "nested", "conditional", "choice")
    return write_report(
        run,
        with_parts(results, lambda _, number, place: number > 10 * place),
        tmp_path_factory.mktemp("report") / "report.html",
        recommendation=recommendation(decide(run, results, BOOK, Needs())),
        hygiene=planted_sweep(),
        quality=planted_quality(results, HOSTILE),
        agreement=[planted_agreement(results)],
        past=planted_past(
            *planted_entries(
                shift=step("rag", "right_rate", 8, -0.1), machines={3: "A processor " + "x" * 300}
            )
        ),
        load=planted_loads(run.manifest),
    )


@pytest.mark.parametrize(("width", "scheme"), WIDTHS)
def test_the_page_loads_alone_and_fits(
    browser: Browser, report: Path, width: int, scheme: str
) -> None:
    requests: list[str] = []
    complaints: list[str] = []
    context = browser.new_context(
        viewport={"width": width, "height": 900}, color_scheme=scheme, offline=True
    )
    page = context.new_page()
    page.on("request", lambda request: requests.append(request.url))
    page.on("console", lambda message: complaints.append(message.text))
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.goto(report.as_uri(), timeout=120_000)
    assert [url for url in requests if not url.startswith("data:")] == [report.as_uri()]
    assert complaints == []
    assert page.title() == "RAG, fine-tuning or both? Software releases: planted answers"
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert page.evaluate(CLIPPED) == []
    context.close()


def _priced_with_six_digits(system: SystemResult) -> SystemResult:
    """A cost whose column is wide: `[0.00153, 0.00180]`, 1,083 answers in 205 groups."""
    cost = Estimate(1.7e-6, 1.53e-6, 1.8e-6, 1083, 205, "planted")
    least = Estimate(5.3e-7, 4.9e-7, 5.7e-7, 1083, 205, "planted")
    rates = {
        name: replace(estimate, n=1083, groups=205)
        for name, estimate in system.metrics.items()
        if estimate.value is not None
    }
    paid = least if system.name == "base" else cost
    return replace(system, metrics={**system.metrics, **rates, "cost_per_query": paid})


@pytest.mark.parametrize("width", [1000, 1024, 1217, 1280])
def test_ten_systems_with_long_names_fit(browser: Browser, tmp_path: Path, width: int) -> None:
    run, results = planted_run(questions=24, days=3, systems=10)
    dear = replace(results, systems=tuple(map(_priced_with_six_digits, results.systems)))
    path = write_report(run, dear, tmp_path / "report.html")
    page = browser.new_page(viewport={"width": width, "height": 900})
    page.goto(path.as_uri(), timeout=120_000)
    assert page.evaluate(CLIPPED) == []
    page.close()


def test_the_style_sheet_is_admitted_by_its_own_policy(browser: Browser, report: Path) -> None:
    page = browser.new_page()
    page.goto(report.as_uri(), timeout=120_000)
    assert page.evaluate("getComputedStyle(document.querySelector('.skip')).position") == "absolute"
    page.close()


def test_the_keyboard_reaches_the_report_first(browser: Browser, report: Path) -> None:
    page = browser.new_page()
    page.goto(report.as_uri(), timeout=120_000)
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent") == "Skip to the report"
    page.keyboard.press("Enter")
    page.wait_for_url("**#main")
    page.close()
