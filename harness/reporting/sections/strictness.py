"""Strictness: how many answers keep the output format, and how many of those are right."""

from __future__ import annotations

from typing import Final

from harness.decision.words import join
from harness.reporting.charts import interval_chart, share_axis
from harness.reporting.components import Chart, Column, Section, Table
from harness.reporting.figures import RATE, count, figure
from harness.reporting.metrics import METRICS
from harness.reporting.sections.context import Context, rows, system_labels
from harness.reporting.sections.marks import mark
from harness.reporting.untrusted import single_line
from harness.statistics.formats import format_rates
from harness.statistics.parts import right_parts
from harness.statistics.violations import BESIDES, broken_rules, counted_besides

_LADDER: Final = (
    "raw_rate",
    "extractable_rate",
    "schema_valid_rate",
    "formats_valid_rate",
    "content_right_rate",
)
_MOST_FREQUENT = 8
_WORST = 5
_UNREAD: Final = "An answer that failed or cannot be read is right at no path."


def strictness(context: Context) -> Section:
    """The ladder from raw to right for the questions that ask for a strict format."""
    return Section(
        id="strictness",
        title="Format strictness",
        sentence=_sentence(context),
        reading=(
            "Only questions that demand a format count here. Raw: the output is the format exactly "
            "as sent. Extractable: it is once a fence or prose around it is taken off; from there "
            "on each level implies the one before it: valid under the schema in its declared "
            "draft, with every format in it (dates, addresses), with the right content. Valid "
            "format, in the first table of this report, is raw with every format: what a strict "
            "reader takes."
        ),
        blocks=(
            _chart(context),
            _table(context),
            *_formats(context),
            *_besides(context),
            *_violations(context),
            *_parts(context),
        ),
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
        svg=interval_chart(marks, share_axis(), "Shares on each level of the ladder by system"),
        caption="From raw to right, with 95% intervals",
    )


def _table(context: Context) -> Table:
    return Table(
        caption="Strict answers on each level of the ladder",
        columns=(
            Column("System", numeric=False),
            *(Column(METRICS[name].title) for name in _LADDER),
        ),
        rows=rows(system_labels(context), *(context.column(name) for name in _LADDER)),
    )


def _formats(context: Context) -> tuple[Table, ...]:
    """Each format by itself, where there is more than one strict format."""
    found = format_rates(context.run, context.results.scores)
    if len({one.name for one in found}) < 2:  # noqa: PLR2004  (one: the table above has it all)
        return ()
    valid, right = METRICS["valid_rate"], METRICS["content_right_rate"]
    return (
        Table(
            caption="Strict answers by format",
            columns=(
                Column("Format", numeric=False),
                Column("System", numeric=False),
                Column(valid.title),
                Column(right.title),
            ),
            rows=tuple(
                (
                    single_line(one.name),
                    context.labels[one.system],
                    figure(one.valid, RATE),
                    figure(one.right, RATE),
                )
                for one in found
            ),
            headers=2,
            dense=True,
        ),
    )


def _besides(context: Context) -> tuple[Table, ...]:
    """What else is said of answers below the ladder's top; nothing where nothing is."""
    counted = counted_besides(context.results.scores)
    shown = [b for b in BESIDES if any(own[b] for own in counted.values())]
    if not shown:
        return ()
    absent = [beside for beside in BESIDES if beside not in shown]
    none = f"; none was {join(absent, 'or')}" if absent else ""
    return (
        Table(
            caption=f"Beside the ladder: what a repair would save, keys in another order, and why others fell{none}",
            columns=(
                Column("System", numeric=False),
                *(Column(beside.capitalize()) for beside in shown),
            ),
            rows=tuple(
                (context.labels[system.name], *(count(own[beside]) for beside in shown))
                for system in context.results.systems
                if (own := counted.get(system.name)) is not None
            ),
        ),
    )


def _violations(context: Context) -> tuple[Table, ...]:
    """The rules broken most often, counted once per answer."""
    broken, rules = broken_rules(context.results.scores, _MOST_FREQUENT)
    if not broken:
        return ()
    slot = {name: label.slot for name, label in context.labels.items()}
    top = sorted(broken, key=lambda one: (slot.get(one.system, 0), -one.answers))
    hidden = rules - len(top)
    return (
        Table(
            caption="Rules broken most often",
            columns=(
                Column("System", numeric=False),
                Column("Rule", numeric=False),
                Column("At", numeric=False),
                Column("Answers"),
                Column("Share of strict answers"),
            ),
            rows=tuple(
                (
                    context.labels[one.system],
                    single_line(one.rule),
                    single_line(one.path) if one.path else "the whole output",
                    count(one.answers),
                    figure(one.share, RATE),
                )
                for one in top
            ),
            note=f"{count(hidden)} rarer combinations are not shown." if hidden else "",
        ),
    )


def _parts(context: Context) -> tuple[Table, ...]:
    """The places in JSON answers with several values at which each system is right least often."""
    parts, places = right_parts(context.results.scores, _WORST)
    if not parts:
        return ()
    slot = {name: label.slot for name, label in context.labels.items()}
    hidden = places - len(parts)
    rest = [f"{count(hidden)} places right more often are not shown."] if hidden else []
    return (
        Table(
            caption="Right values by JSON path",
            columns=(
                Column("System", numeric=False),
                Column("At", numeric=False),
                Column("Answers", "right / all"),
                Column("Share right"),
            ),
            rows=tuple(
                (
                    context.labels[one.system],
                    single_line(one.path),
                    f"{count(one.right)} / {count(one.answers)}",
                    figure(one.share, RATE),
                )
                for one in sorted(parts, key=lambda one: slot.get(one.system, 0))
            ),
            headers=2,
            note=" ".join([_UNREAD, *rest]),
            dense=True,
        ),
    )
