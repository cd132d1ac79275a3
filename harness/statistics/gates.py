"""Gates: a bound on a figure, judged by the figure's interval and never by its point.

A gate *passes* when the whole interval keeps the bound, *fails* when none of it does, and is
*inconclusive* in between: then a red build would be a coin toss, and the sentence says how many
questions would decide.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

from harness.statistics.estimate import Estimate
from harness.statistics.power import Decision, decision

Verdict = Literal["pass", "fail", "inconclusive"]


@dataclass(frozen=True, slots=True)
class Gate:
    """A verdict with the sentence that explains it.

    Where it is inconclusive and that can be told: `detectable` is the distance from the bound that as
    many questions would decide on with 80 % power, `needed` the n that would decide with 80 % power
    if the figure as measured is the true one.
    """

    verdict: Verdict
    sentence: str
    detectable: float | None = None
    needed: int | None = None


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
    found = decision(estimate, bound)
    if found is None:
        return Gate("inconclusive", f"{seen}; the interval holds the bound")
    needed = None if found.times is None else math.ceil(found.times * estimate.n)
    sentence = f"{seen}; the interval holds the bound: {_what_decides(found, estimate, needed)}"
    return Gate("inconclusive", sentence, found.detectable, needed)


def _what_decides(found: Decision, estimate: Estimate, needed: int | None) -> str:
    chance = f"{found.power:.0%} power"
    reach = (
        f"n = {estimate.n} decides on no figure on this side of it with {chance}"
        if found.detectable is None
        else f"n = {estimate.n} decides on figures {found.detectable:.2g} from it ({chance})"
    )
    if found.times is None or needed is None:
        return f"{reach}, and one that lies on it stays undecided with any number of questions"
    if found.times <= 1:
        return f"{reach}; as many questions again would probably decide"
    return (
        f"{reach}; if {estimate.value:.4g} is true, {found.times:.2g} times as many questions "
        f"(n about {needed}) would decide"
    )
