"""What a system takes longer than another on the same questions, and in which stage."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Final

from harness.reporting.charts import Mark, interval_chart, zero_axis
from harness.reporting.components import Badge, Cell, Chart, Column, Table
from harness.reporting.figures import LATENCY_DIFFERENCE, Unit, figure, p_value
from harness.reporting.metrics import METRICS
from harness.reporting.sections.context import Context, reference_of
from harness.reporting.sections.marks import mark
from harness.reporting.sections.stages import OTHER, QUEUE, mean_of
from harness.statistics.estimate import Estimate
from harness.statistics.overhead import Overhead
from harness.statistics.results import Results
from harness.systems.base import STAGES, Stage

_WHOLE: Final = "latency_mean"
_TITLES: Final = {_WHOLE: "Whole answer", QUEUE: "Queue, apart"}
_NOT_TOLD: Final = "in other"
_SUM: Final = (
    "Stages and other add up to the whole answer, but for rounding. A stage that one of the two does "
    "not tell of every answer is in other."
)
_WORDS: Final[Mapping[Stage, tuple[str, str]]] = {
    "connect": ("connecting", "connecting"),
    "retrieve": ("retrieval", "retrieval"),
    "first_token": ("longer prefill", "shorter prefill"),
    "decode": ("decode", "decode"),
}
"""How each stage is named in a sentence: where it takes longer, and where less."""


def overheads_over(results: Results, reference: str) -> list[Overhead]:
    """What each other measured system takes longer than the reference, in the run's order."""
    found = (_over(overhead, reference) for overhead in results.latency.overheads)
    return [overhead for overhead in found if overhead is not None]


def overheads_summary(results: Results) -> str:
    """What the system that adds most costs over the reference, and reading over weights that know.

    Empty where no question was measured on two systems.
    """
    against = overheads_over(results, reference_of(results).name)
    known = [overhead for overhead in against if overhead.total.value is not None]
    choice = _reading_over_weights(results)
    if not known:
        return "" if choice is None else f"On the same questions, {overhead_sentence(choice)}"
    most = max(known, key=lambda overhead: (overhead.total.value or 0.0, overhead.b))
    rest = " No other system adds more."
    if (most.total.value or 0.0) < 0:  # all are faster than the reference
        most = min(known, key=lambda overhead: (overhead.total.value or 0.0, overhead.b))
        rest = " No other system takes less."
    said = f"On the same questions, {overhead_sentence(most)}{rest if len(known) > 1 else ''}"
    if choice is None or {choice.a, choice.b} == {most.a, most.b}:
        return said
    return f"{said} In direct comparison, {overhead_sentence(choice)}"


def overhead_sentence(overhead: Overhead) -> str:
    """Such as: rag costs +212 ms [+198, +226] over base: retrieval +9, longer prefill +150, decode +53.

    The slower of the two is named first.
    """
    total = overhead.total
    if total.value is None:
        return f"What {overhead.b} costs over {overhead.a} is not known: {total.method}."
    if total.value < 0:
        overhead = overhead.reversed()
        total = overhead.total
    unit = LATENCY_DIFFERENCE.fitted([total.value])
    whole = figure(total, unit)
    parts = [
        f"{_WORDS[stage][0 if (estimate.value or 0.0) > 0 else 1]} {unit.write(estimate.value or 0.0)[0]}"
        for stage, estimate in overhead.stages.items()
        if estimate.value
    ]
    if parts:
        parts.append(f"other {unit.write(overhead.other.value or 0.0)[0]}")
    stages = f": {', '.join(parts)}" if parts else ""
    return (
        f"{overhead.b} costs {whole.text} ms {whole.interval}".rstrip()
        + f" over {overhead.a}{stages}."
    )


def overhead_blocks(context: Context, reference: str) -> tuple[Chart | Table, ...]:
    """Chart and table against the reference, and a table of the pairs without it, if any."""
    against = overheads_over(context.results, reference)
    others = [o for o in context.results.latency.overheads if reference not in {o.a, o.b}]
    blocks: list[Chart | Table] = []
    if against:
        blocks += [_chart(context, against, reference), _table(context, against, reference)]
    if others:
        blocks.append(_pairs(context, others))
    return tuple(blocks)


def _reading_over_weights(results: Results) -> Overhead | None:
    """The first system that retrieves against the first that was fine-tuned, where both were measured."""
    first = {system.strategy: system.name for system in reversed(results.systems)}
    pair = {first.get("rag"), first.get("fine-tuned")}
    measured = (o for o in results.latency.overheads if o.total.value is not None)
    return next((overhead for overhead in measured if {overhead.a, overhead.b} == pair), None)


