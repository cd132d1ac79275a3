"""Saved runs in the terminal: their list, a diff, a trend, and the line of a night; 80 columns."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from textwrap import wrap
from typing import Final

from rich.table import Table
from rich.text import Text

from harness.history.against import Move, Night
from harness.history.diff import Change, Diff, Flip, SystemDiff
from harness.history.store import Entry
from harness.history.trend import Point, Series
from harness.reporting.figures import NBSP, Unit, duration, figure, p_value
from harness.reporting.metrics import in_words, metric
from harness.reporting.terminal import plain_table
from harness.reporting.untrusted import excerpt, single_line
from harness.running.manifest import Manifest
from harness.statistics.estimate import Estimate

__all__ = [
    "diff_tables",
    "flip_table",
    "history_table",
    "night_line",
    "night_lines",
    "trained_lines",
    "trend_lines",
]

_WIDTH: Final = 80
_NAME: Final = 20
_TEXT: Final = 400
_TRACK: Final = 24
_RUN: Final = 18
_VALUE: Final = 24
_LIST_METRIC: Final = "right_rate"
_SURE: Final = 0.05


def history_table(entries: Sequence[Entry]) -> Table:
    """One row a run: number, name, day, suite, and each system's rate of right answers."""
    table = plain_table("* is the pinned baseline of its suite")
    table.add_column("no.", no_wrap=True)
    for heading in ("name", "made", "suite"):
        table.add_column(heading, overflow="fold", no_wrap=heading == "made")
    table.add_column("right, by system", overflow="fold")
    for entry in entries:
        table.add_row(
            f"{entry.number:04}{'*' if entry.pinned else ''}",
            Text(single_line(entry.name, _NAME), "bold"),
            entry.day.isoformat(),
            single_line(entry.suite, _NAME),
            ", ".join(_right(entry)),
        )
    return table


def _right(entry: Entry) -> Iterator[str]:
    unit = metric(_LIST_METRIC).unit()
    for system, figures in entry.header.figures.items():
        text = figure(figures.get(_LIST_METRIC), unit).text
        yield f"{single_line(system, _NAME)}{NBSP}{text}"


def diff_tables(found: Diff) -> Iterator[Table]:
    """For each pair of systems: a metric a row, as it was, as it is, and the paired difference."""
    for system in found.systems:
        table = plain_table(_pairs(system))
        for heading in ("", "a", "b", "b - a", "p, adjusted"):
            table.add_column(heading, justify="right" if heading else "left", overflow="fold")
        for change in system.changes:
            table.add_row(*_change_row(change))
        yield table


def _pairs(system: SystemDiff) -> str:
    names = dict.fromkeys((system.a, system.b))
    alone = [
        f"{number:,} only in {side}"
        for side, number in (("a", system.a_alone), ("b", system.b_alone))
        if number
    ]
    told = [f"{system.pairs:,} answers in both", *alone]
    return f"{' (a) and '.join(names)}{' (b)' if len(names) > 1 else ''}: {', '.join(told)}"


def _change_row(change: Change) -> tuple[Text | str, ...]:
    kind = metric(change.metric)
    unit = kind.unit([change.a, change.b])
    difference = kind.difference_unit([change.difference])
    style = "bold" if change.p_adjusted is not None and change.p_adjusted <= _SURE else ""
    name = f"{kind.title.lower()}\n{difference.name}".rstrip()
    return (
        Text(name, style),
        _cell(change.a, unit),
        _cell(change.b, unit),
        _cell(change.difference, difference),
        Text(p_value(change.p_adjusted), style),
    )


def _cell(estimate: Estimate, unit: Unit) -> Text:
    printed = figure(estimate, unit)
    if not printed.known:
        return Text("unknown", "dim")
    return Text.assemble((printed.text, "bold"), (f"\n{printed.interval}", "dim"))


def flip_table(flip: Flip) -> Table:
    """A question that flipped: what both answered, side by side."""
    table = plain_table(
        Text.assemble(
            ("won " if flip.won else "lost ", "bold green" if flip.won else "bold red"),
            f"{single_line(flip.question_id)} on {flip.day}"
            f"{f', repeat {flip.repeat}' if flip.repeat else ''}"
            f"{f', kind {single_line(flip.kind)}' if flip.kind else ''}\n",
            (single_line(flip.question, 2 * _TEXT), "italic"),
        ),
        expand=True,
    )
    for side, label in (("a", flip.a_class), ("b", flip.b_class)):
        table.add_column(f"{side}: {label}", ratio=1, overflow="fold")
    texts = ((flip.a_text, flip.a_failure), (flip.b_text, flip.b_failure))
    table.add_row(*(Text(excerpt(text or failure, _TEXT).text) for text, failure in texts))
    return table


def trend_lines(found: Series) -> Iterator[str]:
    """A line a run, a line where a new level begins, and what the series comes to."""
    kind = metric(found.metric)
    estimates = [point.estimate for point in found.points]
    unit = kind.unit(estimates)
    title = f"{found.suite}, {single_line(found.system)}: {kind.title.lower()}"
    yield f"{title} in {len(found.points)} run{'s' if len(found.points) != 1 else ''}"
    scale = _scale(estimates)
    begins = {level.index: level for level in found.changes}
    for index, point in enumerate(found.points):
        if (level := begins.get(index)) is not None:
            before, after = unit.write(level.before, level.after)
            moved = f"{unit.decorate(before)} to {unit.decorate(after)}"
            yield f"  -- a new level: {moved} (p {p_value(level.p_value)}) {'-' * 12}"
        yield _point_line(point, unit, scale)
        if point.unlike:
            yield f"       changed here: {single_line(', '.join(point.unlike), 56)}"
    for line in _conclusion(found, unit):
        yield from wrap(line, _WIDTH, subsequent_indent="  ")


