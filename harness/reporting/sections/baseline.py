"""What changed since another run: each figure then and now, and the paired difference."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from harness.decision.words import join
from harness.history.diff import Change, Diff, SystemDiff
from harness.reporting.components import Badge, Cell, Column, Section, Table
from harness.reporting.figures import count, figure, p_value
from harness.reporting.metrics import metric
from harness.reporting.sections.context import VERDICT_TONES, Context
from harness.reporting.untrusted import single_line
from harness.reporting.verdicts import verdict
from harness.statistics.results import Comparison

_NAMES = 160


def baseline(context: Context) -> Section | None:
    """A table for each system that both runs have; None without a baseline."""
    found = context.baseline
    if found is None:
        return None
    notes = [f"{single_line(name)} is in one of the runs only" for name in found.missing]
    notes += [f"unlike: {', '.join(found.unlike)}"] if found.unlike else []
    notes += found.notes
    return Section(
        id="baseline",
        title="Against the baseline",
        sentence=_sentence(found),
        reading=(
            "Each question is compared with itself: the same question on the same day, put to the system of "
            "the same name in the other run. The p-values are Holm's over every row of this section. "
            "What is unlike between the runs stands below: only where it is nothing is a change the "
            "system's own."
        ),
        blocks=tuple(
            _table(system, notes if system is found.systems[-1] else []) for system in found.systems
        ),
        noted=False,
    )


def _sentence(found: Diff) -> str:
    moved = [
        f"{single_line(system.b)}'s {metric(change.metric).title.lower()} is {word}"
        for system in found.systems
        for change in system.changes
        if (word := _verdict(change).text) in {"better", "worse"}
    ]
    lost = sum(not flip.won for system in found.systems for flip in system.flips)
    won = sum(flip.won for system in found.systems for flip in system.flips)
    what = f"{join(moved)}" if moved else "no change is shown"
    return (
        f"Against {single_line(found.a, _NAMES)}, {what}; {count(lost)} answers that were right are "
        f"not now, and {count(won)} are that were not."
    )


def _table(system: SystemDiff, notes: Sequence[str]) -> Table:
    return Table(
        caption=f"{single_line(system.b)}: {count(system.pairs)} answers in both runs",
        columns=(
            Column("Figure", numeric=False),
            Column("Then"),
            Column("Now"),
            Column("Difference"),
            Column("Holm p"),
            Column("Verdict", numeric=False),
        ),
        rows=tuple(_row(change) for change in system.changes),
        note="; ".join(notes),
    )


def _row(change: Change) -> tuple[Cell, ...]:
    kind = metric(change.metric)
    unit = kind.unit([change.a, change.b])
    difference = kind.difference_unit([change.difference])
    if kind.quantity == "usd":  # both for as many queries
        difference = replace(unit, prefix="", signed=True)
    return (
        f"{kind.title}, {difference.name or unit.name}".removesuffix(", "),
        figure(change.a, unit),
        figure(change.b, unit),
        figure(change.difference, difference),
        p_value(change.p_adjusted),
        _verdict(change),
    )


def _verdict(change: Change) -> Badge:
    comparison = Comparison(
        change.metric, "", "", change.difference, change.p_value, change.p_adjusted
    )
    word = verdict(comparison, metric(change.metric), change.a.value)
    return Badge(word, VERDICT_TONES.get(word, "neutral"))
