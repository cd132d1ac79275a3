"""Time to fresh: after a fact changed, how long until a system first answered it right."""

from __future__ import annotations

from typing import Final

from harness.reporting.components import Column, Section, Table
from harness.reporting.figures import RATE, Unit, count, figure
from harness.reporting.sections.context import Context
from harness.statistics.time_to_fresh import TimeToFresh

_DAYS: Final = Unit("days", decimals=0, suffix=" d")
_SECONDS: Final = Unit("seconds", suffix=" s")


def time_to_fresh(context: Context) -> Section:
    """A row for each system that the harness keeps up to date; the others are named."""
    found = context.results.over_time.time_to_fresh
    kept = [row for row in found if not row.reason]
    return Section(
        id="time-to-fresh",
        title="Time to fresh",
        sentence=_sentence(kept, found),
        reading=(
            "Two clocks that must not be added up. Waiting days pass from the change until the "
            "first refresh that could know it: they follow from the declared policy, and documents "
            "that are published late come on top. Seconds are this machine's: bringing the index "
            "up to date or training, and then the first right answer to any question about the fact. A change that was followed "
            "by another before any refresh was never known."
        ),
        blocks=(_table(context, kept),) if kept else (),
        noted=False,
    )


def _sentence(kept: list[TimeToFresh], found: tuple[TimeToFresh, ...]) -> str:
    if not kept:
        by_reason: dict[str, list[str]] = {}
        for row in found:
            by_reason.setdefault(row.reason, []).append(row.system)
        reasons = [f"{reason} ({', '.join(names)})" for reason, names in by_reason.items()]
        return f"No time to fresh can be told: {'; '.join(reasons) or 'nothing was run'}."
    ranked = sorted(kept, key=lambda row: (row.never.value or 0.0, row.system))
    best, worst = ranked[0], ranked[-1]
    first = (
        f"Of {count(best.changes)} changes, {best.system} never answered "
        f"{figure(best.never, RATE).line} right while they held"
    )
    others = [row.system for row in found if row.reason]
    left_out = f" ({', '.join(others)}: not kept up to date by the harness.)" if others else ""
    if worst is best:
        return f"{first}.{left_out}"
    return f"{first}, {worst.system} {figure(worst.never, RATE).line}.{left_out}"


def _table(context: Context, kept: list[TimeToFresh]) -> Table:
    return Table(
        caption="From a change to the first right answer (medians), and changes never caught",
        columns=(
            Column("System", numeric=False),
            Column("Kept up to date", numeric=False),
            Column("Changes", "seen / knowable"),
            Column("Waiting", "policy"),
            Column("Refresh", "machine"),
            Column("First right answer", "machine"),
            Column("Right on the first day it could be"),
            Column("Never right"),
        ),
        rows=tuple(
            (
                context.labels[row.system],
                row.policy,
                f"{count(row.changes)} / {count(row.knowable)}",
                figure(row.waiting, _DAYS),
                figure(row.work, _SECONDS),
                figure(row.answer, _SECONDS),
                figure(row.at_once, RATE),
                figure(row.never, RATE),
            )
            for row in kept
        ),
    )
