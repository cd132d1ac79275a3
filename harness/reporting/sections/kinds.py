"""Right answers by kind of question."""

from __future__ import annotations

from harness.reporting.components import Cell, Column, Section, Table
from harness.reporting.figures import RATE, figure
from harness.reporting.sections.context import Context
from harness.statistics.estimate import Estimate


def kinds(context: Context) -> Section:
    """A row per kind, a column per system."""
    systems = context.results.systems
    names = sorted({kind for system in systems for kind in system.by_kind})
    body: list[tuple[Cell, ...]] = [
        (
            plain_kind(kind) or "without a kind",
            *(figure(system.by_kind.get(kind, {}).get("right_rate"), RATE) for system in systems),
        )
        for kind in names
    ]
    return Section(
        id="kinds",
        title="By kind of question",
        sentence=_sentence(context, names),
        reading=(
            "Share of right answers per kind. Slices are smaller than the whole, so their "
            "intervals are wider; a kind that looks bad in one cell is a place to look, not yet a "
            "finding."
        ),
        blocks=(
            Table(
                caption="Share of right answers, per kind of question and system",
                columns=(
                    Column("Kind", numeric=False),
                    *(Column(system.name) for system in systems),
                ),
                rows=tuple(body),
            ),
        )
        if body
        else (),
        noted=False,
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
