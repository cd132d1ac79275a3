"""A decision in the terminal, at most 80 columns wide, in plain words."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from textwrap import wrap
from types import MappingProxyType
from typing import Final

from harness.decision.bounds import in_units
from harness.decision.changes import distance
from harness.decision.constraints import Needs, Situation
from harness.decision.decide import Decision
from harness.decision.ownership import CHANGES, VOLUMES, Ownership
from harness.decision.prior import Measured, Prior
from harness.decision.words import every, join
from harness.reporting.console import dollars
from harness.reporting.crossings import crossing_lines
from harness.reporting.untrusted import single_line

__all__ = ["decision_lines", "prior_lines"]

_WIDTH: Final = 80
_NAME: Final = 14
_CELL: Final = 21
_CHANGE: Final = 13
_SHOWN: Final = 3
_SELDOM: Final = 0.005
_OFTEN: Final = 0.05
_VERDICTS: Final = MappingProxyType(
    {
        "agrees": "holds",
        "disagrees": "does not hold",
        "open": "is not settled",
        "not measured": "was not tested",
    }
)


def decision_lines(decision: Decision) -> tuple[str, ...]:
    """The answer, what would change it, what to measure next, and what it costs."""
    return tuple(
        line
        for part in (
            _wrapped(decision.text),
            _section("Asked for", _asked(decision.needs)),
            _section("Undecided by these measurements", _undecided(decision)),
            _section("Over all weightings and resamples", _standings(decision)),
            _section("What would change it", _changes(decision)),
            _section("A month, in dollars", _costs(decision)),
            _section(
                "A month where the facts change every so many days, in dollars", _changing(decision)
            ),
            _section(
                "Noted, not measured", [single_line(t, 400) for t in decision.needs.assumptions]
            ),
        )
        for line in part
    )


def prior_lines(found: Prior, said: Measured | None = None) -> tuple[str, ...]:
    """The prior, that it is one, and what a run says of it."""
    text = (
        f"PRIOR, nothing was measured: {found.mechanism}, because {' and '.join(found.reasons)}."
        f"{''.join(f' But {reason}.' for reason in found.against)} This is a rule of thumb from the "
        "article that started this project; measure before you rely on it."
    )
    beside = (
        [] if said is None else [f"MEASURED, the prior {_VERDICTS[said.verdict]}: {said.words}."]
    )
    return tuple(line for one in (text, *beside) for line in _wrapped(one))


def _section(title: str, items: list[str]) -> list[str]:
    if not items:
        return []
    return ["", f"{title}:", *(line for item in items for line in _item(item))]


def _wrapped(text: str) -> list[str]:
    return wrap(" ".join(text.split()), _WIDTH, break_on_hyphens=False)


def _item(text: str) -> list[str]:
    """A bullet; what is already laid out in columns stays as it is."""
    if text.startswith("  "):
        return [text]
    return wrap(text, _WIDTH, initial_indent="- ", subsequent_indent="  ", break_on_hyphens=False)


def _asked(needs: Needs) -> list[str]:
    return [*(c.words for c in needs.constraints), *_situation(needs.situation)]


def _situation(said: Situation) -> Iterator[str]:
    if said.change_days is not None:
        yield f"the facts change {every(said.change_days)}"
    if said.corpus is not None:
        yield "there is a corpus to search" if said.corpus else "there is no corpus to search"
    if said.labelled_examples is not None:
        yield f"there are {said.labelled_examples:,} examples to train on"
    if said.data_may_leave is not None:
        yield f"data {'may' if said.data_may_leave else 'may not'} go to a provider"


def _undecided(decision: Decision) -> list[str]:
    found = [one.words for one in decision.measure]
    found += [f"{fit.system}: {fit.reason}" for fit in decision.fits if fit.kept == "undecided"]
    if decision.uncounted:
        names = ", ".join(name.replace("_", " ") for name in decision.uncounted)
        found.append(f"not counted, because not known for every system: {names}")
    return found


def _changes(decision: Decision) -> list[str]:
    found = [flip.words for flip in sorted(decision.flips, key=distance)]
    found += [shift.words for shift in decision.shifts]
    for move in decision.moves:
        name = move.metric.replace("_", " ")
        if move.to is None:
            found.append(f"no {name} of {decision.choice.system} alone brings {move.rival} level")
        else:
            found.append(
                f"if the {name} of {decision.choice.system} were {in_units(move.metric, move.to)}: "
                f"{move.rival} is worth as much"
            )
    if decision.flips or decision.shifts:
        return found
    if decision.choice.why != "nobody":
        return [*found, "no change of a single bound changes the choice"]
    return [
        *found,
        "no single change does: each system misses more than one thing",
        *_all_of(decision),
    ]


def _all_of(decision: Decision) -> list[str]:
    """What would have to be otherwise at once for each system to be the one."""
    ranked = sorted(decision.out.items(), key=lambda item: len(item[1]))
    return [
        f"for {name} all of this would: {'; '.join(reasons)}" for name, reasons in ranked[:_SHOWN]
    ]


def _standings(decision: Decision) -> list[str]:
    """How often each is the best, and what those who would take it weigh most."""
    found = []
    for one in decision.choice.standings:
        line = f"{one.system} is the best in {one.ranks[0]:.0%}"
        if one.central and one.ranks[0] >= _SELDOM:
            ranked = sorted(one.central.items(), key=lambda item: -item[1])[:_SHOWN]
            weights = ", ".join(f"{name.replace('_', ' ')} {w:.0%}" for name, w in ranked)
            line += f"; typically with weights of {weights} (then it is in {one.confidence:.0%})"
        found.append(line)
    return [*found, *_front(decision)]


def _front(decision: Decision) -> list[str]:
    """Who is on the Pareto front, and in how many of the resamples the others are dominated."""
    front, names = decision.front, decision.pool
    if front is None or len(names) == 1:
        return []
    found = [
        f"Pareto front as measured: {join(front.front)} (no other is better on a metric and worse on "
        "none, by more than matters)"
    ]
    for worse, name in enumerate(names):
        chances = [(row[worse], by) for row, by in zip(front.probability, names, strict=True)]
        chance, by = max(chances)
        if chance >= _OFTEN:
            found.append(f"{by} dominates {name} in {chance:.0%} of the resamples")
    return found


def _costs(decision: Decision) -> list[str]:
    rows = [one for one in decision.owned if one.monthly[VOLUMES[0]].value is not None]
    if not rows:
        return []
    lines = [_row("", [f"{volume:,} questions" for volume in VOLUMES])]
    for one in rows:
        months = [one.monthly[volume] for volume in VOLUMES]
        lines.append(_row(single_line(one.system, _NAME), [dollars(m.value) for m in months]))
        bounds = [f"[{dollars(m.low)}, {dollars(m.high)}]" for m in months]
        lines.append(_row("", bounds))
    once = [f"{o.system} {in_units('cost_', o.set_up)}" for o in rows if o.set_up]
    if once:
        lines.append(f"set up once, in no month: {', '.join(once)}")
    there = [f"{o.system} {in_units('cost_', o.hosting)}" for o in rows if o.hosting]
    if there:
        lines.append(f"of which hosting, asked or idle: {', '.join(there)}")
    kept = [f"{o.system} {in_units('cost_', o.storage)}" for o in rows if o.storage]
    if kept:
        lines.append(f"of which storing the index: {', '.join(kept)}")
    lines += [
        f"without storage, {why}: {', '.join(o.system for o in rows if o.stored == why)}"
        for why in dict.fromkeys(o.stored for o in rows if o.storage is None)
    ]
    if decision.needs.situation.change_days is None:
        lines.append("without keeping up with the facts: say how often they change (change_days)")
    return [*lines, *crossing_lines(decision.break_evens)]


def _changing(decision: Decision) -> list[str]:
    """A line for each volume of each system that is brought up to date; one for the others."""
    kept = [one for one in decision.owned if one.per_refresh]
    rows = [
        (one.system if place == 0 else "", volume, [one.by_change[d][volume] for d in CHANGES])
        for one in kept
        for place, volume in enumerate(VOLUMES)
        if one.by_change[CHANGES[0]][volume].value is not None
    ]
    if not rows:
        return []
    lines = [_changing_row("", "questions", [*map(_days, CHANGES)])]
    lines += [
        _changing_row(single_line(name, _NAME), f"{volume:,}", [dollars(m.value) for m in months])
        for name, volume, months in rows
    ]
    others = [one.system for one in decision.owned if one.per_refresh == 0]
    if others:
        lines.append(f"the same at every change, as above: {', '.join(others)}")
    return [*lines, *_unknown(decision.owned)]


def _unknown(owned: Sequence[Ownership]) -> list[str]:
    return [f"unknown for {one.system}: {one.basis}" for one in owned if one.per_refresh is None]


def _days(days: float) -> str:
    return f"{days:g} day{'s' if days != 1 else ''}"


def _changing_row(name: str, volume: str, cells: list[str]) -> str:
    return f"  {name:{_NAME}}{volume:>11}{''.join(f'{cell:>{_CHANGE}}' for cell in cells)}"


def _row(name: str, cells: list[str]) -> str:
    return f"  {name:{_NAME}}{''.join(f'{cell:>{_CELL}}' for cell in cells)}"
