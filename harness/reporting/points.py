"""Points with intervals over two axes, joined by lines, as static inline SVG.

Horizontal positions are percentages and vertical ones pixels, as in `charts`: the field fills whatever width
it gets, and neither text nor mark is stretched. To a screen reader a chart is one image with a label; the
numbers are in the table beside it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

from markupsafe import Markup

from harness.reporting.charts import Axis, shape_at
from harness.reporting.colours import colour
from harness.reporting.curves import HEIGHT, levels, numbers, vertical_rules
from harness.reporting.untrusted import single_line, visible

_APART: Final = 7  # pixels between the marks of two lines at one place
_LINE: Final = 16  # pixels from one text to the next
_LONGEST: Final = 24  # characters of a text that fit beside a place on a telephone


@dataclass(frozen=True, slots=True)
class Point:
    """A value with its interval; `value` is None where there is none, which leaves a gap in the line."""

    x: float
    value: float | None
    low: float | None = None
    high: float | None = None


@dataclass(frozen=True, slots=True)
class Line:
    """Points from left to right; `slot` picks colour and shape, a `dashed` one is told from its twin."""

    slot: int
    points: tuple[Point, ...]
    dashed: bool = False


@dataclass(frozen=True, slots=True)
class Span:
    """A stretch of the horizontal axis with a few words, in the colour of `slot`."""

    slot: int
    low: float
    high: float
    text: str


def point_chart(
    lines: Sequence[Line],
    x_axis: Axis,
    y_axis: Axis,
    label: str,
    *,
    spans: Sequence[Span] = (),
    level: tuple[float, str] | None = None,
) -> Markup:
    """All lines in one field, a little apart where marks of two slots would lie over each other; `level` is a height with its name."""
    shifts = _shifts(lines)
    drawn = [
        *(_span(span, place, x_axis) for place, span in enumerate(spans)),
        *([] if level is None else [_level(*level, y_axis)]),
        *(
            Markup('<g class="{}" transform="translate({:g})">{}</g>').format(
                colour(line.slot), shifts[line.slot], Markup().join(_line(line, x_axis, y_axis))
            )
            for line in lines
        ),
        *(_words(span, place, x_axis) for place, span in enumerate(spans)),
    ]
    return Markup(
        '<div class="curves" role="img" aria-label="{}">\n<svg width="100%" height="{}">{}{}{}</svg>\n'
        '<svg width="100%" height="20">{}</svg>\n</div>'
    ).format(
        visible(label), HEIGHT, vertical_rules(x_axis), levels(y_axis), Markup().join(drawn),
        numbers(x_axis),
    )  # fmt: skip


def _shifts(lines: Sequence[Line]) -> dict[int, float]:
    """By how many pixels the lines of each slot are moved to the right."""
    places: dict[int, set[float]] = {}
    for line in lines:
        places.setdefault(line.slot, set()).update(point.x for point in line.points)
    if sum(map(len, places.values())) == len(set[float]().union(*places.values())):
        return dict.fromkeys(places, 0.0)
    middle = (len(places) - 1) / 2
    return {slot: _APART * (i - middle) for i, slot in enumerate(places)}


def _line(line: Line, x_axis: Axis, y_axis: Axis) -> Iterator[Markup]:
    known = [
        (_x(point.x, x_axis), _y(point.value, y_axis), point) if point.value is not None else None
        for point in line.points
    ]
    dash = " d1" if line.dashed else ""
    for a, b in pairwise(known):
        if a is not None and b is not None:
            yield Markup(
                '<line class="curve{}" x1="{}" x2="{}" y1="{}" y2="{}"/>'
            ).format(dash, a[0], b[0], a[1], b[1])  # fmt: skip
    for x, y, point in filter(None, known):
        if point.low is not None and point.high is not None:
            yield Markup('<line class="w" x1="{x}" x2="{x}" y1="{}" y2="{}"/>').format(
                _y(point.low, y_axis), _y(point.high, y_axis), x=x
            )
        yield shape_at(line.slot, x, y)


def _span(span: Span, place: int, axis: Axis) -> Markup:
    """A bar along the lower edge, one above the other, so that those of two lines are both seen."""
    left, right = axis.x(span.low), axis.x(span.high)
    return Markup(
        '<g class="{}"><rect class="band" x="{}" width="{}" y="0" height="{}"/>'
        '<rect class="m" x="{}" width="{}" y="{}" height="4"/></g>'
    ).format(
        colour(span.slot), _percent(left), _percent(right - left), HEIGHT,
        _percent(left), _percent(right - left), HEIGHT - 5 * (place + 1),
    )  # fmt: skip


def _words(span: Span, place: int, axis: Axis) -> Markup:
    """What the bar means, on the side of it where there is more room."""
    left, right = axis.x(span.low), axis.x(span.high)
    before = left > 100 - right
    return Markup('<text class="{} halo" x="{}" dx="{}" y="{}">{}</text>').format(
        "end" if before else "start",
        _percent(left if before else right),
        -6 if before else 6,
        HEIGHT - 10 - _LINE * place,
        single_line(span.text, _LONGEST),
    )


def _level(height: float, name: str, axis: Axis) -> Markup:
    y = _y(height, axis)
    return Markup(
        '<line class="level" x1="0" x2="100%" y1="{y}" y2="{y}"/>'
        '<text class="start halo" x="4" y="{}">{}</text>'
    ).format(f"{float(y) + 14:.4g}", name, y=y)


def _x(value: float, axis: Axis) -> str:
    return _percent(axis.x(value))


def _y(value: float, axis: Axis) -> str:
    return f"{HEIGHT * (1 - axis.x(value) / 100):.4g}"


def _percent(number: float) -> str:
    return f"{number:.4g}%"
