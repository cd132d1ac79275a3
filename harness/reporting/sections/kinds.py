"""Right answers by kind of question."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import Final

from harness.reporting.components import Column, Section, Table
from harness.reporting.figures import RATE, figure
from harness.reporting.sections.context import Context
from harness.statistics.estimate import Estimate
from harness.statistics.results import SystemResult

_ACROSS: Final = 6
"""Systems that stand side by side on the narrowest screen that shows tables."""


def kinds(context: Context) -> Section:
    """A row per kind, a column per system."""
    systems = context.results.systems
    names = sorted({kind for system in systems for kind in system.by_kind})
    return Section(
        id="kinds",
        title="By kind of question",
        sentence=_sentence(context, names),
        reading=(
            "Share of right answers per kind. Slices are smaller than the whole, so their "
            "intervals are wider; a kind that looks bad in one cell is a place to look, not yet a "
            "finding."
        ),
        blocks=tuple(_tables(systems, names)),
        noted=False,
    )


def _tables(systems: Sequence[SystemResult], names: Sequence[str]) -> Iterator[Table]:
    """One table, or several of equal width where the systems are too many for one."""
    if not names:
        return
    parts = math.ceil(len(systems) / _ACROSS)
    width = math.ceil(len(systems) / parts)
    for first in range(0, len(systems), width):
        shown = systems[first : first + width]
        which = f" ({shown[0].name} to {shown[-1].name})" if parts > 1 else ""
        yield Table(
            caption=f"Share of right answers, per kind of question and system{which}",
            columns=(
                Column("Kind", numeric=False),
                *(Column(system.name) for system in shown),
            ),
            rows=tuple(
                (
                    plain_kind(kind) or "without a kind",
                    *(figure(s.by_kind.get(kind, {}).get("right_rate"), RATE) for s in shown),
                )
                for kind in names
            ),
        )


def plain_kind(kind: str) -> str:
    """The name of a kind in plain words."""
    return kind.replace("_", " ")


def _sentence(context: Context, names: list[str]) -> str:
    if not names:
        return "The questions of this run carry no kinds."
    best = max(context.results.systems, key=lambda s: (_value(s.metrics.get("right_rate")), s.name))
    rates = [
        (_value(best.by_kind[kind].get("right_rate")), kind)
        for kind in names
        if kind in best.by_kind
    ]
    if not rates:
        return f"The questions are of {len(names)} kinds."
    worst = min(rates)[1]
    printed = figure(best.by_kind[worst].get("right_rate"), RATE)
    return (
        f"The hardest kind for {best.name}, the system most often right, is “{plain_kind(worst)}”: "
        f"{printed.line}."
    )


def _value(estimate: Estimate | None) -> float:
    return -1.0 if estimate is None or estimate.value is None else estimate.value
