"""The recommendation: what was asked of a system, who keeps it, and how they rank."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from harness.reporting.components import Badge, Cell, Column, Section, Table
from harness.reporting.figures import figure
from harness.reporting.metrics import metric
from harness.reporting.sections.context import Context
from harness.reporting.sections.ranking import ranking_blocks, ranking_reading

if TYPE_CHECKING:
    from harness.decision.recommend import Recommendation

_TONES: Final = {"met": "good", "missed": "bad", "undecided": "neutral"}


def decision(context: Context) -> Section | None:
    """A row per system, a column per constraint; None when nothing was recommended."""
    recommendation = context.recommendation
    if recommendation is None:
        return None
    kept: dict[str, dict[str, Cell]] = {}
    for check in recommendation.checks:
        printed = figure(check.estimate, metric(check.constraint.metric).unit([check.estimate]))
        badge = Badge(check.kept, _TONES[check.kept], printed.line)
        kept.setdefault(check.system, {})[check.constraint.words] = badge
    return Section(
        id="decision",
        title="Recommendation",
        sentence=recommendation.text,
        reading=(
            "“Met” and “missed” take the whole interval; “undecided” means that the bound lies "
            "inside it and more questions would tell. The bounds are assumptions of this report: "
            f"other bounds can choose another system.{ranking_reading(context)}"
        ),
        blocks=(
            Table(
                caption="What was asked for, and who keeps it",
                columns=(
                    Column("System", numeric=False),
                    *(Column(c.words, numeric=False) for c in recommendation.constraints),
                ),
                rows=tuple(
                    (
                        context.labels[name],
                        *(checks.get(c.words, "not checked") for c in recommendation.constraints),
                    )
                    for name, checks in kept.items()
                ),
            ),
            *_changes(recommendation),
            *ranking_blocks(context),
        ),
    )


def _changes(recommendation: Recommendation) -> tuple[Table, ...]:
    """What would make the choice another one, the nearest first."""
    if not recommendation.changes:
        return ()
    return (
        Table(
            caption="What would change it, the nearest first",
            columns=(Column("Another bound, or another situation", numeric=False),),
            rows=tuple((words,) for words in recommendation.changes),
        ),
    )
