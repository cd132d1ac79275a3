"""How the headline figures moved over the saved runs: their course, new levels, and drift."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Final

from markupsafe import Markup

from harness.decision.words import join
from harness.history.past import METRICS, RUNS, Past, Stop
from harness.history.trend import Level, Point, Series
from harness.reporting.charts import Axis, share_axis, zero_axis
from harness.reporting.components import (
    Badge,
    Block,
    Cell,
    Chart,
    Column,
    Commands,
    LegendEntry,
    Lines,
    Section,
    SystemLabel,
    Table,
    line_key,
)
from harness.reporting.courses import Change, Course, Place, course_chart
from harness.reporting.figures import Figure, Unit, count, figure, p_value
from harness.reporting.metrics import in_words, metric
from harness.reporting.sections.context import Context
from harness.reporting.untrusted import single_line
from harness.statistics.change_points import ALPHA

_TOLD: Final = 3
_RUN: Final = 28
_UNLIKE: Final = 200
_LISTED: Final = 20
_LEAST: Final = 2  # runs of which a history is


def history(context: Context) -> Section | None:
    """A field for each figure, a row for each figure of each system; None without a history."""
    past = context.past
    if past is None:
        return None
    blocks: list[Block] = []
    if len(past.stops) < _LEAST:
        blocks.append(
            Commands(
                "A history grows by every run that is saved",
                ("harness nightly SUITE", "harness history save RUN"),
            )
        )
    else:
        labels = _labels(context, past)
        blocks += [_chart(past, labels), _table(past, labels)]
        if (unlike := _unlike(past)) is not None:
            blocks.append(unlike)
    return Section(
        id="history",
        title="How it moved",
        sentence=f"{_sentence(past)} {_whose(past)}".rstrip(),
        reading=(
            "Saved runs stand in the order of their numbers, and the shade is the 95% interval of each. A flag "
            "with a number marks the first run of a new level (E-divisive means): runs before and after lie "
            "further apart than shuffled runs would. All figures are looked at together: where none of them "
            f"changed, any is said to have with a chance of {ALPHA:.0%} (Bonferroni). Drift is the rise from the "
            "first run to the last by the median of all slopes (its p-values are Holm's), for what no step "
            "shows. A mark at the foot says that something else differs from the run before, so that the "
            "change may be our own. “No change is shown” is not “nothing changed”; latency is the machine's "
            "too."
        ),
        blocks=tuple(blocks),
        noted=False,
    )


def _sentence(past: Past) -> str:
    runs = len(past.stops)
    if runs < _LEAST:
        return "One run of this suite is saved, so nothing can be said of how its figures moved."
    head = f"Over {count(runs)} saved runs"
    moves = [*_moved(past), *_drifting(past)]
    figures = f"{count(past.tested)} figure{'s' if past.tested > 1 else ''} that varied"
    if moves:
        more = len(moves) - _TOLD
        rest = (
            f"; {count(more)} more {'moves are' if more > 1 else 'move is'} in the table"
            if more > 0
            else f"; nothing else is shown to have moved, of {figures}"
        )
        said = f"{head}, {join(moves[:_TOLD])}{rest}."
    elif not past.tested:
        said = f"{head}, no figure varied in enough of them for a change to be looked for."
    elif runs < past.enough:
        said = (
            f"{head}, no change is shown, nor could one be: beside {figures} it takes {past.enough} runs "
            "or more to tell a new level from chance."
        )
    else:
        said = f"{head}, no change of level and no drift is shown in {figures}."
    gone = _gone(past)
    if gone:
        told = join(gone) if len(gone) <= _TOLD else f"{', '.join(gone[:_TOLD])} and others"
        said += f" Missing in the latest run: {told}."
    return said


def _gone(past: Past) -> list[str]:
    """Systems of which the latest run has no figure, and single figures that it has not."""
    found: dict[str, list[Series]] = {}
    for one in past.series:
        found.setdefault(one.system, []).append(one)
    gone = []
    for system, several in found.items():
        name = single_line(system)
        if all(one.gone for one in several):
            gone.append(f"{name} with all its figures")
        else:
            gone += [f"{name}'s {in_words(one.metric)}" for one in several if one.gone]
    return gone


def _moved(past: Past) -> list[str]:
    """New levels, the least likely by chance first."""
    found = [(past.p_value(level), one, level) for one in past.series for level in one.changes]
    return [
        f"{single_line(one.system)}'s {in_words(one.metric)} {_step(one, level)} (p {p_value(p)})"
        for p, one, level in sorted(found, key=lambda of: of[0])
    ]


def _drifting(past: Past) -> Iterator[str]:
    """What rises or falls without a step."""
    for one, p in zip(past.series, past.drift_p_values, strict=True):
        if one.changes or p is None or p > ALPHA:
            continue
        unit = _difference(one.metric, [one])
        rise = figure(one.drift.rise, unit)
        yield (
            f"{single_line(one.system)}'s {in_words(one.metric)} drifts by {rise.text} {unit.name} from the "
            f"first run to the last (p {p_value(p)})"
        )


def _step(one: Series, level: Level) -> str:
    unit = _unit([one])
    verb = "rose" if level.after > level.before else "fell"
    before, after = (unit.decorate(text) for text in unit.write(level.before, level.after))
    return f"{verb} from {before} to {after} from {single_line(level.run, _RUN)} on"


def _whose(past: Past) -> str:
    """Which of the saved runs the report is of, and what is not looked at."""
    latest = past.stops[-1].run
    said = []
    if past.this is None:
        said.append("The run of this report is not among the saved ones.")
    elif past.this != latest and len(past.stops) >= _LEAST:
        said.append(f"This report is of {single_line(past.this, _RUN)}, not of the latest.")
    if past.left_out:
        said.append(f"{count(past.left_out)} runs before the last {RUNS} are left out.")
    if past.broken:
        files = "1 file" if past.broken == 1 else f"{count(past.broken)} files"
        said.append(f"{files} of the history cannot be read; harness history names what is wrong.")
    return " ".join(said)


def _labels(context: Context, past: Past) -> dict[str, SystemLabel]:
    """As elsewhere in the report; systems that it has not come after those that it has."""
    labels = dict(context.labels)
    for one in past.series:
        if one.system not in labels:
            labels[one.system] = SystemLabel(single_line(one.system), "", len(labels))
    shown = {one.system for one in past.series}
    return {name: label for name, label in labels.items() if name in shown}


def _chart(past: Past, labels: dict[str, SystemLabel]) -> Chart:
    places = [
        Place(f"{stop.number:04}", stop.made, stop.pinned, stop.run == past.this, bool(stop.unlike))
        for stop in past.stops
    ]
    at = {stop.run: place for place, stop in enumerate(past.stops)}
    fields = [_field(past, found, labels, places, at) for found in _by_metric(past).values()]
    legend = [line_key(label.slot, label.name) for label in labels.values()]
    upright = "M14 0V14"
    if any(place.pinned for place in places):
        legend.append(LegendEntry("", "pinned baseline (*)", "pinned", upright))
    if past.this is not None:
        legend.append(LegendEntry("", "this report's run", "this", upright))
    if any(place.unlike for place in places):
        legend.append(LegendEntry("", "something else differs", "unlike", "M14 2 18 7 14 12 10 7Z"))
    return Chart(
        svg=Markup('<div class="courses">\n{}\n</div>').format(Markup("\n").join(fields)),
        caption="Each figure from run to run, with its 95% interval",
        legend=tuple(legend),
    )


def _field(
    past: Past,
    found: Sequence[Series],
    labels: dict[str, SystemLabel],
    places: Sequence[Place],
    at: dict[str, int],
) -> Markup:
    kind = metric(found[0].metric)
    unit = _unit(found)
    courses = [
        Course(
            labels[one.system].slot,
            _values(one, at, len(places)),
            tuple(
                Change(
                    at[level.run],
                    level.after > level.before,
                    f"{labels[one.system].name} {_step(one, level)} (p {p_value(past.p_value(level))})",
                )
                for level in one.changes
            ),
        )
        for one in found
    ]
    per = unit.name.removeprefix("$ ")
    title = f"{kind.title}, {per}" if per else kind.title
    changes = sum(len(one.changes) for one in found)
    seen = f"{changes} new level{'s' if changes > 1 else ''}" if changes else "no new level"
    label = f"{title} by saved run, {places[0].number} to {places[-1].number}, {seen}; the numbers are in the table"
    return course_chart(title, courses, places, _axis(found, unit), label)


def _values(
    one: Series, at: dict[str, int], runs: int
) -> tuple[tuple[float, float | None, float | None] | None, ...]:
    values: list[tuple[float, float | None, float | None] | None] = [None] * runs
    for point in one.points:
        values[at[point.run]] = (point.value, point.estimate.low, point.estimate.high)
    return tuple(values)


def _axis(found: Sequence[Series], unit: Unit) -> Axis:
    if metric(found[0].metric).quantity == "rate":
        return share_axis()
    estimates = [point.estimate for one in found for point in one.points]
    return zero_axis([end for e in estimates for end in (e.value, e.high)], unit)


def _table(past: Past, labels: dict[str, SystemLabel]) -> Table:
    first = next((stop for stop in past.stops if stop.pinned), past.stops[0])
    role = "pinned" if first.pinned else "first"
    drifts = {
        (one.metric, one.system): p for one, p in zip(past.series, past.drift_p_values, strict=True)
    }
    rows: list[tuple[Cell, ...]] = []
    for name, found in _by_metric(past).items():
        unit, difference = _unit(found), _difference(name, found)
        title = f"{metric(name).title}, {difference.name or unit.name}".removesuffix(", ")
        rows += [
            (
                title,
                labels[one.system],
                _figure(one.baseline or one.points[0], unit, first.run),
                _latest(one, unit, past.stops[-1].run),
                _drift(one, difference),
                p_value(drifts[name, one.system]),
                _changes(past, one),
            )
            for one in found
        ]
    return Table(
        caption="Each figure then and now, its drift and its levels",
        columns=(
            Column("Figure", numeric=False),
            Column("System", numeric=False),
            Column("Baseline", f"{role} {single_line(first.run, _RUN)}"),
            Column("Latest", single_line(past.stops[-1].run, _RUN)),
            Column("Drift", "first to last"),
            Column("Holm p", "of the drift"),
            Column("New levels", numeric=False),
        ),
        rows=tuple(rows),
        headers=2,
        note=_note(past, labels),
    )


def _note(past: Past, labels: dict[str, SystemLabel]) -> str:
    said = []
    if past.tested:
        said.append(
            f"p-values of new levels are adjusted for the number of figures that varied: {past.tested}"
        )
    known = {(one.metric, one.system) for one in past.series}
    never = [
        f"{in_words(name)} of {join([labels[system].name for system in unknown])}"
        for name in METRICS
        if (unknown := [system for system in labels if (name, system) not in known])
    ]
    if never:
        said.append(f"known in no run: {'; '.join(never)}")
    return f"{'; '.join(said)}." if said else ""


def _figure(point: Point, unit: Unit, run: str) -> Figure:
    """The figure of a point; of another run than the column's, it says of which."""
    found = figure(point.estimate, unit)
    if point.run == run:
        return found
    return replace(found, sample=f"{found.sample}, in {single_line(point.run, _RUN)}")


