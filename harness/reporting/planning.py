"""A plan in the terminal: what the pilot tells of each system and each pair, in 80 columns."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Final

from rich.table import Table
from rich.text import Text

from harness.reporting.figures import Unit, count, figure
from harness.reporting.metrics import metric
from harness.reporting.terminal import plain_table
from harness.reporting.untrusted import single_line
from harness.statistics.estimate import Estimate
from harness.statistics.planning import Plan

_UNKNOWN: Final = "unknown"
_PERCENT: Final = 100.0


def plan_tables(found: Plan) -> Iterator[Table]:
    """One row a system, and one a pair of systems."""
    yield _alone(found)
    if found.comparisons:
        yield _pairs(found)


def _alone(found: Plan) -> Table:
    unit = metric(found.metric).unit([one.estimate for one in found.systems])
    asked = _asked(found, unit)
    table = plain_table(
        f"{found.metric}, one system: half the width of its {1 - found.alpha:.0%} interval"
    )
    table.add_column("system", overflow="fold")
    for heading in (f"pilot\n{unit.name}", "design\neffect", "questions", "half\nwidth", *asked):
        table.add_column(heading.rstrip(), justify="right", overflow="fold")
    for one in found.systems:
        table.add_row(
            Text(single_line(one.system), "bold"),
            _cell(one.estimate, unit),
            _effect(one.design_effect),
            count(one.questions),
            _width(one.half_width, one.estimate, unit),
            *([_questions(one.needed)] if asked else []),
        )
    return table


def _pairs(found: Plan) -> Table:
    unit = metric(found.metric).difference_unit([one.estimate for one in found.comparisons])
    asked = _asked(found, metric(found.metric).unit([one.estimate for one in found.comparisons]))
    rates = metric(found.metric).quantity == "rate"
    table = plain_table(
        f"{found.metric}, two systems: the difference that is detected with {found.power:.0%} power"
    )
    table.add_column("b - a", overflow="fold")
    columns = [f"pilot\n{unit.name}", *(["pairs\ndiffer"] if rates else []), "design\neffect"]
    for heading in (*columns, "questions", "detects", *asked):
        table.add_column(heading, justify="right", overflow="fold")
    for pair in found.comparisons:
        table.add_row(
            Text(f"{single_line(pair.b)} -\n{single_line(pair.a)}", "bold"),
            _cell(pair.estimate, unit),
            *([_share(pair.discordant)] if rates else []),
            _effect(pair.design_effect),
            count(pair.questions),
            _width(pair.detectable, pair.estimate, unit),
            *([_questions(pair.needed)] if asked else []),
        )
    return table


def plan_lines(found: Plan) -> Iterator[str]:
    """What a reader must know to use the tables."""
    yield (
        "Taken: further questions are like those of the pilot, asked as often, in groups of such "
        "sizes; a pilot's own figures are uncertain, so allow for more."
    )
    family = len(found.comparisons)
    if family > 1:
        yield (
            f"{family} comparisons are adjusted for one another (Holm): to be as sure of each, "
            f"plan with --alpha {found.alpha / family:.2g}."
        )


def _asked(found: Plan, unit: Unit) -> list[str]:
    """The heading of the questions needed, where that was asked."""
    if found.difference is None:
        return []
    rate = metric(found.metric).quantity == "rate"
    return [
        f"for\n{100 * found.difference:g} pp" if rate else f"for\n{unit.tick(found.difference)}"
    ]


def _cell(estimate: Estimate, unit: Unit) -> Text:
    printed = figure(estimate, unit)
    if not printed.known:
        return Text(_UNKNOWN, "dim")
    return Text.assemble((printed.text, "bold"), (f"\n{printed.interval}", "dim"))


def _effect(effect: float | None) -> str:
    return _UNKNOWN if effect is None else f"{effect:.1f}"


def _share(share: float | None) -> str:
    return _UNKNOWN if share is None else f"{share:.1%}"


def _width(width: float | None, estimate: Estimate, unit: Unit) -> str:
    """A width has no sign, and digits of its own; `none` is no difference that is detected."""
    if estimate.value is None:
        return _UNKNOWN
    if width is None:
        return "none"
    own = unit if unit.factor == _PERCENT else replace(unit, decimals=None)
    return own.decorate(own.write(width)[0].lstrip("+"))


def _questions(needed: int | None) -> str:
    return _UNKNOWN if needed is None else count(needed)
