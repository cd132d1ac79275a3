"""Curves over two axes, in steps or smooth, as static inline SVG.

The field fills whatever width it gets: the curves live in a stretched coordinate system of their own
whose lines keep their width, grid and numbers in percentages beside them. To a screen reader a chart
is one image with a label; the numbers are in the table beside it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Final

from markupsafe import Markup

from harness.reporting.charts import Axis
from harness.reporting.colours import colour, dash
from harness.reporting.untrusted import visible

HEIGHT: Final = 240
SIZE: Final = 1000  # of the stretched field, in its own units
_FITTING: Final = 6  # characters of a number that fit to the left of the field


@dataclass(frozen=True, slots=True)
class Steps:
    """A curve that goes from `start` in steps and ends at `until`.

    At `x[i]` it steps to `y[i]`; `low` and `high`, where given, are its interval from there on.
    `slot` picks the colour and the pattern of the line.
    """

    slot: int
    start: float
    until: float
    x: tuple[float, ...]
    y: tuple[float, ...]
    low: tuple[float, ...] = ()
    high: tuple[float, ...] = ()


@dataclass(frozen=True, slots=True)
class Smooth:
    """A curve through (`x[i]`, `y[i]`), close enough for straight lines between; the rest as in `Steps`."""

    slot: int
    x: tuple[float, ...]
    y: tuple[float, ...]
    low: tuple[float, ...] = ()
    high: tuple[float, ...] = ()


def step_chart(curves: Sequence[Steps], x_axis: Axis, y_axis: Axis, label: str) -> Markup:
    """All curves in one field; values outside the axes are drawn at their ends."""
    return _field(
        [
            _curve(curve, partial(_corners, curve, x_axis=x_axis, y_axis=y_axis))
            for curve in sorted(curves, key=_broken)
        ],
        x_axis,
        y_axis,
        label,
    )


def smooth_chart(curves: Sequence[Smooth], x_axis: Axis, y_axis: Axis, label: str) -> Markup:
    """As `step_chart`, without steps."""
    return _field(
        [
            _curve(curve, partial(_points, curve.x, x_axis=x_axis, y_axis=y_axis))
            for curve in sorted(curves, key=_broken)
        ],
        x_axis,
        y_axis,
        label,
    )


def _broken(curve: Steps | Smooth) -> bool:
    """Whether its line is; such lie over solid ones, so that both are seen where they coincide."""
    return dash(curve.slot) != dash(0)


def _curve(
    curve: Steps | Smooth, corners: Callable[[Sequence[float]], list[tuple[float, float]]]
) -> Markup:
    band = Markup()
    if curve.low:
        around = [*corners(curve.low), *reversed(corners(curve.high))]
        band = Markup('<path class="band" d="{}Z"/>').format(svg_path(around))
    return Markup(
        '<g class="{}">{}<path class="curve {}" vector-effect="non-scaling-stroke" d="{}"/></g>'
    ).format(colour(curve.slot), band, dash(curve.slot), svg_path(corners(curve.y)))


def _field(curves: Sequence[Markup], x_axis: Axis, y_axis: Axis, label: str) -> Markup:
    room = " long" if max(len(y_axis.unit.tick(t)) for t in y_axis.ticks) > _FITTING else ""
    return Markup(
        '<div class="curves{}" role="img" aria-label="{}">\n<svg width="100%" height="{height}">{}{}\n'
        '<svg width="100%" height="{height}" viewBox="0 0 {size} {size}" preserveAspectRatio="none">'
        "{}</svg></svg>\n"
        '<svg width="100%" height="20">{}</svg>\n</div>'
    ).format(
        room, visible(label), vertical_rules(x_axis), levels(y_axis), Markup().join(curves), numbers(x_axis),
        height=HEIGHT, size=SIZE,
    )  # fmt: skip


def _corners(
    curve: Steps, values: Sequence[float], x_axis: Axis, y_axis: Axis
) -> list[tuple[float, float]]:
    """The corners of the steps in the field's units, from left to right."""
    places = [*curve.x, curve.until]
    corners = [(x_axis.x(0), y_axis.x(curve.start)), (x_axis.x(places[0]), y_axis.x(curve.start))]
    for value, left, right in zip(values, places, places[1:], strict=False):
        corners += [(x_axis.x(left), y_axis.x(value)), (x_axis.x(right), y_axis.x(value))]
    return [_placed(x, y) for x, y in corners]


def _points(
    x: Sequence[float], y: Sequence[float], x_axis: Axis, y_axis: Axis
) -> list[tuple[float, float]]:
    """The points of a smooth curve in the field's units."""
    return [_placed(x_axis.x(a), y_axis.x(b)) for a, b in zip(x, y, strict=True)]


def _placed(x: float, y: float) -> tuple[float, float]:
    """From per cent of the axes to the field's units, in which y goes down."""
    return x * SIZE / 100, SIZE - y * SIZE / 100


def svg_path(corners: Sequence[tuple[float, float]]) -> str:
    """A line through all of them, in the units of the field, as the data of a path."""
    return "M" + "L".join(f"{x:.4g} {y:.4g}" for x, y in corners)


def vertical_rules(axis: Axis) -> Markup:
    """A rule at each tick of the horizontal axis."""
    line = Markup('<line class="rule" x1="{x}%" x2="{x}%" y1="0" y2="{height}"/>')
    return Markup().join(line.format(x=f"{axis.x(t):.4g}", height=HEIGHT) for t in axis.ticks)


def levels(axis: Axis, height: int = HEIGHT) -> Markup:
    """The rules across a field so many pixels high, each with its number to the left."""
    line = Markup(
        '<line class="rule" x1="0" x2="100%" y1="{y}" y2="{y}"/>'
        '<text class="end" x="-8" y="{text}">{}</text>'
    )
    heights = [height * (1 - axis.x(tick) / 100) for tick in axis.ticks]
    return Markup().join(
        line.format(axis.unit.tick(tick), y=f"{y:.4g}", text=f"{y + 4:.4g}")
        for tick, y in zip(axis.ticks, heights, strict=True)
    )


def numbers(axis: Axis) -> Markup:
    """The ticks of the horizontal axis; a long one at its end stays inside."""
    text = Markup('<text{} x="{}%" y="14">{}</text>')
    written = [(tick, axis.unit.tick(tick)) for tick in axis.ticks]
    return Markup().join(
        text.format(
            Markup(' class="end"') if tick == axis.ticks[-1] and len(it) > _FITTING else "",
            f"{axis.x(tick):.4g}",
            it,
        )
        for tick, it in written
    )
