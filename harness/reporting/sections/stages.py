"""Mean time per answer, stage by stage."""

from __future__ import annotations

from typing import Final

from harness.reporting.charts import Bar, Segment, stacked_bars, zero_axis
from harness.reporting.components import Chart, Column, LegendEntry, Table
from harness.reporting.figures import LATENCY, figure
from harness.reporting.metrics import METRICS
from harness.reporting.sections.context import Context, rows, system_labels
from harness.statistics.results import SystemResult
from harness.systems.base import STAGES, Stage

OTHER: Final = "other_mean"
QUEUE: Final = "queue_mean"
SPEED: Final = "tokens_per_second"


def mean_of(stage: Stage) -> str:
    """The name of the metric of a stage."""
    return f"{stage}_mean"


def told_stages(context: Context) -> tuple[Stage, ...]:
    """The stages that some system of the run tells."""
    return tuple(stage for stage in STAGES if _known(context, mean_of(stage)))


def stage_blocks(context: Context) -> tuple[Chart | Table, ...]:
    """The chart and its table; nothing where no system tells its stages."""
    told = told_stages(context)
    return (_chart(context, told), _table(context, told)) if told else ()


def _known(context: Context, name: str) -> bool:
    estimates = (system.metrics.get(name) for system in context.results.systems)
    return any(estimate is not None and estimate.value is not None for estimate in estimates)


def _chart(context: Context, told: tuple[Stage, ...]) -> Chart:
    names = (*map(mean_of, told), OTHER)
    bars = [_bar(system, names) for system in context.results.systems]
    axis = zero_axis([sum(segment.value for segment in bar.segments) for bar in bars], LATENCY)
    return Chart(
        svg=stacked_bars(bars, axis, "Mean seconds per stage by system"),
        caption="Mean time per answer by stage",
        legend=tuple(LegendEntry(_style(name), _label(name)) for name in names),
    )


def _bar(system: SystemResult, names: tuple[str, ...]) -> Bar:
    segments = []
    for name in names:
        estimate = system.metrics.get(name)
        if estimate is None or estimate.value is None:
            continue
        (text,) = LATENCY.write(estimate.value)
        segments.append(Segment(_style(name), estimate.value, text, f"{_label(name)} {text} ms"))
    whole = figure(system.metrics.get("latency_mean"), LATENCY)
    return Bar(label=system.name, text=whole.line, segments=tuple(segments))


def _table(context: Context, told: tuple[Stage, ...]) -> Table:
    queued = any(_queued(system) for system in context.results.systems)
    names = (
        *map(mean_of, told),
        OTHER,
        *((QUEUE,) if queued else ()),
        *((SPEED,) if _known(context, SPEED) else ()),
    )
    return Table(
        caption="Mean time per stage",
        columns=(
            Column("System", numeric=False),
            *(Column(METRICS[name].title, _UNITS.get(name, "")) for name in names),
        ),
        rows=rows(system_labels(context), *(context.column(name) for name in names)),
        note=(
            "Other is what no stage covers, such as rendering the prompt. "
            + ("The queue, in the client, is no part of the latency. " if queued else "")
            + "Tokens per second are those after the first, over the time of decoding; the mean is over "
            "answers."
        ),
    )


_UNITS: Final = {QUEUE: "apart", SPEED: "while decoding"}


def _queued(system: SystemResult) -> bool:
    queue = system.metrics.get(QUEUE)
    return queue is not None and bool(queue.value)


def _style(name: str) -> str:
    return f"t-{name.removesuffix('_mean')}"


def _label(name: str) -> str:
    return METRICS[name].title.lower()
