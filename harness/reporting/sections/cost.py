"""Cost: what an answer cost, what keeping a system up to date cost, and where prices come from."""

from __future__ import annotations

from collections import Counter
from typing import Final

from harness.decision.bounds import in_units
from harness.decision.ownership import CHANGES, VOLUMES, BreakEven, Ownership
from harness.decision.words import join
from harness.reporting.components import Cell, Column, Lines, Section, Table
from harness.reporting.crossings import crossing_volume, others_lines
from harness.reporting.figures import DOLLARS, NBSP, NUMBER, Unit, count, duration, figure
from harness.reporting.metrics import METRICS
from harness.reporting.sections.context import Context, rows, system_labels
from harness.reporting.sections.months import month_charts
from harness.reporting.spent import spent_dollars, spent_words
from harness.reporting.untrusted import single_line
from harness.statistics.results import Upkeep

_PER_ANSWER: Final = (
    "cost_per_query",
    "cost_per_right",
    "cost_per_pass",
    "prompt_tokens",
    "completion_tokens",
)

_OPEN: Final = (
    "Where only cached tokens have no price, they cost between nothing and what others do: the "
    "interval holds all of that, and the value is the most."
)


def cost(context: Context) -> Section:
    """Cost per query and per right answer, upkeep over all days, and the basis of the prices."""
    return Section(
        id="cost",
        title="Cost",
        sentence=_sentence(context),
        reading=(
            "Cost per query is what answering took; setting up and keeping up to date (indexing, "
            "training) stands apart, because it falls per change of the corpus and not per "
            "question. A price that is not known is unknown, never 0. Where two curves of a month "
            "cross, the other system becomes the cheaper; the band is the interval of the cost per "
            "query."
            + (f" {_OPEN}" if any(s.cost.least is not None for s in context.results.scores) else "")
        ),
        blocks=(
            _query_table(context),
            _upkeep_table(context),
            *month_charts(context),
            *_owned_table(context),
            *_crossing_table(context),
            *_judging_table(context),
            *_basis_table(context),
        ),
    )


def work(upkeep: Upkeep) -> tuple[str, ...]:
    """What set-up and upkeep consisted of, a phrase each, which break after commas only."""
    phrases = []
    if upkeep.documents or upkeep.index_seconds:
        removed = f", {count(upkeep.removed)} removed" if upkeep.removed else ""
        phrases.append(
            f"{count(upkeep.documents)} documents{removed}, {duration(upkeep.index_seconds)}"
        )
    if upkeep.embedded_tokens:
        phrases.append(f"{count(upkeep.embedded_tokens)} tokens embedded")
    if upkeep.examples or upkeep.training_seconds:
        phrases.append(f"{count(upkeep.examples)} examples, {duration(upkeep.training_seconds)}")
    if upkeep.energy_joules:
        phrases.append(f"{NUMBER.write(upkeep.energy_joules)[0]} J")
    unbroken = (phrase.replace(" ", NBSP).replace(f",{NBSP}", ", ") for phrase in phrases)
    return tuple(unbroken) or ("nothing to do",)


def _sentence(context: Context) -> str:
    known = {
        system.name: estimate
        for system in context.results.systems
        if (estimate := system.metrics.get("cost_per_query")) is not None
        and estimate.value is not None
    }
    if not known:
        return "What a query cost is not known for this run."
    unit = METRICS["cost_per_query"].unit(known.values())
    ranked = sorted(known, key=lambda name: (known[name].value or 0.0, name))
    low, high = figure(known[ranked[0]], unit), figure(known[ranked[-1]], unit)
    per = "a query" if unit.factor == 1 else f"{unit.name.removeprefix('$ ')} queries"
    if len(ranked) == 1:
        return f"{ranked[0]} cost {low.line} {per}."
    return f"{ranked[0]} cost least, {low.line} {per}; {ranked[-1]} most, {high.line}."


def _query_table(context: Context) -> Table:
    columns = [Column("System", numeric=False)]
    for name in _PER_ANSWER:
        unit = METRICS[name].unit(system.metrics.get(name) for system in context.results.systems)
        columns.append(Column(METRICS[name].title, unit.name))
    return Table(
        caption="Cost and tokens per answer (means)",
        columns=tuple(columns),
        rows=rows(system_labels(context), *(context.column(name) for name in _PER_ANSWER)),
    )


def _upkeep_table(context: Context) -> Table:
    systems = context.results.systems
    preparations = context.run.manifest.preparations
    reused = [
        any(preparation.reused for preparation in preparations.get(system.name, ()))
        for system in systems
    ]
    works: list[Cell] = [Lines(work(system.upkeep)) for system in systems]
    dollars: list[Cell] = [figure(system.upkeep.usd, DOLLARS) for system in systems]
    tokens: list[Cell] = [count(system.upkeep.tokens) for system in systems]
    return Table(
        caption="Set-up and upkeep over all days of the run",
        columns=(
            Column("System", numeric=False),
            Column("Indexed, trained", numeric=False),
            Column("Tokens trained on"),
            Column("Cost"),
        ),
        rows=rows(system_labels(context), works, tokens, dollars),
        note=(
            "Where an index or an adapter with the same fingerprint was reused, the time is what "
            "making it once took."
            if any(reused)
            else ""
        ),
    )


