"""Staleness over age: how long what a system knew stayed true, and how stale its answers were."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from harness.reporting.charts import share_axis, zero_axis
from harness.reporting.components import (
    Block,
    Cell,
    Chart,
    Column,
    Lines,
    Section,
    Table,
    line_key,
)
from harness.reporting.curves import Steps, step_chart
from harness.reporting.figures import NBSP, NUMBER, RATE, Unit, count, figure
from harness.reporting.sections.context import Context
from harness.statistics.ages import AGES, AgeCurve, refresh_interval
from harness.statistics.estimate import Estimate

BOUNDS: Final = (0.05, 0.1, 0.2)
"""Shares of outdated answers for which the longest refresh interval is told."""

_DAYS: Final = Unit("days", decimals=0)
_NAMES_SHOWN: Final = 3


def ages(context: Context) -> Section:
    """The curve of each system with its half-life, and the measured share by age of the fact."""
    curves = context.results.over_time.ages
    blocks: list[Block] = []
    if any(curve.ended for curve in curves):
        blocks.append(_chart(context, curves))
    if curves:
        blocks.append(_table(context, curves))
    if any(share.n for row in context.results.over_time.stale_by_age for share in row.shares):
        blocks.append(_measured(context))
    return Section(
        id="ages",
        title="Staleness over age",
        sentence=_sentence(curves),
        reading=(
            "The curve starts on the day as of which a system's index or adapter knew the world, "
            "with the facts that it answered as of that day, and tells which share of them is no "
            "longer true so many days later: what would be stale if nothing were refreshed. Facts "
            "that still held on the last evaluation day count as long as they were seen "
            "(Kaplan-Meier). What a system gets wrong from the start is not in the curve; the last "
            "table has what was measured."
        ),
        blocks=tuple(blocks),
    )


def _sentence(curves: tuple[AgeCurve, ...]) -> str:
    if not curves:
        return (
            "No system of this run is kept up to date by the harness and was asked after its last "
            "refresh, so nothing can be said about how its knowledge ages."
        )
    known = [(c.half_life, c.system) for c in curves if c.half_life.value is not None]
    if not known:
        longest = max(curves, key=lambda curve: curve.followed)
        return (
            f"Less than half of what the systems knew had changed after {longest.followed} days, "
            "the longest that was seen, so no half-life is stated."
        )
    estimate, system = min(known, key=lambda pair: (pair[0].value or 0.0, pair[1]))
    return (
        f"Half of what {system} knew was no longer true after {' '.join(_span(estimate))} without a "
        "refresh."
    )


def _chart(context: Context, curves: tuple[AgeCurve, ...]) -> Chart:
    drawn = [curve for curve in curves if curve.ended]
    steps = [
        Steps(
            slot=context.labels[curve.system].slot,
            start=0.0,
            until=curve.followed,
            x=curve.days,
            y=tuple(1 - share for share in curve.fresh),
            low=tuple(1 - share for share in curve.high),
            high=tuple(1 - share for share in curve.low),
        )
        for curve in drawn
    ]
    axis = zero_axis([curve.followed for curve in drawn], NUMBER)
    label = "Share of known facts that are no longer true, by days since the system knew them"
    return Chart(
        svg=step_chart(steps, axis, share_axis(), label),
        caption="Share no longer true, by days since the knowledge of the system ended",
        legend=tuple(line_key(context.labels[curve.system].slot, curve.system) for curve in drawn),
    )


def _table(context: Context, curves: tuple[AgeCurve, ...]) -> Table:
    rows: list[tuple[Cell, ...]] = [
        (
            context.labels[curve.system],
            count(curve.facts),
            f"{count(curve.ended)} in {count(curve.followed)} days",
            Lines(_span(curve.half_life)),
            *(Lines(_span(refresh_interval(curve, bound))) for bound in BOUNDS),
            count(len(curve.excluded)),
        )
        for curve in curves
    ]
    return Table(
        caption="Half-life, and the longest refresh interval for a bound on the outdated share",
        columns=(
            Column("System", numeric=False),
            Column("Facts followed"),
            Column("Of them changed"),
            Column("Half-life"),
            *(Column(f"At most {bound:.0%} outdated", "refresh every") for bound in BOUNDS),
            Column("Never known", "left out"),
        ),
        rows=tuple(rows),
        note=(
            "The bound holds for the last day before each refresh, and for what the system knew. "
            "Facts that it never answered as it should have known them are left out"
            f"{_excluded(curves)}."
        ),
    )


def _measured(context: Context) -> Table:
    return Table(
        caption="Share of outdated answers, by days since the fact last changed (measured)",
        columns=(
            Column("System", numeric=False),
            *(Column(f"{low}-{high}" if high else f"{low} and more", "days") for low, high in AGES),
        ),
        rows=tuple(
            (context.labels[row.system], *(figure(share, RATE) for share in row.shares))
            for row in context.results.over_time.stale_by_age
        ),
    )


def _excluded(curves: Sequence[AgeCurve]) -> str:
    """The first few names of each system that never knew some."""
    named = [
        f"by {curve.system} {'; '.join(curve.excluded[:_NAMES_SHOWN])}"
        + (f" and {more} more" if (more := len(curve.excluded) - _NAMES_SHOWN) > 0 else "")
        for curve in curves
        if curve.excluded
    ]
    return f" ({', '.join(named)})" if named else ""


def _span(estimate: Estimate) -> tuple[str, str]:
    """Days, and their interval; an end that was not reached says so."""
    if estimate.value is None:
        return "not reached", estimate.method
    low, high = (
        _DAYS.write(bound)[0] if bound is not None else "not reached"
        for bound in (estimate.low, estimate.high)
    )
    return f"{_DAYS.write(estimate.value)[0]} days", f"[{low},{NBSP}{high}]"
