"""Gates: a bound on a figure, judged by the figure's interval and never by its point.

A gate *passes* when the whole interval keeps the bound, *fails* when none of it does, and is
*inconclusive* in between: then more questions are needed, and a red build would be a coin toss.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from harness.statistics.estimate import Estimate

Verdict = Literal["pass", "fail", "inconclusive"]


@dataclass(frozen=True, slots=True)
class Gate:
    """A verdict with the sentence that explains it."""

    verdict: Verdict
    sentence: str


def at_most(what: str, estimate: Estimate, bound: float) -> Gate:
    """Whether `estimate` is at most `bound`; `what` names it in the sentence."""
    return _judge(what, estimate, bound, kept="at most", high_is_bad=True)


def at_least(what: str, estimate: Estimate, bound: float) -> Gate:
    """Whether `estimate` is at least `bound`; `what` names it in the sentence."""
    return _judge(what, estimate, bound, kept="at least", high_is_bad=False)


def _judge(what: str, estimate: Estimate, bound: float, *, kept: str, high_is_bad: bool) -> Gate:
    wanted = f"wanted {kept} {bound:g}"
    if estimate.value is None or estimate.low is None or estimate.high is None:
        return Gate("inconclusive", f"{what} is not known ({estimate.method}); {wanted}")
    seen = (
        f"{what} is {estimate.value:.4g} [{estimate.low:.4g}, {estimate.high:.4g}], "
        f"n = {estimate.n}; {wanted}"
    )
    surely_kept = estimate.high <= bound if high_is_bad else estimate.low >= bound
    surely_broken = estimate.low > bound if high_is_bad else estimate.high < bound
    if surely_kept:
        return Gate("pass", seen)
    if surely_broken:
        return Gate("fail", seen)
    return Gate(
        "inconclusive", f"{seen}; the interval holds the bound, more questions would decide"
    )
