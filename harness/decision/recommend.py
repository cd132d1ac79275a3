"""Which system, under which constraints: a first, plain answer.

A constraint is judged by the interval of the figure, never by its point. Among the systems that
keep all of them the one that is right most often is chosen, with those that cannot be told from it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from harness.decision.judged import Check, Constraint, check
from harness.statistics.results import Results, SystemResult

DEFAULT_CONSTRAINTS: Final = (
    Constraint("stale_rate", "at most", 0.05, "at most 5% stale"),
    Constraint("valid_rate", "at least", 0.95, "at least 95% valid format"),
    Constraint("latency_p95", "at most", 0.8, "95% of answers within 800 ms"),
)
"""What is asked of a system when nobody says otherwise."""


@dataclass(frozen=True, slots=True)
class Recommendation:
    """`choice` is None when nothing can be chosen; `tied` then has those that share the first place.

    `provisional`: no system surely keeps every constraint, and the choice is among those that may.
    `depends`: which of the tied is the better one depends on what counts more. `changes` says what
    would make the choice another one, the nearest first.
    """

    choice: str | None
    tied: tuple[str, ...]
    provisional: bool
    constraints: tuple[Constraint, ...]
    checks: tuple[Check, ...]
    text: str
    depends: bool = False
    changes: tuple[str, ...] = ()


def recommend(
    results: Results, constraints: Sequence[Constraint] = DEFAULT_CONSTRAINTS
) -> Recommendation:
    """Choose a system by its right rate among those that keep the constraints."""
    constraints = tuple(constraints)
    checks = tuple(check(system, c) for system in results.systems for c in constraints)
    missed = {c.system for c in checks if c.kept == "missed"}
    open_ = {c.system for c in checks if c.kept == "undecided"} - missed
    rated = [s for s in results.systems if s.metrics["right_rate"].value is not None]
    sure = [s for s in rated if s.name not in missed | open_]
    pool = sure or [s for s in rated if s.name in open_]
    first = _first(results, pool)
    text = _text(constraints, checks, first, provisional=not sure)
    return Recommendation(
        choice=first[0] if len(first) == 1 else None,
        tied=first if len(first) > 1 else (),
        provisional=not sure,
        constraints=constraints,
        checks=checks,
        text=text,
    )


def _first(results: Results, pool: Sequence[SystemResult]) -> tuple[str, ...]:
    """The system with the highest right rate, then those whose paired difference holds 0."""
    if not pool:
        return ()
    best = max(pool, key=lambda system: system.metrics["right_rate"].value or 0.0)
    others = [s.name for s in pool if s is not best and not _apart(results, best.name, s.name)]
    return (best.name, *others)


def _apart(results: Results, a: str, b: str) -> bool:
    difference = next(
        (
            made.difference
            for made in results.comparisons
            if made.metric == "right_rate" and {made.a, made.b} == {a, b}
        ),
        None,
    )
    if difference is None or difference.low is None or difference.high is None:
        return False
    return difference.low > 0 or difference.high < 0


def _text(
    constraints: Sequence[Constraint],
    checks: Sequence[Check],
    first: tuple[str, ...],
    *,
    provisional: bool,
) -> str:
    asked = "; ".join(constraint.words for constraint in constraints)
    out = [f"{c.system} ({c.constraint.words})" for c in checks if c.kept == "missed"]
    excluded = f" Excluded: {', '.join(out)}." if out else ""
    if not first:
        return f"Asked for: {asked}. No system can be recommended.{excluded}"
    names = first[0] if len(first) == 1 else f"{', '.join(first[:-1])} and {first[-1]}"
    which = (
        "No system surely keeps all of this; among those that may, "
        if provisional
        else "Among the systems that keep all of this, "
    )
    chosen = (
        f"{names} is right most often."
        if len(first) == 1
        else f"{names} cannot be told apart by how often they are right."
    )
    return f"Asked for: {asked}. {which}{chosen}{excluded}"
