"""The page without its style sheet, script and data, its summary and its table for a small planted run.

After a change that is meant, look at the new page and write the golden files anew:

    HARNESS_WRITE_GOLDEN=1 pytest tests/reporting/test_golden.py
"""

from __future__ import annotations

import io
import os
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from planted import asked_for, planted_run, planted_sweep
from planted_load import planted_load
from planted_past import planted_entries, planted_past, step
from planted_quality import planted_agreement, planted_quality
from rich.console import Console

from harness.decision.claims import Claim, ClaimVerdict
from harness.reporting import markdown_summary, summary_table
from harness.reporting.html import render
from harness.reporting.view import report_view
from harness.statistics.estimate import Estimate

GOLDEN = Path(__file__).with_name("golden")
WRITE = "HARNESS_WRITE_GOLDEN"
CLAIM = Claim(
    id="retrieval-adds-time",
    text="Retrieval adds 50 to 200 ms to an answer.",
    source="the article",
    metric="latency_mean",
    a=("base",),
    b="rag",
    low=0.05,
    high=0.2,
)


def html() -> str:
    run, results = planted_run(questions=8, days=2, systems=3)
    found = Estimate(0.0215, 0.0209, 0.0222, 16, 16, "planted")
    what = "latency_mean of rag minus base"
    claims = (ClaimVerdict(CLAIM, "refuted", found, f"{what}: too little.", what),)
    view = report_view(
        run,
        results,
        claims=claims,
        recommendation=asked_for(run, results),
        hygiene=planted_sweep(),
        quality=planted_quality(results),
        agreement=(planted_agreement(results),),
        past=planted_past(
            *planted_entries(14, ("base", "rag"), step("rag", "right_rate", 8, -0.1))
        ),
        load=(planted_load(run.manifest, "rag", streamed=True),),
    )
    page = render(view)
    page = re.sub(r"<style>.*?</style>", "<style>(report.css)</style>", page, flags=re.DOTALL)
    page = re.sub(r"<script>.*?</script>", "<script>(explorer.js)</script>", page, flags=re.DOTALL)
    page = re.sub(r'class="packed">[\w+/=]+<', 'class="packed">(every answer)<', page)
    return re.sub(r"sha256-[\w+/=]+", "sha256-(of the text)", page)


def markdown() -> str:
    return markdown_summary(*planted_run(questions=8, days=2, systems=3))


def console() -> str:
    _, results = planted_run(questions=8, days=2, systems=3)
    file = io.StringIO()
    Console(file=file, width=80, no_color=True).print(summary_table(results))
    return file.getvalue()


@pytest.mark.parametrize(
    ("name", "made"), [("report.html", html), ("summary.md", markdown), ("summary.txt", console)]
)
def test_nothing_changes_unseen(name: str, made: Callable[[], str]) -> None:
    path = GOLDEN / name
    text = made()
    if os.environ.get(WRITE):
        path.write_text(text, encoding="utf-8", newline="\n")
    assert text.splitlines() == path.read_text(encoding="utf-8").splitlines()
