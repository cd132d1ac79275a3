"""Latency under load: who answers how many within the limits, at which rate, and where it saturates."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from harness.reporting.charts import Axis, LogAxis, share_axis, time_axis
from harness.reporting.colours import colour
from harness.reporting.components import (
    Block,
    Cell,
    Chart,
    Column,
    Facts,
    LegendEntry,
    Lines,
    Section,
    SystemLabel,
    Table,
)
from harness.reporting.figures import NUMBER, Figure, Unit, count, figure, time_unit
from harness.reporting.load_words import (
    clause,
    client_lag,
    known_quantiles,
    notes,
    saturates,
    sentence,
    setup,
)
from harness.reporting.points import Line, Point, Span, point_chart
from harness.reporting.sections.context import Context
from harness.reporting.untrusted import single_line
from harness.statistics.estimate import Estimate
from harness.statistics.load import StepFigures
from harness.statistics.load_figures import LoadFigures
from harness.statistics.saturation import ATTAINED

_PERCENT: Final = Unit("%", factor=100, decimals=1, ceiling=100)
_ALONE: Final = Lines(("one at a time", "closed loop"))
_DRAWN: Final = ("p50", "p95")
_NAME: Final = 13  # characters of a name inside a chart

_Times = Callable[[StepFigures], Mapping[str, Estimate]]


@dataclass(frozen=True, slots=True)
class _Shown:
    """A load test with the label that it goes by."""

    label: SystemLabel
    test: LoadFigures


def load(context: Context) -> Section | None:
    """Charts and tables over the rates; None where no load test was given."""
    shown = _shown(context)
    if not shown:
        return None
    limited = any(str(it.test.limits) for it in shown)
    return Section(
        id="load",
        title="Latency under load",
        sentence=_sentence([it.test for it in shown]),
        reading=_reading(),
        blocks=(
            _goodput_chart(shown, limited=limited),
            _asked_table(shown, limited=limited),
            *_times(shown, lambda step: step.latency, "Time to the last token"),
            _total_table(shown),
            *_times(shown, lambda step: step.ttft, "Time to the first token (TTFT)"),
            *_token_tables(shown),
            *_told(shown),
        ),
    )


def _shown(context: Context) -> list[_Shown]:
    """In the run's order of systems; where a system has several tests, each goes by its own name too."""
    tests = sorted(context.load, key=lambda test: context.labels[test.system].slot)
    taken = Counter(test.system for test in tests)
    shown = []
    for test in tests:
        label = context.labels[test.system]
        if taken[test.system] > 1:
            label = replace(label, name=f"{label.name} ({test.manifest.run_id})")
        shown.append(_Shown(label, replace(test, system=label.name)))
    return shown


def _sentence(tests: Sequence[LoadFigures]) -> str:
    if len(tests) == 1:
        return sentence(tests[0])
    limits = {str(test.limits) for test in tests}
    clauses = "; ".join(
        clause(test) + (f", with {test.limits}" if len(limits) > 1 and str(test.limits) else "")
        for test in tests
    )
    if len(limits) > 1 or not str(tests[0].limits):
        return f"{clauses}."
    return f"With {tests[0].limits}, {clauses}."


def _reading() -> str:
    return (
        "A load test asks at its own times, whether or not earlier questions are answered, and each time "
        "counts from the intended start: a stall delays whoever would have asked meanwhile, and is in "
        "the figures (no coordinated omission). A request that failed or was shed is infinitely slow and stays "
        f"in every share. A rate is held where the lower end of the share is {ATTAINED:.0%} or more. "
        "A percentile is missing where the backlog grows, for then it depends on how long one looks, and where "
        "the step was too short; a p99 takes 299 requests at least. The first row of each system is a closed "
        "loop, one question at a time, to compare with."
    )


def _goodput_chart(shown: Sequence[_Shown], *, limited: bool) -> Chart:
    lines = [
        Line(
            it.label.slot,
            tuple(_point(step, step.within) for step in it.test.open_steps),
        )
        for it in shown
    ]
    what = "within the limits" if limited else "answered"
    return _chart(
        shown,
        lines,
        share_axis(),
        f"Share of requests {what}, by requests a second",
        level=(ATTAINED, f"held from {ATTAINED:.0%}"),
    )


def _times(shown: Sequence[_Shown], times: _Times, what: str) -> Iterator[Chart]:
    """Median and p95; nothing where no step has either."""
    lines = [
        Line(
            it.label.slot,
            tuple(_point(step, times(step)[name]) for step in it.test.open_steps),
            dashed=name != "p50",
        )
        for it in shown
        for name in _DRAWN
    ]
    lines = [line for line in lines if any(point.value is not None for point in line.points)]
    if not lines:
        return
    points = [point for line in lines for point in line.points if point.value is not None]
    ends = [end for p in points for end in (p.value, p.low, p.high) if end is not None]
    finite = [end for end in ends if math.isfinite(end)]
    unit = time_unit(
        [estimate for it in shown for s in it.test.open_steps for estimate in times(s).values()]
    )
    axis = time_axis(finite, replace(unit, decimals=None))
    caption = f"{what} in {unit.name}, by requests a second: median, and p95 dashed"
    yield _chart(shown, lines, axis, caption)