def _drift(one: Series, unit: Unit) -> Figure:
    found = figure(one.drift.rise, unit)
    if not found.known:
        return replace(found, note=f"{count(len(one.points))} runs are too few")
    return replace(found, sample=f"{count(len(one.points))} runs")


def _latest(one: Series, unit: Unit, run: str) -> Cell:
    assert one.latest is not None  # noqa: S101  (for the type checker)
    if one.gone:
        last = figure(one.latest.estimate, unit).text
        return Badge("missing", "bad", f"{last} in {single_line(one.latest.run, _RUN)}")
    return _figure(one.latest, unit, run)


def _changes(past: Past, one: Series) -> Cell:
    if one.changes:
        return Lines(
            tuple(f"{_step(one, level)}, p {p_value(past.p_value(level))}" for level in one.changes)
        )
    if len({point.value for point in one.points}) == 1:
        return "always the same"
    return "none shown"


def _unlike(past: Past) -> Table | None:
    """What else differs from the run before, the latest first."""
    found = [stop for stop in reversed(past.stops) if stop.unlike]
    if not found:
        return None
    more = len(found) - _LISTED
    return Table(
        caption="What else differs from the run before",
        columns=(
            Column("Run", numeric=False),
            Column("Made", numeric=False),
            Column("Differs in", numeric=False),
        ),
        rows=tuple(_unlike_row(stop) for stop in found[:_LISTED]),
        note=f"And {count(more)} earlier runs: harness trend names them." if more > 0 else "",
    )


def _unlike_row(stop: Stop) -> tuple[Cell, ...]:
    return single_line(stop.run, _RUN), stop.made, single_line(", ".join(stop.unlike), _UNLIKE)


def _by_metric(past: Past) -> dict[str, list[Series]]:
    found: dict[str, list[Series]] = {}
    for one in past.series:
        found.setdefault(one.metric, []).append(one)
    return found


def _unit(found: Sequence[Series]) -> Unit:
    name = found[0].metric
    return metric(name).unit([point.estimate for one in found for point in one.points])


def _difference(name: str, found: Sequence[Series]) -> Unit:
    kind, unit = metric(name), _unit(found)
    if kind.quantity == "usd":  # for as many queries as the figures beside it
        return replace(unit, prefix="", signed=True)
    return replace(kind.difference_unit(), decimals=unit.decimals)
