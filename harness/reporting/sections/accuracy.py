"""Right answers: the rate per system and day."""

from __future__ import annotations

from harness.reporting.charts import interval_chart, share_axis
from harness.reporting.components import Cell, Chart, Column, Section, Table
from harness.reporting.figures import RATE, figure
from harness.reporting.sections.context import Context, rows, system_labels
from harness.reporting.sections.marks import mark


def accuracy(context: Context) -> Section:
    """The right rate of each system, over all days and by day."""
    return Section(
        id="right",
        title="Right answers",
        sentence=_sentence(context),
        reading=(
            "The mark is the measured rate, the line its 95% interval; the axis begins at 0. Do not "
            "compare two lines by whether they overlap: the systems answered the same questions, "
            "and the paired comparison below is the sharper test."
        ),
        blocks=(_chart(context), _table(context)),
    )


def _sentence(context: Context) -> str:
    ranked = sorted(
        (
            (system.metrics["right_rate"], system.name)
            for system in context.results.systems
            if "right_rate" in system.metrics and system.metrics["right_rate"].value is not None
        ),
        key=lambda pair: (-(pair[0].value or 0.0), pair[1]),
    )
    if not ranked:
        return "How often the answers were right is not known for this run."
    (best, best_name), (worst, worst_name) = ranked[0], ranked[-1]
    top = figure(best, RATE)
    sentence = f"{best_name} was right most often, {top.line} of the time"
    if len(ranked) == 1:
        return sentence + "."
    bottom = figure(worst, RATE)
    return f"{sentence}; {worst_name} least often, {bottom.line}."


def _chart(context: Context) -> Chart:
    marks = []
    for system in context.results.systems:
        slot = context.labels[system.name].slot
        marks.append(
            mark(system.metrics.get("right_rate"), RATE, "all days", slot, heading=system.name)
        )
        if len(context.results.days) > 1:
            marks += [
                mark(system.by_day.get(day, {}).get("right_rate"), RATE, day.isoformat(), slot)
                for day in context.results.days
            ]
    return Chart(
        svg=interval_chart(marks, share_axis(), "Right rate by system and day, with intervals"),
        caption="Share of right answers, with 95% intervals",
    )


def _table(context: Context) -> Table:
    by_day: list[list[Cell]] = [
        [
            figure(system.by_day.get(day, {}).get("right_rate"), RATE)
            for system in context.results.systems
        ]
        for day in context.results.days
    ]
    return Table(
        caption="Share of right answers, per system and day",
        columns=(
            Column("System", numeric=False),
            Column("All days"),
            *(Column(day.isoformat()) for day in context.results.days),
        ),
        rows=rows(system_labels(context), context.column("right_rate"), *by_day),
    )