def _over(overhead: Overhead, reference: str) -> Overhead | None:
    if overhead.a == reference:
        return overhead
    return overhead.reversed() if overhead.b == reference else None


def _parts(overhead: Overhead) -> Iterator[tuple[str, Estimate]]:
    """The whole, each stage and the rest, by the names of their metrics."""
    yield _WHOLE, overhead.total
    for stage, estimate in overhead.stages.items():
        yield mean_of(stage), estimate
    if overhead.stages:
        yield OTHER, overhead.other


def _queue(overhead: Overhead) -> Iterator[tuple[str, Estimate]]:
    """What is no part of the whole, where there was any."""
    if overhead.queue.value:
        yield QUEUE, overhead.queue


def _title(name: str) -> str:
    return _TITLES.get(name) or METRICS[name].title


def _unit(overheads: Sequence[Overhead]) -> Unit:
    """One unit for all, so that a reader can add the stages up; the largest gets three digits."""
    largest = max((abs(overhead.total.value or 0.0) for overhead in overheads), default=0.0)
    return LATENCY_DIFFERENCE.fitted([largest])


def _chart(context: Context, overheads: Sequence[Overhead], reference: str) -> Chart:
    unit = _unit(overheads)
    marks: list[Mark] = []
    ends: list[float | None] = []
    for overhead in overheads:
        slot = context.labels[overhead.b].slot
        for name, estimate in _parts(overhead):
            heading = overhead.b if name == _WHOLE else ""
            marks.append(mark(estimate, unit, _title(name), slot, heading=heading))
            ends += [estimate.low, estimate.high]
    axis = zero_axis(ends, replace(LATENCY_DIFFERENCE, suffix=" ms"))
    return Chart(
        svg=interval_chart(marks, axis, f"Paired overhead over {reference} by stage"),
        caption=f"Paired overhead over {reference}, with 95% intervals",
    )


def _table(context: Context, overheads: Sequence[Overhead], reference: str) -> Table:
    unit = _unit(overheads)
    return Table(
        caption=f"Paired overhead over {reference}",
        columns=(
            Column("System", numeric=False),
            Column("Stage", numeric=False),
            Column("Overhead", LATENCY_DIFFERENCE.name),
            Column("Holm p"),
            Column("Verdict", numeric=False),
        ),
        rows=tuple(
            (
                context.labels[overhead.b],
                _title(name),
                figure(estimate, unit),
                *_judged(context, overhead, name),
            )
            for overhead in overheads
            for name, estimate in (*_parts(overhead), *_queue(overhead))
        ),
        headers=2,
        note=_SUM,
        dense=True,
    )


def _judged(context: Context, overhead: Overhead, name: str) -> tuple[Cell, Cell]:
    """The test of that metric; what is left over is not tested."""
    comparison = context.difference(overhead.a, overhead.b, name) if name != OTHER else None
    if comparison is None:
        return "none", Badge("not tested", "neutral")
    return p_value(comparison.p_adjusted), context.verdict(comparison)


def _pairs(context: Context, overheads: Sequence[Overhead]) -> Table:
    slower_first = [o.reversed() if (o.total.value or 0.0) < 0 else o for o in overheads]
    stages = [stage for stage in STAGES if any(stage in o.stages for o in overheads)]
    unit = _unit(slower_first)

    def stage_cell(overhead: Overhead, stage: Stage) -> Cell:
        estimate = overhead.stages.get(stage)
        return _NOT_TOLD if estimate is None else figure(estimate, unit)

    return Table(
        caption="Paired overhead of the other pairs, by stage",
        columns=(
            Column("System", numeric=False),
            Column("Against", numeric=False),
            Column("Whole answer", LATENCY_DIFFERENCE.name),
            *(Column(METRICS[mean_of(stage)].title, LATENCY_DIFFERENCE.name) for stage in stages),
            *((Column("Other", LATENCY_DIFFERENCE.name),) if stages else ()),
        ),
        rows=tuple(
            (
                context.labels[overhead.b],
                f"over {overhead.a}",
                figure(overhead.total, unit),
                *(stage_cell(overhead, stage) for stage in stages),
                *((figure(overhead.other, unit),) if stages else ()),
            )
            for overhead in slower_first
        ),
        headers=2,
        note=_SUM if stages else "",
    )
