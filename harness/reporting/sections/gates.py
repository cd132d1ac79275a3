"""The suite's gates: what the run must keep, and whether it does."""

from __future__ import annotations

from typing import Final

from harness.reporting.components import Badge, Column, Lines, Section, Table
from harness.reporting.figures import p_value
from harness.reporting.sections.context import Context

_TONES: Final = {"pass": "good", "fail": "bad", "inconclusive": "neutral"}


def gates(context: Context) -> Section | None:
    """A row for each gate, the worst first; None where the suite has none."""
    found = context.gates
    if found is None or not (found.verdicts or found.remarks):
        return None
    rows = tuple(
        (
            Lines(tuple(filter(None, (one.name, one.explanation)))),
            Badge(one.verdict, _TONES[one.verdict]),
            one.sentence,
            p_value(one.p_adjusted),
        )
        for one in found.worst_first
    )
    against = "" if found.baseline is None else f" The baseline is {found.baseline}."
    return Section(
        id="gates",
        title="Gates",
        sentence=f"{found.summary}.{against}",
        reading=(
            "A gate passes when the whole 95% interval keeps its bound, fails when none of it does, "
            f"and is inconclusive in between. A failure must also stand after Holm's correction over all "
            f"gates of the run: were every bound kept, any of them would fail in at most "
            f"{found.family_error:.0%} of such runs."
        ),
        blocks=(
            Table(
                caption="What the run must keep",
                columns=(
                    Column("Gate", numeric=False),
                    Column("Verdict", numeric=False),
                    Column("What was measured", numeric=False),
                    Column("Holm p"),
                ),
                rows=rows,
                note="; ".join(found.remarks),
            ),
        ),
    )
