"""A decision in the terminal, at most 80 columns wide, in plain words."""

from __future__ import annotations

from collections.abc import Iterator
from textwrap import wrap
from typing import Final

from harness.decision.bounds import in_units
from harness.decision.constraints import Needs, Situation
from harness.decision.decide import Decision
from harness.decision.ownership import VOLUMES, BreakEven
from harness.decision.prior import Prior
from harness.reporting.console import dollars
from harness.reporting.untrusted import single_line
from harness.statistics.estimate import Estimate

__all__ = ["decision_lines", "prior_lines"]

_WIDTH: Final = 80
_NAME: Final = 16
_CELL: Final = 21


def decision_lines(decision: Decision) -> tuple[str, ...]:
    """The answer, what would change it, what to measure next, and what it costs."""
    return tuple(
        line
        for part in (
            _wrapped(decision.text),
            _section("Asked for", _asked(decision.needs)),
            _section("Undecided by these measurements", _undecided(decision)),
            _section("What would change it", _changes(decision)),
            _section("A month, in dollars", _costs(decision)),
            _section(
                "Noted, not measured", [single_line(t, 400) for t in decision.needs.assumptions]
            ),
        )
        for line in part
    )


def prior_lines(found: Prior) -> tuple[str, ...]:
    """The prior, and that it is one."""
    text = (
        f"PRIOR, nothing was measured: {found.mechanism}, because {' and '.join(found.reasons)}."
        f"{''.join(f' But {reason}.' for reason in found.against)} This is a rule of thumb from the "
        "article that started this project; measure before you rely on it."
    )
    return tuple(_wrapped(text))


def _section(title: str, items: list[str]) -> list[str]:
    if not items:
        return []
    return ["", f"{title}:", *(line for item in items for line in _item(item))]


def _wrapped(text: str) -> list[str]:
    return wrap(" ".join(text.split()), _WIDTH)


def _item(text: str) -> list[str]:
    """A bullet; what is already laid out in columns stays as it is."""
    if text.startswith("  "):
        return [text]
    return wrap(text, _WIDTH, initial_indent="- ", subsequent_indent="  ")


def _asked(needs: Needs) -> list[str]:
    return [*(c.words for c in needs.constraints), *_situation(needs.situation)]


def _situation(said: Situation) -> Iterator[str]:
    if said.change_days is not None:
        yield f"the facts change every {said.change_days:g} days"
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
    found = [flip.words for flip in decision.flips]
    for move in decision.moves:
        name = move.metric.replace("_", " ")
        if move.to is None:
            found.append(f"{name} alone does not: no value brings {move.rival} level")
        else:
            found.append(
                f"{name} of {in_units(move.metric, move.to)}: {move.rival} is worth as much"
            )
    if decision.flips:
        return found
    return [*found, "no change of a single bound changes the choice"]


def _costs(decision: Decision) -> list[str]:
    rows = [one for one in decision.owned if one.monthly[VOLUMES[0]].value is not None]
    if not rows:
        return []
    head = "".join(f"{f'{volume:,} questions':>{_CELL}}" for volume in VOLUMES)
    lines = [f"  {'':{_NAME - 2}}{head}".rstrip()]
    for one in rows:
        name = single_line(one.system, _NAME - 3)
        cells = "".join(f"{_amount(one.monthly[volume]):>{_CELL}}" for volume in VOLUMES)
        lines.append(f"  {name:{_NAME - 2}}{cells}")
    if decision.needs.situation.change_days is None:
        lines.append("without keeping up with the facts: say how often they change (change_days)")
    return [*lines, *map(_break_even, decision.break_evens)]


def _amount(estimate: Estimate) -> str:
    low, value, high = (dollars(part) for part in (estimate.low, estimate.value, estimate.high))
    return f"{value} [{low}, {high}]"


def _break_even(found: BreakEven) -> str:
    if found.low is None:
        return f"{found.later} is never cheaper than {found.sooner}"
    if found.volume is None:
        return (
            f"{found.later} is not seen to be cheaper than {found.sooner} at any volume; it may be "
            f"from {_count(found.low)} questions a month on"
        )
    if found.high == 0:
        return f"{found.later} is cheaper than {found.sooner} at every volume"
    return (
        f"{found.later} is cheaper than {found.sooner} from {_count(found.volume)} questions a "
        f"month on [{_count(found.low)}, {_count(found.high)}]"
    )


def _count(volume: float | None) -> str:
    return "never" if volume is None else f"{float(f'{volume:.3g}'):,.0f}"
