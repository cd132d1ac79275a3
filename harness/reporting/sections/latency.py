"""Latency: how long answers took, where the time goes, and the paired overhead."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Final

from harness.decision.words import join
from harness.reporting.charts import LogAxis, share_axis, time_axis
from harness.reporting.components import Chart, Column, Section, Table, line_key
from harness.reporting.curves import Steps, step_chart
from harness.reporting.figures import LATENCY, count
from harness.reporting.sections.context import Context, rows, system_labels
from harness.reporting.sections.overheads import (
    overhead_blocks,
    overheads_summary,
)
from harness.reporting.sections.stages import stage_blocks
from harness.statistics.notes import closed_loop

_UNPAIRED: Final = "The run holds no paired latencies, so no overhead is stated."
_QUANTILES: Final = ("latency_p50", "latency_p95", "latency_p99", "latency_mean")
_MOST_STEPS: Final = 300  # of a curve; a three-hundredth is less than its line is wide


def latency(context: Context) -> Section:
    """Quantiles and distributions, mean time by stage, and overheads over the reference system."""
    return Section(
        id="latency",
        title="Latency",
        sentence=f"{overheads_summary(context.results) or _UNPAIRED} {closed_loop(context.run.manifest)}".rstrip(),
        reading=(
            "Times run from the intended start to the last token and belong to the machine named "
            "under “Reproduce”. An overhead is the mean of differences on the same question, day "
            "and repeat, so what the questions have in common cancels. p99 is shown only where "
            f"there are enough answers to certify it.{_left_out(context)}{_elsewhere(context)}"
        ),
        blocks=(
            _quantile_table(context),
            *_distributions(context),
            *stage_blocks(context),
            *overhead_blocks(context, context.reference.name),
        ),
    )


def _left_out(context: Context) -> str:
    """How many answers were cut off as warm-up."""
    cut = [found for found in context.results.latency.settling if found.cut]
    if not cut:
        return ""
    told = [f"{count(found.cut)} of {count(found.measured)} of {found.system}" for found in cut]
    return (
        f" Left out as warm-up, because the first answers stand out by their time: {join(told)}; "
        "they count in every rate."
    )


def _elsewhere(context: Context) -> str:
    names = [system.name for system in context.run.manifest.systems if system.recorded]
    if not names:
        return ""
    return (
        f" The times of {join(names)} are not measured here: they were recorded with the answers, "
        "wherever those came from, so no overhead of theirs is stated."
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


def _distributions(context: Context) -> tuple[Chart, ...]:
    """The share of each system's answers that were there within a time: the empirical distribution."""
    times: dict[str, list[float]] = {}
    for score in context.results.scores:
        if score.steady is not None:
            times.setdefault(score.system, []).append(score.steady.service)
    drawn = [system.name for system in context.results.systems if system.name in times]
    if not drawn:
        return ()
    ends = [end for name in drawn for end in (min(times[name]), max(times[name]))]
    axis = time_axis(ends, replace(LATENCY, suffix=""))
    curves = [
        _curve(context.labels[name].slot, sorted(times[name]), axis.ticks[-1]) for name in drawn
    ]
    scale = " (log scale)" if isinstance(axis, LogAxis) else ""
    label = "Share of answers given within so many milliseconds"
    return (
        Chart(
            svg=step_chart(curves, axis, share_axis(), label),
            caption=f"{label}{scale}",
            legend=tuple(
                line_key(context.labels[name].slot, f"{name}, n {count(len(times[name]))}")
                for name in drawn
            ),
        ),
    )


def _curve(slot: int, ordered: list[float], until: float) -> Steps:
    """The distribution of times; of very many only some steps, each where it is exact."""
    n = len(ordered)
    steps = min(n, _MOST_STEPS)
    ranks = [math.ceil(step * n / steps) for step in range(1, steps + 1)]
    return Steps(
        slot=slot,
        start=0.0,
        until=until,
        x=tuple(ordered[rank - 1] for rank in ranks),
        y=tuple(rank / n for rank in ranks),
    )
