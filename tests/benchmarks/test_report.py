"""The report at its declared size: bytes, seconds to build it, and what a browser takes to show it.

1,000 questions, five systems and three days make 15,000 answers; the browser gets 20,010. Answers have
about 300 characters of words drawn at random, which compress worse than prose, and systems that
retrieve get five of 3,000 passages of 400 characters.
"""

from __future__ import annotations

import os
import random
import shutil
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

sys.path.insert(0, str(Path(__file__).parents[1] / "reporting"))

from planted import planted_run

from harness.reporting.html import render
from harness.reporting.view import report_view
from harness.retrieval.base import Passage
from harness.running.folder import LoadedRun
from harness.statistics.results import Results

MEGABYTES, BUILT, PAINTED, FILTERED = 3.0, 3.0, 1.0, 0.1
SYLLABLES = [a + b for a in "bdfgklmnprst" for b in ("a", "en", "ir", "o", "us")]


def large_run(questions: int) -> tuple[LoadedRun, Results]:
    run, results = planted_run(questions=questions, days=3, systems=5)
    rng = random.Random(1)
    words = [a + b for a in SYLLABLES for b in SYLLABLES]

    def said(count: int) -> str:
        return " ".join(rng.choices(words, k=count))

    passages = [Passage(f"doc-{i}", run.manifest.days[0], said(70), 1.0) for i in range(3000)]
    records = tuple(
        replace(
            record,
            answer=replace(
                record.answer,
                text=f"{record.answer.text or ''} {said(50)}",
                passages=tuple(rng.sample(passages, 5)) if record.answer.passages else (),
            ),
        )
        for record in run.records
    )
    return replace(run, records=records), results


def test_the_size_and_the_building_of_a_large_report(
    only_when_asked: None,  # noqa: ARG001
    benchmark: Any,  # noqa: ANN401
    show: Callable[[str], None],
) -> None:
    run, results = large_run(1000)
    spent: list[float] = []

    def build() -> str:
        begin = time.process_time()
        page = render(report_view(run, results))
        spent.append(time.process_time() - begin)
        return page

    page = benchmark.pedantic(build, rounds=3)
    megabytes = len(page.encode()) / 1e6
    show(
        f"a report of {len(run.records):,} answers: {megabytes:.2f} MB (bound {MEGABYTES:.0f} MB), "
        f"built in {min(spent):.2f} s CPU (bound {BUILT:.0f} s)"
    )
    assert megabytes <= MEGABYTES


def test_a_browser_shows_and_filters_a_large_report(
    only_when_asked: None,  # noqa: ARG001
    benchmark: Any,  # noqa: ANN401
    show: Callable[[str], None],
    tmp_path: Path,
) -> None:
    chromium = os.environ.get("HARNESS_CHROMIUM") or shutil.which("chromium")
    sync_api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    if chromium is None:
        pytest.skip("there is no chromium on the path")
    run, results = large_run(1334)
    report = tmp_path / "report.html"
    report.write_text(render(report_view(run, results)), encoding="utf-8")
    painted, unpacked, filtered = [], [], []
    with sync_api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=chromium, args=["--no-sandbox", "--disable-gpu"]
        )

        def look() -> None:
            page = browser.new_page()
            page.goto(report.as_uri())
            page.wait_for_selector(".explorer[data-ready]", state="attached")
            unpacked.append(page.evaluate("performance.now()") / 1000)
            painted.append(page.evaluate(PAINT) / 1000)
            filtered.append(page.evaluate(FILTER))
            page.close()

        benchmark.pedantic(look, rounds=5)
        browser.close()
    best = [min(milliseconds) for milliseconds in zip(*filtered, strict=True)]
    show(
        f"{len(run.records):,} answers in Chromium: first paint {min(painted):.2f} s (bound {PAINTED:.0f} s), all "
        f"answers unpacked after {min(unpacked):.2f} s, the slowest filter {max(best):.0f} ms (bound "
        f"{FILTERED * 1e3:.0f} ms); the best of five loads"
    )
    assert best


PAINT = "performance.getEntriesByName('first-contentful-paint')[0].startTime"
FILTER = """
() => [
  ["q", "k"], ["q", "kemar"], ["q", "no such text"], ["q", ""], ["right", "hybrid"], ["wrong", "rag"],
  ["class", "stale"], ["class", ""], ["group", "product 1"], ["day", "2026-02-22"], ["system", "rag"],
].map(([name, value]) => {
  const field = document.querySelector(`[name=${name}]`);
  const begin = performance.now();
  field.value = value;
  field.dispatchEvent(new Event("input"));
  document.body.getBoundingClientRect(); // the layout belongs to it
  return performance.now() - begin;
})
"""
