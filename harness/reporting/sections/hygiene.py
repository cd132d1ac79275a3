"""Index hygiene: what outdated documents that are left in the index cost."""

from __future__ import annotations

from typing import Final

from harness.reporting.charts import Axis, interval_chart
from harness.reporting.components import Block, Cell, Chart, Column, Section, Table
from harness.reporting.figures import NUMBER_DIFFERENCE, RATE, Unit, count, figure
from harness.reporting.sections.context import Context
from harness.reporting.sections.marks import mark
from harness.statistics.hygiene import Hygiene, HygienePoint

_SCORE: Final = Unit("score", decimals=2)
_AXIS: Final = Axis((-1.0, -0.5, 0.0, 0.5, 1.0), _SCORE)
_LOST: Final = Unit("score", decimals=2, signed=True)


def hygiene(context: Context) -> Section | None:
    """The score at each share of outdated documents left; no section where it was not swept."""
    swept = context.hygiene
    if swept is None:
        return None
    blocks: list[Block] = [_chart(swept), _table(swept)]
    if swept.days_help:
        blocks.append(_days_table(swept))
    return Section(
        id="hygiene",
        title="Index hygiene",
        sentence=_sentence(swept),
        reading=(
            "Each answer scores +1 when right, 0 when the system abstained and \N{MINUS SIGN}1 when "
            "it asserted something outdated or wrong, so a score below 0 does more harm than good "
            "(after HoH, 2025). The share is that of the superseded documents that were left in "
            "the index; what is left at 10 % is also left at 25 %. All variants answered the same "
            "questions, and losses are differences question by question."
        ),
        blocks=tuple(blocks),
    )


def _sentence(swept: Hygiene) -> str:
    asked = f"{count(swept.questions)} questions about facts that had changed"
    shown = swept.broken_from.get(True)
    shares = sorted({point.share for point in swept.points if point.show_days})
    if not shares:
        return f"{swept.system} was asked {asked}, never with publication days."
    if shown is None:
        return (
            f"On {asked}, {swept.system} lost nothing that could be told from chance with up to "
            f"{shares[-1]:.0%} of the outdated documents left in its index."
        )
    lost = swept.point(shown).lost
    return (
        f"On {asked}, {swept.system} stops being fresh at once where {shown:.0%} of the outdated "
        f"documents are left in its index: it loses {figure(lost, _LOST).line} of its score."
    )


def _chart(swept: Hygiene) -> Chart:
    marks = []
    previous: bool | None = None
    for point in swept.points:
        heading = "" if point.show_days == previous else _shown(point)
        previous = point.show_days
        slot = 1 if point.show_days else 5
        marks.append(mark(point.score, _SCORE, f"{point.share:.0%} left", slot, heading=heading))
    return Chart(
        svg=interval_chart(
            marks, _AXIS, "Score by share of outdated documents left, with intervals"
        ),
        caption="Mean score (+1 right, 0 abstained, \N{MINUS SIGN}1 outdated or wrong), with 95% intervals",
    )


def _table(swept: Hygiene) -> Table:
    rows: list[tuple[Cell, ...]] = [
        (
            f"{point.share:.0%}",
            _shown(point),
            figure(point.score, _SCORE),
            figure(point.lost, _LOST) if point.lost is not None else "the cleanest",
            figure(point.right, RATE),
            figure(point.outdated, RATE),
        )
        for point in swept.points
    ]
    return Table(
        caption="Score by share of outdated documents left in the index",
        columns=(
            Column("Left in the index", numeric=False),
            Column("Passages", numeric=False),
            Column("Score"),
            Column("Against the cleanest index"),
            Column("Right"),
            Column("Outdated"),
        ),
        rows=tuple(rows),
        headers=2,
    )


def _days_table(swept: Hygiene) -> Table:
    return Table(
        caption="What a publication day in the passages is worth (score with minus without)",
        columns=(
            Column("Left in the index", numeric=False),
            Column("Difference", NUMBER_DIFFERENCE.name),
        ),
        rows=tuple(
            (f"{share:.0%}", figure(difference, _LOST))
            for share, difference in swept.days_help.items()
        ),
    )


def _shown(point: HygienePoint) -> str:
    return "with publication days" if point.show_days else "without publication days"
