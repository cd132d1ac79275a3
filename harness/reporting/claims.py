"""Claims in the terminal, at most 80 columns wide: before a run, and what a run makes of them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import date
from textwrap import wrap
from typing import Any, Final

from harness.decision.bounds import in_units, quantity
from harness.decision.claims import Claim, ClaimVerdict
from harness.reporting.metrics import in_words
from harness.reporting.untrusted import single_line
from harness.statistics.estimate import Estimate

__all__ = ["claim_lines", "verdict_dict", "verdict_lines"]

_WIDTH: Final = 80
_LONGEST: Final = 400
_ORDER: Final = ("supported", "refuted", "inconclusive", "not measurable here")


def claim_lines(claims: Sequence[Claim]) -> tuple[str, ...]:
    """Each claim as the hypothesis that it is; nothing is judged."""
    lines = [
        f"{len(claims)} claims, not yet put to the test. With the folder of a run: harness claims RUN"
    ]
    for claim in claims:
        lines += _head(claim)
        lines += _indented(f"Put to the test as: {hypothesis(claim)}.")
    return tuple(lines)


def verdict_lines(
    verdicts: Sequence[ClaimVerdict], scope: str, day: date | None = None
) -> tuple[str, ...]:
    """Each claim with its verdict, the figure that decided and what could have been detected.

    `scope` says for what verdicts hold; `day` is that of the run.
    """
    counted = Counter(verdict.verdict for verdict in verdicts)
    found = [f"{counted[word]} {word}" for word in _ORDER if counted[word]]
    lines = _indented(f"{len(verdicts)} claims: {', '.join(found)}. {scope}", "")
    for verdict in verdicts:
        lines += _head(verdict.claim, f"{verdict.verdict.upper()}: ")
        lines += _indented(_figure(verdict))
        if verdict.claim.written is not None and day is not None and verdict.claim.written > day:
            lines += _indented("Written down after this run: it explains, and predicted nothing.")
    return tuple(lines)


def verdict_dict(verdict: ClaimVerdict) -> dict[str, Any]:
    """What JSON has beside the fields of a verdict."""
    return {"hypothesis": hypothesis(verdict.claim), "detectable": verdict.detectable}


def hypothesis(claim: Claim) -> str:
    """Metric, arms, direction and margin in a phrase."""
    if claim.needs:
        return f"nothing, it takes {single_line(claim.needs, _LONGEST)}"
    if claim.left is not None:
        shown = "with" if claim.days_shown else "without"
        what = f"score with {claim.left:.0%} of the outdated documents left in the index"
        return f"{what}, {shown} days shown, minus with none {_bounds(claim)}"
    name = "the cost in dollars" if claim.computed is not None else claim.metric.replace("_", " ")
    of = f" of {claim.b}" if claim.b else ""
    minus = f" minus {' and minus '.join(claim.a)}" if claim.a else ""
    when = {"all": "", "each": ", on each day", "later": ", on all days but the first"}[claim.days]
    return f"{name}{of}{minus} {_bounds(claim)}{when}"


def _bounds(claim: Claim) -> str:
    if claim.low is not None and claim.high is not None:
        return f"from {_value(claim, claim.low)} to {_value(claim, claim.high)}"
    if claim.low is not None:
        return f"above {_value(claim, claim.low)}"
    return f"below {_value(claim, claim.high)}"


def _figure(verdict: ClaimVerdict) -> str:
    claim, estimate = verdict.claim, verdict.estimate
    if verdict.verdict == "not measurable here" or estimate.value is None:
        return single_line(in_words(verdict.reason), _LONGEST)
    value, low, high = (_value(claim, v) for v in (estimate.value, estimate.low, estimate.high))
    if claim.computed is not None:
        return f"{value} by arithmetic, claimed {_bounds(claim)}."
    told = (
        f"; detectable 4 times in 5: {_value(claim, verdict.detectable)}"
        if verdict.detectable
        else ""
    )
    what = single_line(in_words(verdict.what), _LONGEST)
    return f"{what}: {value} [{low}, {high}], {_counts(estimate)}, claimed {_bounds(claim)}{told}."


def _counts(estimate: Estimate) -> str:
    groups = f" in {estimate.groups:,}" if 0 < estimate.groups < estimate.n else ""
    return f"n {estimate.n:,}{groups}"


def _value(claim: Claim, value: float | None) -> str:
    if value is None:
        return "unknown"
    metric = claim.metric or ("cost_per_query" if claim.left is None else "score_rate")
    sign = "-" if value < 0 else ""
    text = in_units(metric, abs(value))
    if (claim.a or claim.left is not None) and quantity(metric) == "rate":
        return f"{sign}{text.removesuffix('%')} points"
    return f"{sign}{text}"


def _head(claim: Claim, verdict: str = "") -> Iterator[str]:
    yield ""
    yield from _indented(
        f"{verdict}{single_line(claim.text, _LONGEST)} ({single_line(claim.id, _LONGEST)})",
        "",
        "  ",
    )
    yield from _indented(f"Source: {single_line(claim.source, _LONGEST)}.")


def _indented(text: str, first: str = "  ", rest: str | None = None) -> list[str]:
    return wrap(
        " ".join(text.split()),
        _WIDTH,
        initial_indent=first,
        subsequent_indent=first if rest is None else rest,
        break_on_hyphens=False,
    )
