"""Strictness: how many answers keep the output format, and how many of those are right."""

from __future__ import annotations

from collections import Counter
from typing import Final

from harness.reporting.charts import interval_chart, share_axis
from harness.reporting.components import Chart, Column, Section, Table
from harness.reporting.figures import RATE, count, figure
from harness.reporting.metrics import METRICS
from harness.reporting.sections.context import Context, rows, system_labels
from harness.reporting.sections.marks import mark
from harness.reporting.untrusted import single_line

_LADDER: Final = ("raw_rate", "valid_rate", "valid_and_right_rate")
_MOST_FREQUENT = 8


def strictness(context: Context) -> Section:
    """The ladder raw, valid, right for the questions that ask for a strict format."""
    return Section(
        id="strictness",
        title="Format strictness",
        sentence=_sentence(context),
        reading=(
            "Only questions that demand a format count here. Each step implies the one before: the "
            "answer parses exactly as sent (no repair, no stripping of fences), it is valid under "
            "the declared schema, and its value is also right."
        ),
        blocks=(_chart(context), _table(context), *_violations(context)),
    )


def _sentence(context: Context) -> str:
    known = [
        (system.metrics["valid_rate"].value or 0.0, system.name)
        for system in context.results.systems
        if "valid_rate" in system.metrics and system.metrics["valid_rate"].value is not None
    ]
    if not known:
        return "No question of this run asked for a strict format, or none was answered."
    (low, worst), (high, best) = min(known), max(known)
    if low == high:
        printed = figure(context.results[best].metrics["valid_rate"], RATE)
        return f"All systems kept the format equally often: {printed.line}."
    top = figure(context.results[best].metrics["valid_rate"], RATE)
    bottom = figure(context.results[worst].metrics["valid_rate"], RATE)
    return f"{best} kept the format in {top.line} of its strict answers, {worst} in {bottom.line}."


def _chart(context: Context) -> Chart:
    marks = [
        mark(
            system.metrics.get(name),
            RATE,
            METRICS[name].title,
            context.labels[system.name].slot,
            heading=system.name if name == _LADDER[0] else "",
        )
        for system in context.results.systems
        for name in _LADDER
    ]
    return Chart(
        svg=interval_chart(marks, share_axis(), "Parsed, valid and right shares by system"),
        caption="From parsed to valid to right, with 95% intervals",
    )


def _table(context: Context) -> Table:
    return Table(
        caption="Strict answers that parse, are valid, and are valid and right",
        columns=(
            Column("System", numeric=False),
            *(Column(METRICS[name].title) for name in _LADDER),
        ),
        rows=rows(system_labels(context), *(context.column(name) for name in _LADDER)),
    )


def _violations(context: Context) -> tuple[Table, ...]:
    """The rules broken most often, counted once per answer."""
    broken: Counter[tuple[str, str, str]] = Counter()
    for score in context.results.scores:
        found = {(violation.rule, violation.path) for violation in score.strictness.violations}
        broken.update((score.system, rule, path) for rule, path in found)
    if not broken:
        return ()
    ranked = sorted(broken.items(), key=lambda item: (-item[1], item[0]))
    slot = {name: label.slot for name, label in context.labels.items()}
    top = sorted(ranked[:_MOST_FREQUENT], key=lambda item: (slot.get(item[0][0], 0), -item[1]))
    hidden = len(ranked) - len(top)
    return (
        Table(
            caption="Rules broken most often",
            columns=(
                Column("System", numeric=False),
                Column("Rule", numeric=False),
                Column("At", numeric=False),
                Column("Answers"),
            ),
            rows=tuple(
                (
                    context.labels[system],
                    single_line(rule),
                    single_line(path) if path else "the whole output",
                    count(times),
                )
                for (system, rule, path), times in top
            ),
            note=f"{count(hidden)} rarer combinations are not shown." if hidden else "",
        ),
    )