def _conclusion(found: Series, unit: Unit) -> Iterator[str]:
    for missing in found.missing:
        yield f"missing: {missing.run}: {missing.reason}"
    if found.gone:
        yield "MISSING in the latest run: what is not measured cannot be seen to change"
    latest, baseline = found.latest, found.baseline
    if baseline is None:
        yield "no baseline is pinned: harness history pin RUN"
    elif latest is not None:
        was, now = unit.write(baseline.value, latest.value)
        yield (
            f"baseline {baseline.run}: {unit.decorate(was)}; latest {latest.run}: "
            f"{unit.decorate(now)}"
        )
    yield _changes(found)
    rise = found.drift.rise
    if rise.value is None:
        yield f"drift: unknown ({rise.method.replace('series', 'row of runs')})"
        return
    printed = figure(rise, metric(found.metric).difference_unit([rise]))
    yield (
        f"drift from first to last: {printed.text} {printed.interval}, "
        f"p {p_value(found.drift.p_value)} ({rise.method})"
    )


def _changes(found: Series) -> str:
    if not found.changes:
        return "no change of level is seen"
    several = f"{len(found.changes)} changes" if len(found.changes) > 1 else "one change"
    return f"{several} of level, from {', '.join(level.run for level in found.changes)}"


def _scale(estimates: Sequence[Estimate]) -> tuple[float, float]:
    ends = [end for e in estimates for end in (e.value, e.low, e.high) if end is not None] or [0.0]
    low, high = min(ends), max(ends)
    return low, (high - low) or 1.0


def _point_line(point: Point, unit: Unit, scale: tuple[float, float]) -> str:
    printed = figure(point.estimate, unit)
    run = single_line(point.run, _RUN) + ("*" if point.pinned else "")
    value = f"{printed.text} {printed.interval}"
    return f"{run:{_RUN + 1}} {point.made} {value:>{_VALUE}} {_track(point.estimate, scale)}"


def _track(estimate: Estimate, scale: tuple[float, float]) -> str:
    """The value and its interval on a line from the least bound of the series to the largest."""

    def place(number: float) -> int:
        return round((number - scale[0]) / scale[1] * (_TRACK - 1))

    track = [" "] * _TRACK
    if estimate.low is not None and estimate.high is not None:
        for at in range(place(estimate.low), place(estimate.high) + 1):
            track[at] = "-"
    if estimate.value is not None:
        track[place(estimate.value)] = "o"
    return "".join(track).rstrip()


def night_line(night: Night) -> str:
    """What moved and where, in one line; the worst first."""
    head = f"{night.suite} {night.run}:"
    if not night.references:
        return f"{head} the first run, there is nothing to compare it with"
    against = " and ".join(night.references)
    parts = []
    if night.moves:
        parts.append(_moved(night.moves[0]))
        if (others := len(night.moves) - 1) > 0:
            parts.append(f"{others} more moved")
    if night.missing:
        parts.append(f"missing: {', '.join(night.missing)}")
    if night.moves:
        verdict = "WORSE" if night.moves[0].worse else "better"
        return f"{head} {verdict}: {in_words('; '.join(parts))}"
    if night.missing:
        return f"{head} MISSING: {in_words('; '.join(parts).removeprefix('missing: '))}"
    reach = ""
    if night.widest is not None:
        reach = f"; in rates, less than {100 * night.widest:.1f} points may be hidden"
    return f"{head} no change is shown against {against} ({night.comparisons} comparisons{reach})"


def night_lines(night: Night) -> Iterator[str]:
    """What the line leaves out: every move, and how the runs differ in what was asked of what."""
    for move in night.moves[1:]:
        yield f"{'WORSE' if move.worse else 'better'}: {in_words(_moved(move))}"
    for found in night.diffs:
        if found.unlike:
            yield f"changed since {found.a}: {', '.join(found.unlike)}"
        yield from (f"note: {note}" for note in found.notes)


def trained_lines(manifest: Manifest) -> Iterator[str]:
    """Which systems were trained in a run, since it was due; not those whose adapter was there."""
    for system, preparations in manifest.preparations.items():
        for made in preparations:
            if made.training_seconds and not made.reused:
                yield (
                    f"trained: {single_line(system)} for {made.day}, "
                    f"{duration(made.training_seconds)}"
                )


def _moved(move: Move) -> str:
    change = move.change
    kind = metric(change.metric)
    printed = figure(change.difference, kind.difference_unit([change.difference]))
    unit = kind.difference_unit([change.difference]).name
    now = figure(change.b, kind.unit([change.b])).text
    where = f", mostly {single_line(move.where)}" if move.where else ""
    return (
        f"{change.metric} of {single_line(move.system)} {printed.text} {unit} "
        f"{printed.interval.replace(NBSP, ' ')} to {now} against {move.against}{where}"
    )
