"""Gates: a bound on a figure, judged by the figure's interval and never by its point.

A gate *passes* when the whole interval keeps the bound, *fails* when none of it does, and is
*inconclusive* in between: then a red build would be a coin toss, and the sentence says how many
questions would decide.

To fail takes more in a family of gates (`broken`): the p-value of "the bound is kept" must also be small
enough for Holm's correction, so that the chance of any false failure stays what it is for one. To
pass takes no more: a build is green when all gates pass, and that is an intersection-union test (Berger
1982), each part of which may be done at its full level.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, Literal

from harness.statistics.estimate import Estimate
from harness.statistics.one_sided import Weighed, estimate_against
from harness.statistics.power import ALPHA, Decision, decision

__all__ = [
    "FAMILY_ERROR",
    "Gate",
    "Verdict",
    "at_least",
    "at_most",
    "broken",
    "kept",
    "what_decides",
]

Verdict = Literal["pass", "fail", "inconclusive"]

FAMILY_ERROR: Final = 0.05
"""The chance of any failure in a family of gates whose bounds are all kept, at most."""
ALONE: Final = ALPHA / 2
"""The chance of a false failure of one gate: its bound on one side of a 95 % interval."""


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


def at_most(what: str, estimate: Estimate, bound: float, *, level: float = ALONE) -> Gate:
    """Whether `estimate` is at most `bound`; `what` names it in the sentence.

    It fails at a one-sided p-value of `level`; a smaller one than `ALONE` is its share of a family's.
    """
    return _judge(what, estimate, bound, level, low_is_bad=False)


def at_least(what: str, estimate: Estimate, bound: float, *, level: float = ALONE) -> Gate:
    """Whether `estimate` is at least `bound`; otherwise as `at_most`."""
    return _judge(what, estimate, bound, level, low_is_bad=True)


def kept(estimate: Estimate, bound: float, *, low_is_bad: bool) -> bool:
    """Whether the whole interval keeps the bound."""
    if estimate.low is None or estimate.high is None:
        return False
    return estimate.low >= bound if low_is_bad else estimate.high <= bound


def broken(weighed: Weighed, bound: float, *, low_is_bad: bool) -> float | None:
    """The p-value of "the bound is kept" where the interval leaves none of it, else None.

    An estimate without an interval (a p95 of too few answers) may still have a p-value: then that
    alone must be below `ALONE`.
    """
    estimate = weighed.estimate
    p = weighed.p_below if low_is_bad else weighed.p_above
    if p is None or p > ALONE:
        return None
    if estimate.low is None or estimate.high is None:
        return p
    outside = estimate.high < bound if low_is_bad else estimate.low > bound
    return p if outside else None


def _judge(what: str, estimate: Estimate, bound: float, level: float, *, low_is_bad: bool) -> Gate:
    wanted = f"wanted {'at least' if low_is_bad else 'at most'} {bound:g}"
    if estimate.value is None or estimate.low is None or estimate.high is None:
        return Gate("inconclusive", f"{what} is not known ({estimate.method}); {wanted}")
    seen = (
        f"{what} is {estimate.value:.4g} [{estimate.low:.4g}, {estimate.high:.4g}], "
        f"n = {estimate.n}; {wanted}"
    )
    if kept(estimate, bound, low_is_bad=low_is_bad):
        return Gate("pass", seen)
    outside = estimate.high < bound if low_is_bad else estimate.low > bound
    if outside:
        p = broken(estimate_against(estimate, bound), bound, low_is_bad=low_is_bad)
        if level >= ALONE or (p is not None and p <= level):
            return Gate("fail", seen)
        return Gate("inconclusive", f"{seen}; {_among_many(p, level)}")
    found = decision(estimate, bound)
    if found is None:
        return Gate("inconclusive", f"{seen}; the interval holds the bound")
    needed, words = what_decides(found, estimate, lambda value: f"{value:.4g}", "{:.2g}".format)
    sentence = f"{seen}; the interval holds the bound: {words}"
    return Gate("inconclusive", sentence, found.detectable, needed)


def _among_many(p: float | None, level: float) -> str:
    said = "" if p is None else f" of p = {p:.2g}"
    return (
        f"alone that would be a failure{said}; among all gates of this session one takes "
        f"p = {level:.2g}"
    )


def what_decides(
    found: Decision,
    estimate: Estimate,
    show: Callable[[float], str],
    show_distance: Callable[[float], str],
) -> tuple[int | None, str]:
    """The n that would decide, and a sentence with it and with what this n decides on."""
    needed = None if found.times is None else math.ceil(found.times * estimate.n)
    chance = f"{found.power:.0%} power"
    reach = (
        f"n = {estimate.n} decides on no figure on this side of it with {chance}"
        if found.detectable is None
        else f"n = {estimate.n} decides on figures {show_distance(found.detectable)} from it ({chance})"
    )
    if found.times is None or needed is None or estimate.value is None:
        return (
            None,
            f"{reach}, and one that lies on it stays undecided with any number of questions",
        )
    if found.times <= 1:
        return needed, f"{reach}; as many questions again would probably decide"
    return needed, (
        f"{reach}; if {show(estimate.value)} is true, {found.times:.2g} times as many questions "
        f"(n about {needed}) would decide"
    )
