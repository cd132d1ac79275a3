"""A constraint, and how a system stands to it: judged by the interval, never by the point."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from harness.statistics.estimate import Estimate
from harness.statistics.results import SystemResult

Kept = Literal["met", "missed", "undecided"]


@dataclass(frozen=True, slots=True)
class Constraint:
    """`metric` must be at most, or at least, `bound`; `words` says so to people."""

    metric: str
    direction: Literal["at most", "at least"]
    bound: float
    words: str


@dataclass(frozen=True, slots=True)
class Check:
    """How one system stands to one constraint."""

    system: str
    constraint: Constraint
    kept: Kept
    estimate: Estimate


def check(system: SystemResult, constraint: Constraint) -> Check:
    """Met or missed with the whole interval; a figure that is not known decides nothing."""
    estimate = system.metrics[constraint.metric]
    return Check(system.name, constraint, kept(estimate, constraint), estimate)


def kept(estimate: Estimate, constraint: Constraint) -> Kept:
    """Whether the interval lies on the asked side of the bound."""
    if estimate.low is None or estimate.high is None:
        return "undecided"
    at_most = constraint.direction == "at most"
    if estimate.high <= constraint.bound if at_most else estimate.low >= constraint.bound:
        return "met"
    if estimate.low > constraint.bound if at_most else estimate.high < constraint.bound:
        return "missed"
    return "undecided"
