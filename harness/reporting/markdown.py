"""A short summary in Markdown, for job summaries and pull requests."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

from harness.reporting.components import Badge, Cell, Lines, SystemLabel, Table
from harness.reporting.figures import Figure
from harness.reporting.untrusted import visible
from harness.reporting.view import report_view
from harness.statistics.hygiene import Hygiene
from harness.statistics.results import Results

if TYPE_CHECKING:
    from harness.decision.claims import ClaimVerdict
    from harness.decision.recommend import Recommendation
    from harness.history.diff import Diff
    from harness.running.folder import LoadedRun
    from harness.statistics.load_figures import LoadFigures
    from harness.statistics.quality import Quality

_MARKUP: Final = re.compile(r"([\\`*_{}\[\]<>#|~!])")
_IN_BRIEF: Final = (
    "baseline",
    "freshness",
    "ages",
    "time-to-fresh",
    "blame",
    "hygiene",
    "strictness",
    "decoding",
    "latency",
    "load",
    "cost",
    "quality",
    "pairs",
    "decision",
    "claims",
)


def markdown_summary(
    run: LoadedRun,
    results: Results,
    *,
    claims: Sequence[ClaimVerdict] | None = None,
    recommendation: Recommendation | None = None,
    hygiene: Hygiene | None = None,
    baseline: Diff | None = None,
    quality: Quality | None = None,
    load: Sequence[LoadFigures] = (),
) -> str:
    """The answer, the comparison table, a sentence per section and the limits."""
    view = report_view(
        run,
        results,
        claims=claims,
        recommendation=recommendation,
        hygiene=hygiene,
        baseline=baseline,
        quality=quality,
        load=load,
    )
    head = view.overview
    sentences = [s for s in view.sections if s.id in _IN_BRIEF]
    parts = [
        f"# {escaped(head.question)}",
        f"**{escaped(head.answer)}**",
        _table(head.table),
        "\n".join(f"- {escaped(s.title)}: {escaped(s.sentence)}" for s in sentences),
        "What this run cannot conclude:",
        "\n".join(f"- {escaped(limit)}" for limit in head.limits),
        f"Run {escaped(view.run_id)}, {escaped(view.created)}.",
    ]
    return "\n\n".join(parts) + "\n"


def _table(table: Table) -> str:
    head = [
        f"{column.title} ({column.unit})" if column.unit else column.title
        for column in table.columns
    ]
    rule = ["---:" if column.numeric else "---" for column in table.columns]
    body = [[_cell(cell) for cell in row] for row in table.rows]
    return "\n".join(f"| {' | '.join(row)} |" for row in (map(escaped, head), rule, *body))


def _cell(cell: Cell) -> str:
    match cell:
        case Figure():
            return escaped(f"{cell.line} {cell.sample}")
        case SystemLabel():
            return f"**{escaped(cell.name)}**"
        case Badge():
            return escaped(cell.text)
        case Lines():
            return escaped("; ".join(cell.texts))
        case str():
            return escaped(cell)


def escaped(text: str) -> str:
    """`text` with nothing left that Markdown or HTML would read as markup, on one line."""
    return _MARKUP.sub(r"\\\1", " ".join(visible(text).split())).replace("&", "&amp;")
