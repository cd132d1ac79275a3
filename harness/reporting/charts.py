"""Static charts: inline SVG for the marks, text beside them, colours from the page's style sheet.

A chart is a list of rows (label, drawing, number) laid out by the style sheet: side by side where
there is room, stacked on a telephone. Horizontal positions are percentages and vertical ones
pixels, so a drawing fills whatever width it gets while its text keeps its size; nothing is
measured and no script runs. To a screen reader a chart is one image with a label; the numbers are
in the table beside each.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup

from harness.reporting.colours import colour
from harness.reporting.figures import RATE, Unit
from harness.reporting.untrusted import single_line, visible

# Every fifth system has the same shape again; by then its colour differs.
_SHAPES = ("", "M-4-4H4V4H-4Z", "M0-5.5 5.5 0 0 5.5-5.5 0Z", "M0-5 5 4H-5Z", "M0 5 5-4H-5Z")
_MOST_TIMES = 10  # the largest of some times over the smallest on an axis from 0
_MOST_TICKS = 7
_LEAST_SPAN = 1e-12  # below, a step between ticks loses its digits, and no unit would show it
_ROOM_FOR_TEXT = 8  # per cent of the width that a bar's segment needs to carry its number


@dataclass(frozen=True, slots=True)
class Axis:
    """The horizontal axis from the first of `ticks` to the last, printed in `unit`."""

    ticks: tuple[float, ...]
    unit: Unit

    def x(self, value: float) -> float:
        """The position of `value` in per cent of the width, kept inside the axis."""
        low, high = self.ticks[0], self.ticks[-1]
        return 100 * min(1.0, max(0.0, (value - low) / (high - low)))


@dataclass(frozen=True, slots=True)
class LogAxis(Axis):
    """An axis on which equal ratios are equally long; its ticks are above 0."""

    def x(self, value: float) -> float:
        """As `Axis.x`; what is not above 0 stands at the beginning."""
        low, high = self.ticks[0], self.ticks[-1]
        share = math.log(max(value, low) / low) / math.log(high / low)
        return 100 * min(1.0, share)


@dataclass(frozen=True, slots=True)
class Mark:
    """One row of an interval chart; an unknown value is None and `text` then says why.

    `slot` picks the colour and the shape; a row with `heading` opens a group.
    """

    label: str
    text: str
    slot: int
    value: float | None
    low: float | None
    high: float | None
    heading: str = ""


@dataclass(frozen=True, slots=True)
class Segment:
    """A part of a bar: its CSS class, its size, the text inside when there is room, a tooltip."""

    style: str
    value: float
    text: str
    title: str


@dataclass(frozen=True, slots=True)
class Bar:
    """One row of a chart of stacked bars."""

    label: str
    text: str
    segments: tuple[Segment, ...]
    heading: str = ""


def share_axis() -> Axis:
    """The axis of every rate: 0 to 100 %, whatever the data."""
    return Axis((0.0, 0.25, 0.5, 0.75, 1.0), RATE)


def zero_axis(values: Sequence[float | None], unit: Unit) -> Axis:
    """An axis that holds 0 and all of `values`, with round ticks."""
    known = [value for value in values if value is not None and math.isfinite(value)]
    low, high = min([0.0, *known]), max([0.0, *known])
    if high - low < _LEAST_SPAN:
        high = 1 / unit.factor
    step = _round_step((high - low) / 4)
    first, last = math.floor(low / step + 1e-9), math.ceil(high / step - 1e-9)
    return Axis(tuple(i * step for i in range(first, last + 1)), unit)


def time_axis(values: Sequence[float], unit: Unit) -> Axis:
    """An axis that holds all of `values`: from 0, or logarithmic where one is over ten times another.

    A logarithmic one has at most seven ticks, of one or two steps to a power of ten or else three.
    """
    known = [value for value in values if value > 0]
    if not known or max(known) <= _MOST_TIMES * min(known):
        return zero_axis(values, unit)
    low, high = min(known), max(known)
    powers = range(math.floor(math.log10(low)), math.ceil(math.log10(high)) + 1)
    for steps in ((1, 2, 5), (1, 3), (1,)):
        ticks = [step * 10.0**power for power in powers for step in steps]
        first = max(i for i, tick in enumerate(ticks) if tick <= low * (1 + 1e-9))
        last = min(i for i, tick in enumerate(ticks) if tick >= high * (1 - 1e-9))
        if last - first < _MOST_TICKS:
            break
    return LogAxis(tuple(ticks[first : last + 1]), unit)


def interval_chart(marks: Sequence[Mark], axis: Axis, label: str) -> Markup:
    """A mark with its interval for each row."""
    rows = [_row(mark.heading, mark.label, _interval(mark, axis), mark.text) for mark in marks]
    return _plot(rows, axis, label)


def stacked_bars(bars: Sequence[Bar], axis: Axis, label: str) -> Markup:
    """A bar of segments for each row, all on one zero-based axis."""
    rows = [_row(bar.heading, bar.label, _segments(bar, axis), bar.text) for bar in bars]
    return _plot(rows, axis, label)


def _interval(mark: Mark, axis: Axis) -> Markup:
    if mark.value is None:
        return Markup()
    whisker = Markup()
    if mark.low is not None and mark.high is not None:
        whisker = Markup('<line class="w" x1="{}" x2="{}" y1="11" y2="11"/>').format(
            _percent(axis.x(mark.low)), _percent(axis.x(mark.high))
        )
    shape = shape_at(mark.slot, _percent(axis.x(mark.value)), "11")
    return Markup('<g class="{}">{}{}</g>').format(colour(mark.slot), whisker, shape)


def shape_at(slot: int, x: str, y: str) -> Markup:
    """A mark whose form tells systems apart where colours cannot."""
    path = _SHAPES[slot % len(_SHAPES)]
    if not path:
        return Markup('<circle class="m" cx="{}" cy="{}" r="4.5"/>').format(x, y)
    # A path has no percentage coordinates, a nested viewport does.
    return Markup('<svg x="{}" y="{}" overflow="visible"><path class="m" d="{}"/></svg>').format(
        x, y, path
    )


def _segments(bar: Bar, axis: Axis) -> Markup:
    parts: list[Markup] = []
    start = 0.0
    for segment in bar.segments:
        if segment.value <= 0:
            continue
        left, right = axis.x(start), axis.x(start + segment.value)
        start += segment.value
        parts.append(
            Markup(
                '<rect class="{}" x="{}" width="{}" y="2" height="18"><title>{}</title></rect>'
            ).format(segment.style, _percent(left), _percent(right - left), visible(segment.title))
        )
        if segment.text and right - left >= _ROOM_FOR_TEXT:
            parts.append(
                Markup('<text class="{}-ink" x="{}" y="15">{}</text>').format(
                    segment.style, _percent((left + right) / 2), segment.text
                )
            )
    return Markup().join(parts)


def _row(heading: str, label: str, drawing: Markup, text: str) -> Markup:
    above = Markup('<p class="group">{}</p>\n').format(single_line(heading)) if heading else ""
    return Markup(
        '{}<div class="row"><span class="label">{}</span><span class="number">{}</span>'
        '<svg width="100%" height="22">{}</svg></div>'
    ).format(above, single_line(label), single_line(text, 120), drawing)


def _plot(rows: Sequence[Markup], axis: Axis, label: str) -> Markup:
    lines, numbers = [], []
    for i, tick in enumerate(axis.ticks):
        x = _percent(axis.x(tick))
        end = "end" if i == len(axis.ticks) - 1 else "start" if i == 0 else "middle"
        zero = " zero" if tick == 0 else ""
        lines.append(Markup('<line class="rule{}" x1="{x}" x2="{x}" y2="100%"/>').format(zero, x=x))
        numbers.append(
            Markup('<text x="{}" y="14" class="{}">{}</text>').format(x, end, axis.unit.tick(tick))
        )
    return Markup(
        '<div class="plot" role="img" aria-label="{}">\n'
        '<svg class="grid" width="100%" height="100%">{}</svg>\n{}\n'
        '<div class="row axis"><svg width="100%" height="20">{}</svg></div>\n</div>'
    ).format(visible(label), Markup().join(lines), Markup("\n").join(rows), Markup().join(numbers))


def _round_step(rough: float) -> float:
    """The smallest of 1, 2, 2.5 and 5 times a power of ten that is not below `rough`."""
    power = 10.0 ** math.floor(math.log10(rough))
    return next(power * m for m in (1, 2, 2.5, 5, 10) if power * m >= rough * (1 - 1e-9))


def _percent(number: float) -> str:
    return f"{number:.2f}".rstrip("0").rstrip(".") + "%"
