"""Freshness: what became of every answer, by system and day."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Final

from harness.reporting.charts import Bar, Segment, share_axis, stacked_bars
from harness.reporting.components import Cell, Chart, Column, LegendEntry, Section, Table
from harness.reporting.figures import RATE, count, figure
from harness.reporting.metrics import metric
from harness.reporting.sections.context import Context, rows, system_labels
from harness.scoring.score import FRESHNESS_CLASSES, FreshnessClass
from harness.statistics.results import SystemResult

_MEANING: Final[dict[FreshnessClass, str]] = {
    "current": "the value that held on that day",
    "mixed": "that value and one that held before",
    "stale": "a value that held before",
    "premature": "a value that held only later",
    "wrong": "a value that never held",
    "abstained": "said it does not know",
    "undecided": "only a judge could tell",
    "unparseable": "no value could be read",
    "failed": "no answer came",
}


def freshness(context: Context) -> Section:
    """Stacked shares of the classes, and the same as a table with the stale rate's interval."""
    return Section(
        id="freshness",
        title="Freshness",
        sentence=_sentence(context),
        reading=(
            "Every answer attempted on a day falls into exactly one class, so each bar adds up to "
            "all of them, failures included. “Stale” is an answer that was once true and no longer "
            "was on that day; abstaining counts as right only where the corpus holds no answer. A "
            "“mixed” answer gives the right value and an outdated one: strictly it is a failure, "
            "relaxed it is right, and every other figure of this report is strict."
        ),
        blocks=(_chart(context), _table(context), _strict_and_relaxed(context)),
    )


def _sentence(context: Context) -> str:
    known = [
        (estimate.value, system.name)
        for system in context.results.systems
        if (estimate := system.metrics.get("stale_rate")) is not None and estimate.value is not None
    ]
    if not known:
        return "How stale the answers were is not known for this run."
    value, name = max(known)
    if value == 0:
        return "No system gave a single outdated answer."
    printed = figure(context.results[name].metrics["stale_rate"], RATE)
    return (
        f"Outdated answers were most frequent in {name}: {printed.line} of all "
        "its answers gave a value that had been true before that day."
    )


def _chart(context: Context) -> Chart:
    bars = [
        _bar(system, day, first=day == context.results.days[0])
        for system in context.results.systems
        for day in context.results.days
    ]
    return Chart(
        svg=stacked_bars(bars, share_axis(), "Share of each answer class by system and day"),
        caption="Answers by class, per system and day (share of all attempted)",
        legend=tuple(LegendEntry(f"c-{c}", f"{c}: {_MEANING[c]}") for c in _present(context)),
    )


def _present(context: Context) -> tuple[FreshnessClass, ...]:
    """The classes that any answer of the run has, the best first."""
    return tuple(
        label
        for label in FRESHNESS_CLASSES
        if any(
            classes.get(label)
            for system in context.results.systems
            for classes in system.classes.values()
        )
    )


def _bar(system: SystemResult, day: date, *, first: bool) -> Bar:
    classes = system.classes.get(day, {})
    total = sum(classes.values())
    segments = tuple(
        Segment(
            style=f"c-{label}",
            value=classes.get(label, 0) / total,
            text=f"{100 * classes.get(label, 0) / total:.0f}",
            title=f"{label} {classes.get(label, 0):,} of {total:,}",
        )
        for label in FRESHNESS_CLASSES
        if total
    )
    return Bar(
        label=day.isoformat(),
        text=f"n {total:,}" if total else "no answers",
        segments=segments,
        heading=system.name if first else "",
    )


def _table(context: Context) -> Table:
    present = _present(context)
    body: list[tuple[Cell, ...]] = []
    for system in context.results.systems:
        for day in context.results.days:
            classes = system.classes.get(day, {})
            rates = system.by_day.get(day, {})
            body.append(
                (
                    context.labels[system.name],
                    day.isoformat(),
                    *(count(classes.get(label, 0)) for label in present),
                    figure(rates.get("stale_rate"), RATE),
                )
            )
    return Table(
        caption=_caption(present),
        columns=(
            Column("System", numeric=False),
            Column("Day", numeric=False),
            *(Column(label.capitalize()) for label in present),
            Column("Stale rate"),
        ),
        rows=tuple(body),
        headers=2,
        dense=True,
    )


def _caption(present: Sequence[FreshnessClass]) -> str:
    absent = [label for label in FRESHNESS_CLASSES if label not in present]
    none = f"; none was {' or '.join(absent)}" if absent else ""
    return f"Answers by class, per system and day (counts{none})"


def _strict_and_relaxed(context: Context) -> Table:
    names = ("right_rate", "right_relaxed_rate", "mixed_rate")
    return Table(
        caption="Right answers, strictly and relaxed, per system over all days (share of attempted)",
        columns=(
            Column("System", numeric=False),
            Column("Right, strict"),
            *(Column(metric(name).title) for name in names[1:]),
        ),
        rows=rows(system_labels(context), *(context.column(name) for name in names)),
        dense=True,
    )
