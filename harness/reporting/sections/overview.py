"""The first screen: the answer in a sentence, what ran, the comparison table, what stays open."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from harness.reporting.components import Cell, Column, Lines, Table
from harness.reporting.figures import DOLLARS, RATE, Figure, Unit, count, figure
from harness.reporting.metrics import METRICS
from harness.reporting.sections.context import Context, rows, system_labels
from harness.reporting.sections.cost import work
from harness.statistics.estimate import Estimate
from harness.statistics.results import SystemResult
from harness.systems.base import Strategy

QUESTION: Final = "RAG, fine-tuning or both?"
_ANSWERS: Final[dict[Strategy, str]] = {
    "base": "Neither, here",
    "rag": "RAG, here",
    "fine-tuned": "Fine-tuning, here",
    "hybrid": "Both, here",
    "external": "Another system, here",
}
_MORE: Final = Unit("points", factor=100, decimals=1)
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
    scope: str
    ran: tuple[tuple[str, str], ...]
    limits: tuple[str, ...]
    table: Table
    reading: str


def overview(context: Context) -> Overview:
    """The head of the report."""
    return Overview(
        question=QUESTION,
        answer=_answer(context),
        scope=_scope(context),
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


def _answer(context: Context) -> str:
    ranked = sorted(
        (system for system in context.results.systems if _right(system) is not None),
        key=lambda system: (-(_right(system) or 0.0), system.name),
    )
    if not ranked:
        return "This run cannot say: no right rate could be computed."
    best, *others = ranked
    printed = figure(best.metrics["right_rate"], RATE)
    rate = f"{printed.line}"
    if not others:
        return f"Only {best.name} ran; it was right in {rate} of its answers."
    level = [system for system in others if not _surely_ahead(context, best, system)]
    if level:
        names = _join([best.name, *(system.name for system in level)])
        return (
            f"Not settled: {names} cannot be told apart on right answers; {best.name} has the "
            f"highest rate, {rate}."
        )
    second = others[0]
    ahead = context.difference(second.name, best.name, "right_rate")
    gap = figure(ahead.difference if ahead else None, _MORE)
    return (
        f"{_ANSWERS[best.strategy]}: {best.name} was right in {rate} of its answers, "
        f"{gap.text} points {gap.interval} more than {second.name}, the next best."
    )


def _surely_ahead(context: Context, best: SystemResult, other: SystemResult) -> bool:
    comparison = context.difference(other.name, best.name, "right_rate")
    return comparison is not None and context.verdict(comparison).text == "better"


def _right(system: SystemResult) -> float | None:
    estimate: Estimate | None = system.metrics.get("right_rate")
    return estimate.value if estimate else None


def _scope(context: Context) -> str:
    models = sorted(
        {
            str(system.settings["model"])
            for system in context.run.manifest.systems
            if "model" in system.settings
        }
    )
    model = _join(models) if models else "the models named below"
    lab = " (the lab model has about 2 million parameters)" if "lab" in models else ""
    return (
        f"These verdicts hold for {model}{lab} on this corpus and these questions; a larger model "
        "or another corpus can turn them."
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
        ("Machine", ", ".join(str(value) for value in machine.values()) or "not recorded"),
        ("Date", manifest.created),
    )


def _limits(context: Context) -> tuple[str, ...]:
    """What this run cannot conclude, the most general first."""
    limits = [_scope(context)]
    manifest, results = context.run.manifest, context.results
    missing = sum(system.counts.planned - system.counts.attempted for system in results.systems)
    if missing > 0:
        limits.append(
            f"The run is incomplete: {count(missing)} planned answers are missing and in no figure."
        )
    strategies = {system.strategy for system in results.systems}
    absent = [name for name in ("rag", "fine-tuned", "hybrid") if name not in strategies]
    if absent:
        limits.append(f"No system of the run is {_join(absent, 'or')}; of that it says nothing.")
    if manifest.repeats == 1:
        limits.append(
            "Every question was asked once a day, so variation between repeats of one question "
            "is not measured."
        )
    return (*limits, *results.notes)


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


def _join(words: Sequence[str], last: str = "and") -> str:
    if len(words) == 1:
        return words[0]
    return f"{', '.join(words[:-1])} {last} {words[-1]}"
