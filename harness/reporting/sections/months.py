"""What a month of each system costs, from few questions to many: the total cost curves."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from harness.decision.ownership import CHANGES, Ownership
from harness.reporting.charts import LogAxis, time_axis
from harness.reporting.components import Chart, line_key
from harness.reporting.curves import Smooth, smooth_chart
from harness.reporting.figures import DOLLARS, NUMBER
from harness.reporting.sections.context import Context

__all__ = ["month_charts"]

_VOLUMES: Final = LogAxis((100.0, 1e3, 1e4, 1e5, 1e6), NUMBER)
_POINTS: Final = 33  # of a curve; its bends are wider than the gaps
_DRAWN: Final = (CHANGES[0], CHANGES[2])  # days between changes; the table has all


def month_charts(context: Context) -> tuple[Chart, ...]:
    """A chart for facts that change every day and one for every month; none where nothing is known."""
    recommendation = context.recommendation
    owned = recommendation.owned if recommendation is not None else ()
    charts = (_chart(context, owned, days) for days in _DRAWN)
    return tuple(chart for chart in charts if chart is not None)


def _chart(context: Context, owned: Sequence[Ownership], days: float) -> Chart | None:
    curves = [
        curve
        for one in owned
        if (curve := _curve(context.labels[one.system].slot, one, days)) is not None
    ]
    if not curves:
        return None
    ends = [end for curve in curves for end in (*curve.low, *curve.high) if end > 0]
    axis = time_axis(ends, DOLLARS)
    changes = f"facts change every {'day' if days == 1 else f'{days:g} days'}"
    scale = "log scales" if isinstance(axis, LogAxis) else "questions on a log scale"
    label = "US dollars a month, by questions asked a month"
    names = {context.labels[one.system].slot: one.system for one in owned}
    return Chart(
        svg=smooth_chart(curves, _VOLUMES, axis, f"{label}, where {changes}"),
        caption=f"{label}, where {changes} ({scale})",
        legend=tuple(line_key(curve.slot, names[curve.slot]) for curve in curves),
    )


def _curve(slot: int, one: Ownership, days: float) -> Smooth | None:
    low, high = _VOLUMES.ticks[0], _VOLUMES.ticks[-1]
    volumes = tuple(low * (high / low) ** (i / (_POINTS - 1)) for i in range(_POINTS))
    months = [one.month(volume, days) for volume in volumes]
    points = [
        (month.value, month.low, month.high)
        for month in months
        if month.value is not None and month.low is not None and month.high is not None
    ]
    if len(points) < len(volumes):
        return None
    values, lows, highs = zip(*points, strict=True)
    return Smooth(slot, volumes, values, lows, highs)
