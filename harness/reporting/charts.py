"""Static charts as inline SVG: no script, no fixed width, colours from the page's style sheet.

Horizontal positions are percentages and vertical ones pixels, so a chart fills whatever width it
gets while its text keeps its size. Every row carries its label and its number as text above the
mark, which leaves the whole width to the axis on a telephone too. Charts are images to a screen
reader (`role="img"` with a label); the numbers are in the table beside each.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from markupsafe import Markup, escape

from harness.reporting.untrusted import single_line, visible

_ROW = 34
_HEADING = 26
_AXIS = 24


@dataclass(frozen=True, slots=True)
class Axis:
    """The horizontal axis from `low` to `high`, with ticks and how to print them."""

    low: float
    high: float
    ticks: tuple[float, ...]
    write: Callable[[float], str]

    def x(self, value: float) -> str:
        """The position of `value` as a percentage of the width, kept inside the axis."""
        share = (value - self.low) / (self.high - self.low)
        return _percent(100 * min(1.0, max(0.0, share)))


@dataclass(frozen=True, slots=True)
class Mark:
    """One row of an interval chart; an unknown value is None and `text` then says why.

    `slot` picks colour and shape. A row without `label` and value is impossible; a row with
    `heading` opens a group.
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
    """A part of a bar: its CSS class, its size, the text inside when there is room."""

    style: str
    value: float
    text: str
    title: str


@dataclass(frozen=True, slots=True)
class Bar:
    """One row of a stacked bar chart."""

    label: str
    text: str
    segments: tuple[Segment, ...]
    heading: str = ""
    slot: int = 0


def share_axis() -> Axis:
    """The axis of every rate: 0 to 100 %, whatever the data."""
    return Axis(0.0, 1.0, (0.0, 0.25, 0.5, 0.75, 1.0), lambda share: f"{100 * share:.0f}%")


def zero_axis(values: Sequence[float | None], write: Callable[[float], str]) -> Axis:
    """An axis that holds 0 and all of `values`, with round ticks."""
    known = [value for value in values if value is not None and math.isfinite(value)]
    low, high = min([0.0, *known]), max([0.0, *known])
    if low == high:
        high = 1.0
    step = _round_step((high - low) / 4)
    first, last = math.floor(low / step + 1e-9), math.ceil(high / step - 1e-9)
    ticks = tuple(round(i * step, 12) for i in range(first, last + 1))
    return Axis(ticks[0], ticks[-1], ticks, write)


def interval_chart(marks: Sequence[Mark], axis: Axis, label: str) -> Markup:
    """A mark with its interval for each row."""
    parts: list[Markup] = []
    y = 4.0
    for mark in marks:
        if mark.heading:
            parts.append(_heading(mark.heading, y, mark.slot))
            y += _HEADING
        parts.append(_interval_row(mark, axis, y))
        y += _ROW
    return _svg(_grid(axis, y), parts, y + _AXIS, label)


def stacked_bars(bars: Sequence[Bar], axis: Axis, label: str, *, ticks: bool = True) -> Markup:
    """A bar of segments for each row, all on one zero-based axis."""
    parts: list[Markup] = []
    y = 4.0
    for bar in bars:
        if bar.heading:
            parts.append(_heading(bar.heading, y, bar.slot))
            y += _HEADING
        parts.append(_bar_row(bar, axis, y))
        y += _ROW + 4
    if not ticks:
        return _svg(Markup(), parts, y, label)
    return _svg(_grid(axis, y), parts, y + _AXIS, label)


def _interval_row(mark: Mark, axis: Axis, y: float) -> Markup:
    text = _texts(mark.label, mark.text, y)
    if mark.value is None:
        return text
    middle = y + 24
    whisker = Markup()
    if mark.low is not None and mark.high is not None:
        whisker = Markup('<line class="w" x1="{}" x2="{}" y1="{y}" y2="{y}"/>').format(
            axis.x(mark.low), axis.x(mark.high), y=_pixels(middle)
        )
    return Markup('{}<g class="s{}">{}{}</g>').format(
        text, mark.slot, whisker, _shape(mark.slot, axis.x(mark.value), middle)
    )


