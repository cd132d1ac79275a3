"""The first screen: the answer in a sentence, what ran, the comparison table, what stays open."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from harness.decision.words import join
from harness.reporting.components import Cell, Column, Lines, Table
from harness.reporting.figures import DOLLARS, Figure, count, figure
from harness.reporting.metrics import METRICS, in_words
from harness.reporting.sections.answer import QUESTION, answer
from harness.reporting.sections.context import Context, rows, system_labels
from harness.reporting.sections.cost import work
from harness.reporting.sections.scope import scope
from harness.statistics.results import SystemResult

_MEASURES: Final = (
    "right_rate",
    "stale_rate",
    "valid_rate",
    "latency_p50",
    "latency_p95",
    "cost_per_query",
)


@dataclass(frozen=True, slots=True)
class Overview:
    """Everything above the first section."""

    question: str
    answer: str
    ran: tuple[tuple[str, str], ...]
    limits: tuple[str, ...]
    table: Table
    reading: str


def overview(context: Context) -> Overview:
    """The head of the report."""
    return Overview(
        question=QUESTION,
        answer=answer(context),
        ran=_ran(context),
        limits=_limits(context),
        table=_table(context),
        reading=(
            "Every figure stands above its 95% interval and its n; “n 1,440 in 160” means that the "
            "1,440 answers belong to 160 independent facts, and the interval respects that. A "
            "failed answer counts against its system. Latency and cost belong to this machine and "
            "these prices."
        ),
    )


def _ran(context: Context) -> tuple[tuple[str, str], ...]:
    manifest, results = context.run.manifest, context.results
    per_day = len(context.run.questions)
    attempted = sum(system.counts.attempted for system in results.systems)
    machine = manifest.machine
    return (
        ("Suite", f"{manifest.title or manifest.suite}"),
        ("Days", ", ".join(day.isoformat() for day in results.days)),
        (
            "Questions",
            f"{count(per_day)} a day, {count(attempted)} answers attempted in all",
        ),
        ("Systems", ", ".join(system.name for system in results.systems)),
        ("Machine", ", ".join(_said(*entry) for entry in machine.items()) or "not recorded"),
        ("Date", manifest.created),
    )


def _said(name: str, value: object) -> str:
    """An entry of the machine; a number alone does not say of what."""
    if name == "cores":
        return f"{value} core{'' if str(value) == '1' else 's'}"
    return str(value)


def _limits(context: Context) -> tuple[str, ...]:
    """What this run cannot conclude, the most general first."""
    manifest, results = context.run.manifest, context.results
    limits = [scope(manifest)]
    strategies = {system.strategy for system in results.systems}
    absent = [name for name in ("rag", "fine-tuned", "hybrid") if name not in strategies]
    if absent:
        limits.append(f"No system of the run is {join(absent, 'or')}; of that it says nothing.")
    if manifest.repeats == 1:
        limits.append(
            "Every question was asked once a day, so variation between repeats of one question "
            "is not measured."
        )
    return (*limits, *map(in_words, results.notes))


def _table(context: Context) -> Table:
    columns = [Column("System", numeric=False)]
    for name in _MEASURES:
        unit = METRICS[name].unit(system.metrics.get(name) for system in context.results.systems)
        columns.append(Column(METRICS[name].title, unit.name))
    columns += [
        Column("Set-up and upkeep", numeric=False),
        Column("Answers", "attempted / answered / failed"),
    ]
    upkeep = [_upkeep(system) for system in context.results.systems]
    answers: list[Cell] = [
        " / ".join(map(count, (s.counts.attempted, s.counts.answered, s.counts.failed)))
        for s in context.results.systems
    ]
    measured = [context.column(name) for name in _MEASURES]
    return Table(
        caption="The comparison, measured",
        columns=tuple(columns),
        rows=rows(system_labels(context), *measured, upkeep, answers),
    )


def _upkeep(system: SystemResult) -> Cell:
    cost: Figure = figure(system.upkeep.usd, DOLLARS)
    price = cost.text if cost.known else "cost unknown"
    return Lines((price, *([cost.interval] if cost.interval else []), *work(system.upkeep)))
