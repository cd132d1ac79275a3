"""Who is to blame: which part of a retrieving system was at fault."""

from __future__ import annotations

from typing import Final

from harness.reporting.charts import Bar, Segment, share_axis, stacked_bars
from harness.reporting.components import Chart, Column, LegendEntry, Section, Table
from harness.reporting.figures import RATE, count, figure
from harness.reporting.sections.context import Context
from harness.scoring.blame import BLAMES, Blame
from harness.statistics.blame import SystemBlame

_MEANING: Final[dict[Blame, str]] = {
    "read": "a current passage, answered current",
    "misread": "a current passage, answered neither current nor outdated",
    "outdated_beside": "a current and an outdated passage, answered outdated",
    "memory": "only current passages, answered outdated: memory beat them",
    "only_outdated": "only outdated passages, not right",
    "nothing": "no relevant passage, not right",
    "leak": "right without a passage that says so",
}
_TITLES: Final[dict[Blame, str]] = {
    "read": "Read",
    "misread": "Misread",
    "outdated_beside": "Outdated passage won",
    "memory": "Memory won",
    "only_outdated": "Only outdated found",
    "nothing": "Nothing found",
    "leak": "Closed-book leak",
}


def blame(context: Context) -> Section:
    """Stacked shares for each system that retrieves, and the same as a table."""
    found = [system for system in context.results.over_time.blame if system.judged]
    return Section(
        id="blame",
        title="Who is to blame",
        sentence=_sentence(found),
        reading=(
            "A passage is current or outdated by what it says: it names the question's subject and "
            "a value that holds, or held, on that day. Each answer falls into exactly one class. "
            "Questions with a yes or no, and those without an answer, are left out, because no "
            "passage spells their value."
        ),
        blocks=(_chart(found), _table(context, found)) if found else (),
    )


def _sentence(found: list[SystemBlame]) -> str:
    if not found:
        return "No system of this run retrieved a passage that could be judged."
    faults = [
        (system.shares[label].value or 0.0, system, label)
        for system in found
        for label in BLAMES
        if label not in {"read", "leak"}
    ]
    value, system, label = max(faults, key=lambda fault: fault[0])
    if not value:
        return "Every judged answer of the systems that retrieve was right."
    return (
        f"The most frequent fault was in {system.system}: {_MEANING[label]} "
        f"({figure(system.shares[label], RATE).line})."
    )


def _chart(found: list[SystemBlame]) -> Chart:
    bars = [
        Bar(
            label=system.system,
            text=f"n {count(system.judged)}",
            segments=tuple(
                Segment(
                    style=f"b-{label}",
                    value=system.counts[label] / system.judged,
                    text=f"{100 * system.counts[label] / system.judged:.0f}",
                    title=f"{_MEANING[label]} {count(system.counts[label])} of {count(system.judged)}",
                )
                for label in _MEANING
            ),
        )
        for system in found
    ]
    return Chart(
        svg=stacked_bars(bars, share_axis(), "Share of each kind of fault by system"),
        caption="What was retrieved and what became of it (share of judged answers)",
        legend=tuple(LegendEntry(f"b-{label}", _MEANING[label]) for label in _MEANING),
    )


def _table(context: Context, found: list[SystemBlame]) -> Table:
    return Table(
        caption="What was retrieved and what became of it",
        columns=(
            Column("System", numeric=False),
            *(Column(_TITLES[label]) for label in _MEANING),
            Column("Answers", "judged / left out"),
        ),
        rows=tuple(
            (
                context.labels[system.system],
                *(figure(system.shares[label], RATE) for label in _MEANING),
                f"{count(system.judged)} / {count(system.unjudged)}",
            )
            for system in found
        ),
    )
