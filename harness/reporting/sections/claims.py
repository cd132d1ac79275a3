"""Claims that were written down before the run, and what the run makes of them."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from harness.decision.words import join
from harness.reporting.components import Badge, Cell, Column, Lines, Section, Table
from harness.reporting.figures import DOLLARS, NUMBER, Unit, figure
from harness.reporting.metrics import in_words, metric
from harness.reporting.sections.context import Context
from harness.reporting.sections.scope import scope

if TYPE_CHECKING:
    from harness.decision.claims import Claim, ClaimVerdict

_TONES: Final = {"supported": "good", "refuted": "bad"}
_ORDER: Final = ("supported", "refuted", "inconclusive", "not measurable here")


def claims(context: Context) -> Section | None:
    """A row per claim; None when no claims were put to the test."""
    if not context.claims:
        return None
    counted = Counter(verdict.verdict for verdict in context.claims)
    found = [f"{counted[word]} {word}" for word in _ORDER if counted[word]]
    return Section(
        id="claims",
        title="Claims put to the test",
        sentence=f"Of {len(context.claims)} claims this run finds {join(found)}.",
        reading=(
            "A claim is supported when the whole interval lies where it says, refuted when none of "
            f"it does, and inconclusive in between. {scope(context.run.manifest)} A claim refuted "
            "here may hold elsewhere."
        ),
        blocks=(
            Table(
                caption="Claims, verdicts and the figures that decided",
                columns=(
                    Column("Claim", numeric=False),
                    Column("Claimed", numeric=False),
                    Column("Measured"),
                    Column("Verdict", numeric=False),
                ),
                rows=tuple(_row(verdict) for verdict in context.claims),
            ),
        ),
        noted=False,
    )


def _row(verdict: ClaimVerdict) -> tuple[Cell, ...]:
    unit = _unit(verdict)
    return (
        Lines((verdict.claim.text, f"Source: {verdict.claim.source}")),
        _range(verdict.claim, unit),
        figure(verdict.estimate, unit) if verdict.estimate.value is not None else "unknown",
        Badge(verdict.verdict, _TONES.get(verdict.verdict, "neutral"), _why(verdict, unit)),
    )


def _why(verdict: ClaimVerdict, unit: Unit) -> str:
    """The figure that decided, beside what was claimed, in the units of the row."""
    if not verdict.what:
        return in_words(verdict.reason)
    claim = verdict.claim
    bounded = claim.low is not None and claim.high is not None
    wanted = f"{'within ' if bounded else ''}{_range(claim, unit)}"
    said = {"supported": wanted, "refuted": f"not {wanted}"}.get(
        verdict.verdict, f"it may or may not be {wanted}"
    )
    if verdict.verdict == "inconclusive" and verdict.detectable:
        plain = replace(unit, signed=False)
        off = plain.decorate(plain.write(verdict.detectable)[0])
        said += f"; this run tells it 4 times of 5 from {off} off"
    return f"{in_words(verdict.what)} is {figure(verdict.estimate, unit).line}: {said}."


def _unit(verdict: ClaimVerdict) -> Unit:
    """The metric's unit, said with each number: here no column heads it; arithmetic is in dollars."""
    claim = verdict.claim
    if claim.computed is not None:
        return DOLLARS
    if not claim.metric:
        return NUMBER
    of = metric(claim.metric)
    unit = (of.difference_unit if claim.a else of.unit)([verdict.estimate])
    if of.quantity == "usd":
        return replace(unit, prefix="$", suffix=unit.name.removeprefix("$"))
    return replace(unit, suffix=f" {unit.name}") if claim.a else unit


def _range(claim: Claim, unit: Unit) -> str:
    low, high = (None if bound is None else unit.tick(bound) for bound in (claim.low, claim.high))
    if low is not None and high is not None:
        return f"{low} to {high}"
    if low is not None:
        return f"above {low}"
    return f"below {high}" if high is not None else ""
