"""The report as one self-contained HTML file."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from harness.reporting.files import write_text
from harness.reporting.pages import PLAIN, Look, page
from harness.reporting.view import ReportView, report_view
from harness.statistics.hygiene import Hygiene
from harness.statistics.results import Results

if TYPE_CHECKING:
    from harness.decision.claims import ClaimVerdict
    from harness.decision.recommend import Recommendation
    from harness.gates import GateReport
    from harness.history.diff import Diff
    from harness.history.past import Past
    from harness.running.folder import LoadedRun
    from harness.statistics.judging import JudgeAgreement
    from harness.statistics.load_figures import LoadFigures
    from harness.statistics.quality import Quality


def write_report(
    run: LoadedRun,
    results: Results,
    path: Path,
    *,
    claims: Sequence[ClaimVerdict] | None = None,
    recommendation: Recommendation | None = None,
    hygiene: Hygiene | None = None,
    baseline: Diff | None = None,
    look: Look = PLAIN,
    gates: GateReport | None = None,
    quality: Quality | None = None,
    agreement: Sequence[JudgeAgreement] = (),
    past: Past | None = None,
    load: Sequence[LoadFigures] = (),
) -> Path:
    """Write the report of a run to `path`, all or nothing; the same input gives the same bytes.

    Missing folders are made. Raises `RunError` when the file cannot be written, and `ConfigError` when
    a template of the look's is wrong.
    """
    view = report_view(
        run,
        results,
        claims=claims,
        recommendation=recommendation,
        hygiene=hygiene,
        baseline=baseline,
        gates=gates,
        quality=quality,
        agreement=agreement,
        past=past,
        load=load,
    )
    write_text(path, render(view, look))
    return path


def render(view: ReportView, look: Look = PLAIN) -> str:
    """The HTML of a view.

    One style sheet and one script are all that the page's content security policy admits: should an
    answer ever slip through the escaping, the browser runs and loads nothing of it.
    """
    return page("report.html.jinja", look, script="explorer.js", view=view)
