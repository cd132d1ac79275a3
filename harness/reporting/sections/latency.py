"""Latency: how long answers took, what each stage adds, and the paired overhead."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from harness.reporting.charts import Bar, Segment, interval_chart, stacked_bars, zero_axis
from harness.reporting.components import Cell, Chart, Column, LegendEntry, Section, Table
from harness.reporting.figures import (
    LATENCY,
    LATENCY_DIFFERENCE,
    figure,
    p_value,
)
from harness.reporting.metrics import METRICS
from harness.reporting.sections.answer import join
from harness.reporting.sections.context import Context, rows, system_labels
from harness.reporting.sections.marks import mark
from harness.statistics.notes import closed_loop
from harness.statistics.results import Comparison, SystemResult

_QUANTILES: Final = ("latency_p50", "latency_p95", "latency_p99", "latency_mean")
_STAGES: Final = (
    ("retrieve_mean", "retrieve"),
    ("first_token_mean", "first token"),
    ("decode_mean", "decode"),
)
_WHOLE: Final = "latency_mean"
_STAGE_NAMES: Final = {_WHOLE: "Whole answer"} | {
    name: label.capitalize() for name, label in _STAGES
}


def latency(context: Context) -> Section:
    """Quantiles, mean time by stage, and each system's overhead over the reference system."""
    overheads = _overheads(context)
    return Section(
        id="latency",
        title="Latency",
        sentence=f"{_sentence(context, overheads)} {closed_loop(context.run.manifest)}".rstrip(),
        reading=(
            "Times run from the intended start to the last token and belong to the machine named "
            "under “Reproduce”. An overhead is the mean of differences on the same question, day "
            "and repeat, so what the questions have in common cancels. p99 is shown only where "
            f"there are enough answers to certify it."
            f"{_elsewhere(context)}"
        ),
        blocks=(
            _quantile_table(context),
            _stage_chart(context),
            _stage_table(context),
            *_overhead_blocks(context, overheads),
        ),
    )


def _recorded(context: Context) -> tuple[str, ...]:
    """The systems whose times say nothing of this machine, so that none is over another's."""
    return tuple(system.name for system in context.run.manifest.systems if system.recorded)


def _elsewhere(context: Context) -> str:
    names = _recorded(context)
    if not names:
        return ""
    return (
        f" The times of {join(names)} are not measured here: they were recorded with the answers, "
        "wherever those came from, so no overhead is stated."
    )


def _overheads(context: Context) -> list[Comparison]:
    reference = context.reference.name
    apart = {reference, *_recorded(context)}
    if reference in _recorded(context):
        return []
    return [
        comparison
        for system in context.results.systems
        for name in _STAGE_NAMES
        if system.name not in apart
        and (comparison := context.difference(reference, system.name, name)) is not None
    ]


def _sentence(context: Context, overheads: list[Comparison]) -> str:
    whole = [c for c in overheads if c.metric == _WHOLE and c.difference.value is not None]
    if not whole:
        return "The run holds no paired latencies, so no overhead is stated."
    largest = max(whole, key=lambda c: (c.difference.value or 0.0, c.b))
    printed = figure(largest.difference, LATENCY_DIFFERENCE)
    return (
        f"Against {context.reference.name} on the same questions, {largest.b} adds the most time: "
        f"{printed.text} ms {printed.interval} per answer on average."
    )


def _quantile_table(context: Context) -> Table:
    return Table(
        caption="Time per answer",
        columns=(
            Column("System", numeric=False),
            Column("Median (p50)"),
            Column("p95"),
            Column("p99"),
            Column("Mean"),
        ),
        rows=rows(system_labels(context), *(context.column(name) for name in _QUANTILES)),
    )


def _stage_table(context: Context) -> Table:
    return Table(
        caption="Mean time per stage",
        columns=(
            Column("System", numeric=False),
            *(Column(label.capitalize()) for _, label in _STAGES),
        ),
        rows=rows(system_labels(context), *(context.column(name) for name, _ in _STAGES)),
    )


def _stage_chart(context: Context) -> Chart:
    bars = [_stage_bar(system) for system in context.results.systems]
    totals = [sum(segment.value for segment in bar.segments) for bar in bars]
    axis = zero_axis(totals, LATENCY)
    return Chart(
        svg=stacked_bars(bars, axis, "Mean seconds per stage by system"),
        caption="Mean time per answer by stage",
        legend=tuple(
            LegendEntry(f"t-{name.removesuffix('_mean')}", label) for name, label in _STAGES
        ),
    )


def _stage_bar(system: SystemResult) -> Bar:
    segments = []
    for name, label in _STAGES:
        estimate = system.metrics.get(name)
        if estimate is None or estimate.value is None:
            continue
        (text,) = LATENCY.write(estimate.value)
        segments.append(
            Segment(f"t-{name.removesuffix('_mean')}", estimate.value, text, f"{label} {text} ms")
        )
    whole = figure(system.metrics.get("latency_mean"), LATENCY)
    return Bar(label=system.name, text=whole.line, segments=tuple(segments))


def _overhead_blocks(context: Context, overheads: list[Comparison]) -> tuple[Chart | Table, ...]:
    if not overheads:
        return ()
    reference = context.reference.name
    unit = METRICS[_WHOLE].difference_unit([c.difference for c in overheads])
    ends = [bound for c in overheads for bound in (c.difference.low, c.difference.high)]
    marks = [
        mark(
            comparison.difference,
            unit,
            _STAGE_NAMES[comparison.metric],
            context.labels[comparison.b].slot,
            heading=comparison.b if comparison.metric == _WHOLE else "",
        )
        for comparison in overheads
    ]
    axis = zero_axis(ends, replace(LATENCY_DIFFERENCE, suffix=" ms"))
    body: list[tuple[Cell, ...]] = [
        (
            context.labels[comparison.b],
            _STAGE_NAMES[comparison.metric],
            figure(comparison.difference, unit),
            p_value(comparison.p_adjusted),
            context.verdict(comparison),
        )
        for comparison in overheads
    ]
    return (
        Chart(
            svg=interval_chart(marks, axis, f"Paired overhead over {reference} by stage"),
            caption=f"Paired overhead over {reference}, with 95% intervals",
        ),
        Table(
            caption=f"Paired overhead over {reference}",
            columns=(
                Column("System", numeric=False),
                Column("Stage", numeric=False),
                Column("Overhead", LATENCY.name),
                Column("Holm p"),
                Column("Verdict", numeric=False),
            ),
            rows=tuple(body),
            headers=2,
            dense=True,
        ),
    )