def _shape(slot: int, x: str, y: float) -> Markup:
    """A mark whose form tells systems apart where colours cannot."""
    paths = ("", "M-5-5H5V5H-5Z", "M0-6.5 6.5 0 0 6.5-6.5 0Z", "M0-6 6 5H-6Z", "M0 6 6-5H-6Z")
    path = paths[slot % len(paths)]
    if not path:
        return Markup('<circle class="m" cx="{}" cy="{}" r="5"/>').format(x, _pixels(y))
    # A path has no percentage coordinates, a nested viewport does.
    return Markup('<svg x="{}" y="{}" overflow="visible"><path class="m" d="{}"/></svg>').format(
        x, _pixels(y), path
    )


def _bar_row(bar: Bar, axis: Axis, y: float) -> Markup:
    parts = [_texts(bar.label, bar.text, y)]
    start = 0.0
    width_of_one = 100 / (axis.high - axis.low)
    for segment in bar.segments:
        if segment.value <= 0:
            continue
        width = segment.value * width_of_one
        parts.append(
            Markup(
                '<rect class="{}" x="{}" width="{}" y="{}" height="15"><title>{}</title></rect>'
            ).format(
                segment.style,
                axis.x(start),
                _percent(width),
                _pixels(y + 17),
                visible(segment.title),
            )
        )
        if segment.text and width >= 8:  # noqa: PLR2004
            parts.append(
                Markup('<text class="in {}-ink" x="{}" y="{}">{}</text>').format(
                    segment.style, axis.x(start + segment.value / 2), _pixels(y + 28), segment.text
                )
            )
        start += segment.value
    return Markup().join(parts)


def _texts(label: str, text: str, y: float) -> Markup:
    return Markup(
        '<text class="l" x="0" y="{y}">{}</text><text class="v" x="100%" y="{y}">{}</text>'
    ).format(single_line(label, 40), single_line(text, 60), y=_pixels(y + 11))


def _heading(text: str, y: float, slot: int) -> Markup:
    return Markup('<text class="h s{}-ink" x="0" y="{}">{}</text>').format(
        slot, _pixels(y + 17), single_line(text, 40)
    )


def _grid(axis: Axis, bottom: float) -> Markup:
    lines = []
    for i, tick in enumerate(axis.ticks):
        zero = " z" if tick == 0 else ""
        end = "end" if i == len(axis.ticks) - 1 else "start" if i == 0 else "middle"
        lines.append(
            Markup(
                '<line class="g{}" x1="{x}" x2="{x}" y1="0" y2="{}"/>'
                '<text class="t" x="{x}" y="{}" text-anchor="{}">{}</text>'
            ).format(
                zero,
                _pixels(bottom + 2),
                _pixels(bottom + 16),
                end,
                axis.write(tick),
                x=axis.x(tick),
            )
        )
    return Markup().join(lines)


def _svg(under: Markup, parts: Sequence[Markup], height: float, label: str) -> Markup:
    return Markup('<svg role="img" aria-label="{}" width="100%" height="{}">{}{}</svg>').format(
        escape(visible(label)), _pixels(height), under, Markup("\n").join(parts)
    )


def _round_step(rough: float) -> float:
    """The smallest of 1, 2, 2.5, 5 times a power of ten that is not below `rough`."""
    power = 10.0 ** math.floor(math.log10(rough))
    return next(power * m for m in (1, 2, 2.5, 5, 10) if power * m >= rough * (1 - 1e-9))


def _percent(number: float) -> str:
    return f"{number:.2f}".rstrip("0").rstrip(".") + "%"


def _pixels(number: float) -> str:
    return f"{number:g}"
