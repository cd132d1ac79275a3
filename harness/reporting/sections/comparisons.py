"""Every pair of systems on the metrics that decide, with a verdict in plain words."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from harness.reporting.charts import interval_chart, zero_axis
from harness.reporting.components import Block, Cell, Chart, Column, Section, Table
from harness.reporting.figures import RATE_DIFFERENCE, count, figure, p_value
from harness.reporting.metrics import METRICS
from harness.reporting.sections.context import Context
from harness.reporting.sections.marks import mark
from harness.reporting.verdicts import SIGNIFICANCE
from harness.statistics.results import Comparison

_DECIDING: Final = (
    "right_rate",
    "stale_rate",
    "valid_rate",
    "latency_mean",
    "cost_per_query",
)


def comparisons(context: Context) -> Section:
    """The paired differences of every pair of systems."""
    by_metric = {
        name: [c for c in context.results.comparisons if c.metric == name] for name in _DECIDING
    }
    blocks: list[Block] = []
    if by_metric["right_rate"]:
        blocks.append(_chart(context, by_metric["right_rate"]))
    blocks += [_table(context, name, made) for name, made in by_metric.items() if made]
    return Section(
        id="pairs",
        title="Pair by pair",
        sentence=_sentence(context, by_metric["right_rate"]),
        reading=(
            "Each row is a system minus the one it is held against, on the same questions. “Better” and "
            f"“worse” need an interval without 0 and a p-value below {SIGNIFICANCE} after Holm's "
            "correction over all pairs of the metric; “no difference detected” is no proof of "
            "equality; “within noise” is a difference that is real and too small to matter (under "
            "one point, or under 5% of the other's time or cost)."
        ),
        blocks=tuple(blocks),
    )


def _sentence(context: Context, made: Sequence[Comparison]) -> str:
    if not made:
        return "The run holds no pairs of systems to compare."
    told_apart = sum(context.verdict(c).text in {"better", "worse"} for c in made)
    return (
        f"On right answers, {told_apart} of {len(made)} pairs of systems can be told apart."
        if told_apart
        else f"On right answers, none of the {len(made)} pairs of systems can be told apart."
    )


def _chart(context: Context, made: Sequence[Comparison]) -> Chart:
    ends = [bound for c in made for bound in (c.difference.low, c.difference.high)]
    marks = [
        mark(c.difference, RATE_DIFFERENCE, f"{c.b} − {c.a}", context.labels[c.b].slot)  # noqa: RUF001
        for c in made
    ]
    axis = zero_axis(ends, RATE_DIFFERENCE)
    return Chart(
        svg=interval_chart(marks, axis, "Paired differences of the right rate"),
        caption="Difference in right answers, percentage points, with 95% intervals",
    )


def _table(context: Context, name: str, made: Sequence[Comparison]) -> Table:
    metric = METRICS[name]
    unit = metric.difference_unit([c.difference for c in made])
    counted = metric.quantity == "rate" and any(c.only_a is not None for c in made)
    columns = [
        Column("System", numeric=False),
        Column("against", numeric=False),
        Column("Difference", unit.name),
        Column("Holm p"),
        Column("Verdict", numeric=False),
    ]
    if counted:
        columns[3:3] = [Column("Only it"), Column("Only other")]
    body: list[tuple[Cell, ...]] = []
    for c in made:
        lone: tuple[Cell, ...] = (_lone(c.only_b), _lone(c.only_a)) if counted else ()
        body.append(
            (
                context.labels[c.b],
                context.labels[c.a],
                figure(c.difference, unit),
                *lone,
                p_value(c.p_adjusted),
                context.verdict(c),
            )
        )
    return Table(
        caption=f"{metric.title}: paired differences",
        columns=tuple(columns),
        rows=tuple(body),
        headers=2,
        dense=True,
    )


def _lone(number: int | None) -> str:
    return "unknown" if number is None else count(number)