def _chart(
    shown: Sequence[_Shown],
    lines: Sequence[Line],
    y_axis: Axis,
    caption: str,
    *,
    level: tuple[float, str] | None = None,
) -> Chart:
    rates = [step.rate for it in shown for step in it.test.open_steps if step.rate is not None]
    x_axis = time_axis(rates, NUMBER)
    axes = {"rates": x_axis, "times": y_axis}
    logarithmic = [name for name, axis in axes.items() if isinstance(axis, LogAxis)]
    scale = f" ({' and '.join(logarithmic)} on a log scale)" if logarithmic else ""
    return Chart(
        svg=point_chart(
            lines, x_axis, y_axis, caption, spans=list(_spans(shown, x_axis)), level=level
        ),
        caption=f"{caption}, with 95% intervals{scale}",
        legend=tuple(
            LegendEntry(
                colour(it.label.slot),
                f"{single_line(it.label.name)}{_where(it.test)}",
                line="curve",
            )
            for it in shown
        ),
    )


def _where(test: LoadFigures) -> str:
    words = saturates(test.saturation)
    return f", {words} a second" if words else ""


def _spans(shown: Sequence[_Shown], axis: Axis) -> Iterator[Span]:
    for it in shown:
        found = it.test.saturation
        if found.high is not None:
            low = axis.ticks[0] if found.low is None else found.low
            words = f"{single_line(it.label.name, _NAME)} saturates"
            yield Span(it.label.slot, low, found.high, words)


def _point(step: StepFigures, estimate: Estimate) -> Point:
    return Point(step.rate or 0.0, estimate.value, estimate.low, estimate.high)


def _asked_table(shown: Sequence[_Shown], *, limited: bool) -> Table:
    steps = [step for it in shown for step in it.test.by_rate]
    within = Column("Within limits" if limited else "Answered", "%")
    columns: list[tuple[Column, list[Cell]]] = [
        (Column("Answered", "a second"), [_figure(step.reached, NUMBER) for step in steps]),
        (within, [_figure(step.within, _PERCENT) for step in steps]),
        (Column("Goodput", "a second"), [_figure(step.goodput, NUMBER) for step in steps]),
        (Column("Requests"), [count(step.requests) for step in steps]),
        (Column("Failed"), [count(step.failed) for step in steps]),
        (Column("Client lag", "ms"), [client_lag(step) for step in steps]),
        (Column("Backlog", numeric=False), [_backlog(step) for step in steps]),
    ]
    return replace(
        _table(shown, "What was asked and answered, by rate", columns),
        note=(
            "Backlog: requests under way grow by less than a tenth of what arrives (holds), without bound "
            "(grows), or fewer meet the limits than at a lower rate (no gain); unclear: the step was too "
            "short to tell."
        ),
    )


def _backlog(step: StepFigures) -> str:
    return "closed loop" if step.rate is None else step.verdict


def _total_table(shown: Sequence[_Shown]) -> Table:
    queued = any(it.test.place == "worker" for it in shown)
    steps = [step for it in shown for step in it.test.by_rate]
    columns = [
        *_columns(steps, "", lambda step: step.latency, always=("p50",)),
        *_columns(steps, "Queue ", lambda step: {"p95": step.queue} if queued else {}),
    ]
    return _table(shown, "Time to the last token, by rate", columns)


def _token_tables(shown: Sequence[_Shown]) -> Iterator[Table]:
    """Nothing where no system tells its first token."""
    steps = [step for it in shown for step in it.test.by_rate]
    columns = [
        *_columns(steps, "TTFT ", lambda step: step.ttft),
        *_columns(steps, "TPOT ", lambda step: step.tpot),
    ]
    if columns:
        caption = "Time to the first token (TTFT) and for each after it (TPOT), by rate"
        yield _table(shown, caption, columns)


def _table(
    shown: Sequence[_Shown], caption: str, columns: Sequence[tuple[Column, list[Cell]]]
) -> Table:
    """A row for each step of each test."""
    steps = [(it, step) for it in shown for step in it.test.by_rate]
    return Table(
        caption=caption,
        columns=(
            Column("System", numeric=False),
            Column("Asked", numeric=False),
            *(column for column, _ in columns),
        ),
        rows=tuple(
            (it.label, _rate(step), *row)
            for (it, step), *row in zip(steps, *(cells for _, cells in columns), strict=True)
        ),
        headers=2,
    )


def _columns(
    steps: Sequence[StepFigures],
    what: str,
    times: _Times,
    *,
    always: Sequence[str] = (),
) -> Iterator[tuple[Column, list[Cell]]]:
    """A column for each quantile that some step has, all in one unit."""
    found = [times(step) for step in steps]
    names = known_quantiles(found) or always
    estimates = {name: [step[name] for step in found] for name in names}
    unit = time_unit([estimate for column in estimates.values() for estimate in column])
    for name, column in estimates.items():
        yield Column(f"{what}{name}", unit.name), [_figure(estimate, unit) for estimate in column]


def _told(shown: Sequence[_Shown]) -> Iterator[Block]:
    """What each test comes to, where the sentence above is brief, and how it was done."""
    if len(shown) > 1:
        yield Facts(
            "What each test comes to",
            tuple((single_line(it.label.name), sentence(it.test)) for it in shown),
        )
    yield Facts(
        "How each was tested",
        tuple((single_line(it.label.name), _how(it.test)) for it in shown),
    )


def _how(test: LoadFigures) -> str:
    limits = f"limits: {test.limits}" if str(test.limits) else "no limits"
    return ". ".join([f"{setup(test)}; {limits}", *map(_sentence_case, notes(test))]) + "."


def _sentence_case(text: str) -> str:
    return text[:1].upper() + text[1:].rstrip(".")


def _rate(step: StepFigures) -> Cell:
    return _ALONE if step.rate is None else f"{step.rate:.4g}/s"


def _figure(estimate: Estimate, unit: Unit) -> Figure:
    """Without n, which is a column of its own, and without reasons, which stand below the tables."""
    shown = figure(estimate, unit)
    return replace(shown, sample="", note=shown.note if shown.known else "")
