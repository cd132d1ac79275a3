"""A figure of several systems from run to run, as a small field of static inline SVG.

As in `harness.reporting.curves`, lines live in a stretched coordinate system of their own. Runs stand at
equal distances, whatever time lay between them. A change of level is a numbered flag above the field, and
the text to each number stands below it. To a screen reader the field is one image with a label.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from markupsafe import Markup

from harness.reporting.charts import Axis
from harness.reporting.colours import colour, dash
from harness.reporting.curves import SIZE, levels, svg_path
from harness.reporting.untrusted import visible

__all__ = ["Change", "Course", "Marked", "Place", "course_chart"]

_HEIGHT: Final = 150
_APART: Final = 20  # per cent of the width that a number below the field needs
_NUMBERS: Final = 4  # runs that are numbered below the field, at most
_DOTTED: Final = 40  # runs up to which each has a dot; of more, dots would hide the lines
_FLAG: Final = 22  # pixels from one flag to the next above the same run
_UNLIKE: Final = "M0-5 4 0 0 5-4 0Z"
_DOWN, _UP = "M-4-7H4L0 0Z", "M-4 0H4L0-7Z"
_HALF: Final = 50.0

Marked = tuple[float, float | None, float | None]
"""A value with the bounds of its interval."""


@dataclass(frozen=True, slots=True)
class Change:
    """A new level from the run at `place` on; `text` says what it is."""

    place: int
    rose: bool
    text: str


@dataclass(frozen=True, slots=True)
class Course:
    """One system: a value for each run, None where it has none. `slot` picks colour and pattern."""

    slot: int
    values: tuple[Marked | None, ...]
    changes: tuple[Change, ...] = ()


@dataclass(frozen=True, slots=True)
class Place:
    """A run on the horizontal axis."""

    number: str
    day: str
    pinned: bool = False
    this: bool = False
    unlike: bool = False


def course_chart(
    title: str, courses: Sequence[Course], places: Sequence[Place], axis: Axis, label: str
) -> Markup:
    """All courses in one field under a title, with what changed below."""
    field = Markup().join(
        Markup('<g class="{}">{}</g>').format(
            colour(course.slot), _drawn(course, len(places), axis)
        )
        for course in courses
    )
    return Markup(
        '<div class="course">\n<h3>{}</h3>\n<div class="curves" role="img" aria-label="{}">\n'
        '<svg width="100%" height="{height}">{}{}\n'
        '<svg width="100%" height="{height}" viewBox="0 0 {size} {size}" preserveAspectRatio="none">'
        '{}</svg>{}</svg>\n<svg width="100%" height="34">{}</svg>\n</div>\n{}</div>'
    ).format(
        title, visible(label), levels(axis, _HEIGHT), _rules(places), field,
        Markup().join(_flags(courses, len(places), axis)), Markup().join(_numbers(places)),
        _moves(courses), height=_HEIGHT, size=SIZE,
    )  # fmt: skip


def _drawn(course: Course, runs: int, axis: Axis) -> Markup:
    """Interval, line and, of few runs, dots; a run without a value interrupts them."""
    parts = []
    for stretch in _stretches(course.values):
        points = [(_x(i, runs), _y(value, axis)) for i, (value, *_) in stretch]
        bounds = [
            (_x(i, runs), _y(low, axis), _y(high, axis))
            for i, (_, low, high) in stretch
            if low is not None and high is not None
        ]
        around = [(x, low) for x, low, _ in bounds] + [(x, high) for x, _, high in bounds[::-1]]
        if len(bounds) > 1:
            parts.append(Markup('<path class="band" d="{}Z"/>').format(svg_path(around)))
        elif bounds:  # a band of one run would have no width
            parts.append(_line(f"curve {dash(course.slot)}", around))
        parts.append(_line(f"curve {dash(course.slot)}", points))
        if runs <= _DOTTED or len(points) == 1:
            dots = "".join(f"M{x:.4g} {y:.4g}h0" for x, y in points)
            parts.append(
                Markup('<path class="dots" vector-effect="non-scaling-stroke" d="{}"/>').format(
                    dots
                )
            )
    return Markup().join(parts)


def _stretches(values: Sequence[Marked | None]) -> Iterator[list[tuple[int, Marked]]]:
    stretch: list[tuple[int, Marked]] = []
    for i, value in enumerate(values):
        if value is not None:
            stretch.append((i, value))
        elif stretch:
            yield stretch
            stretch = []
    if stretch:
        yield stretch


def _line(style: str, points: Sequence[tuple[float, float]]) -> Markup:
    return Markup('<path class="{}" vector-effect="non-scaling-stroke" d="{}"/>').format(
        style, svg_path(points)
    )


def _x(place: int, runs: int) -> float:
    return SIZE * _percent(place, runs) / 100


def _percent(place: int, runs: int) -> float:
    return 100 * (place + 0.5) / runs


def _y(value: float, axis: Axis) -> float:
    return SIZE * (1 - axis.x(value) / 100)


def _flags(courses: Sequence[Course], runs: int, axis: Axis) -> Iterator[Markup]:
    """A numbered triangle for each change, up or down, and a line from it to the value."""
    flag = Markup(
        '<g class="{}"><line class="change" x1="{x:.4g}%" x2="{x:.4g}%" y1="-6" y2="{y:.4g}"/>'
        '<svg x="{x:.4g}%" y="-5" overflow="visible"><path class="flag" d="{}" transform="translate({shift})"/>'
        '<text class="order" x="{shift}" y="-10">{}</text></svg></g>'
    )
    above: dict[int, int] = {}
    for number, (course, change) in enumerate(_changes(courses), 1):
        beside = above.get(change.place, 0)
        above[change.place] = beside + 1
        x = _percent(change.place, runs)
        value = course.values[change.place]
        y = 0.0 if value is None else _HEIGHT * (1 - axis.x(value[0]) / 100)
        shift = beside * (_FLAG if x < _HALF else -_FLAG)
        yield flag.format(
            colour(course.slot), _UP if change.rose else _DOWN, number, x=x, y=y, shift=shift
        )


def _changes(courses: Sequence[Course]) -> list[tuple[Course, Change]]:
    return [(course, change) for course in courses for change in course.changes]


def _moves(courses: Sequence[Course]) -> Markup:
    """What each number above the field stands for."""
    items = Markup().join(
        Markup("<li>{}</li>\n").format(change.text) for _, change in _changes(courses)
    )
    return Markup('<ol class="moves">\n{}</ol>\n').format(items) if items else Markup()


def _rules(places: Sequence[Place]) -> Markup:
    """Upright lines at the pinned run and the report's own, and a mark where something else differs."""
    upright = Markup('<line class="{}" x1="{x}%" x2="{x}%" y1="0" y2="{height}"/>')
    foot = Markup('<svg x="{}%" y="{}" overflow="visible"><path class="unlike" d="{}"/></svg>')
    parts = []
    for i, place in enumerate(places):
        x = f"{_percent(i, len(places)):.4g}"
        for style, there in (("pinned", place.pinned), ("this", place.this)):
            if there:
                parts.append(upright.format(style, x=x, height=_HEIGHT))
        if place.unlike:
            parts.append(foot.format(x, _HEIGHT, _UNLIKE))
    return Markup().join(parts)


def _numbers(places: Sequence[Place]) -> Iterator[Markup]:
    """Numbers of some runs, `*` behind the pinned one's, and the days of the first and the last."""
    runs = len(places)
    text = Markup('<text class="{}" x="{:.4g}%" y="{}">{}</text>')
    for i in _numbered(places):
        yield text.format("", _percent(i, runs), 14, f"{places[i].number}{'*' * places[i].pinned}")
    yield text.format("start" if runs > 1 else "", 0 if runs > 1 else _HALF, 30, places[0].day)
    if runs > 1:
        yield text.format("end", 100, 30, places[-1].day)


def _numbered(places: Sequence[Place]) -> list[int]:
    """The first and the last, the pinned one, the report's own, and those between while there is room."""
    runs = len(places)
    marked = [i for i, place in enumerate(places) if place.pinned or place.this]
    between = [round(k * (runs - 1) / (_NUMBERS - 1)) for k in range(1, _NUMBERS - 1)]
    chosen: list[int] = []
    for i in (0, runs - 1, *marked, *between):
        if len(chosen) < _NUMBERS and all(
            abs(_percent(i, runs) - _percent(other, runs)) >= _APART for other in chosen
        ):
            chosen.append(i)
    return chosen