def _owned_table(context: Context) -> tuple[Table, ...]:
    """A month of each system at every volume and rate of change; none where no decision was made."""
    owned = context.recommendation.owned if context.recommendation is not None else ()
    if not owned:
        return ()
    months = [m for one in owned for often in one.by_change.values() for m in often.values()]
    unit = DOLLARS.fitted(month.value for month in months)
    kept = [
        f"{one.system}: {'unknown' if one.storage is None else in_units('cost_', one.storage)} ({one.stored})"
        for one in owned
        if one.storage != 0
    ]
    return (
        Table(
            caption="What a month costs, by questions asked and by how often the facts change",
            columns=(
                Column("System", numeric=False),
                Column("Questions"),
                *(Column(f"Every {'day' if d == 1 else f'{d:g} days'}", "$") for d in CHANGES),
            ),
            rows=tuple(row for one in owned for row in _months(context, one, unit)),
            note=(
                "Answers, a refresh at every change, hosting and storage; set-up is in none. The "
                "intervals are those of the cost per query."
                + (f" Storage of the index, a month: {'; '.join(kept)}." if kept else "")
                + (
                    " What is unknown is in no month."
                    if any(o.storage is None for o in owned)
                    else ""
                )
            ),
        ),
    )


def _months(context: Context, one: Ownership, unit: Unit) -> tuple[tuple[Cell, ...], ...]:
    """A row for each volume; one for all of them where none is known."""
    known = any(one.by_change[days][v].value is not None for days in CHANGES for v in VOLUMES)
    return tuple(
        (
            context.labels[one.system],
            count(volume) if known else "any",
            *(figure(one.by_change[days][volume], unit) for days in CHANGES),
        )
        for volume in (VOLUMES if known else VOLUMES[:1])
    )


def _crossing_table(context: Context) -> tuple[Table, ...]:
    """From how many questions a month on which of two systems is the cheaper, by rate of change.

    Two of which none ever becomes cheaper with volume stand in the note; no table where no two do.
    """
    recommendation = context.recommendation
    found = recommendation.break_evens_by_change if recommendation is not None else {}
    pairs: dict[frozenset[str], dict[float, BreakEven]] = {}
    for days in CHANGES:
        for one in found.get(days, ()):
            pairs.setdefault(frozenset((one.sooner, one.later)), {})[days] = one
    kept = {
        pair: by
        for pair, by in pairs.items()
        if any(one.told in {"crosses", "may cross"} for one in by.values())
    }
    rest = [by[CHANGES[0]] for pair, by in pairs.items() if pair not in kept and CHANGES[0] in by]
    note = "; ".join(others_lines(rest))
    if not kept:
        return ()
    return (
        Table(
            caption="From how many questions a month on which of two is the cheaper",
            columns=(
                Column("Systems", numeric=False),
                *(
                    Column(f"Every {'day' if d == 1 else f'{d:g} days'}", numeric=False)
                    for d in CHANGES
                ),
            ),
            rows=tuple(
                (
                    join([one.name for one in context.results.systems if one.name in pair]),
                    *(crossing_volume(by[d]) if d in by else "unknown" for d in CHANGES),
                )
                for pair, by in kept.items()
            ),
            note=(
                "Below that number the other one is. The interval is that of the paired difference in "
                "cost per query; “never” in it: it may never pay."
                + (f" Of the others: {note}." if note else "")
            ),
        ),
    )


def _judging_table(context: Context) -> tuple[Table, ...]:
    """What judges took, the measurement's own cost; none where nobody was asked."""
    spending = context.quality.spending if context.quality is not None else ()
    if not spending:
        return ()
    return (
        Table(
            caption="Spent on judging",
            columns=(
                Column("Judge", numeric=False),
                Column("Took", numeric=False),
                Column("Cost"),
                Column("Basis", numeric=False),
            ),
            rows=tuple(
                (
                    single_line(spent.judge),
                    spent_words(spent),
                    spent_dollars(spent),
                    single_line(spent.usd.basis, 400),
                )
                for spent in spending
            ),
            note=(
                "A cost of the measurement, in no figure of a system. Calls that gave no verdict are "
                "counted too."
            ),
        ),
    )


def _basis_table(context: Context) -> tuple[Table, ...]:
    """Where each system's prices come from, with the number of answers priced that way."""
    bases = Counter((score.system, score.cost.basis) for score in context.results.scores)
    if not bases:
        return ()
    slot = {name: label.slot for name, label in context.labels.items()}
    ranked = sorted(bases.items(), key=lambda item: (slot[item[0][0]], -item[1], item[0][1]))
    return (
        Table(
            caption="Where the prices come from",
            columns=(
                Column("System", numeric=False),
                Column("Basis", numeric=False),
                Column("Answers"),
            ),
            rows=tuple(
                (context.labels[system], basis, count(answers))
                for (system, basis), answers in ranked
            ),
        ),
    )
