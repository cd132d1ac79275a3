"""What the first page of a report says of a decision, and what is asked when nobody says."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from harness.decision.choice import Standing
from harness.decision.judged import Check, Constraint
from harness.decision.ownership import BreakEven, Ownership
from harness.decision.pareto import Front

DEFAULT_CONSTRAINTS: Final = (
    Constraint("stale_rate", "at most", 0.05, "at most 5% stale"),
    Constraint("valid_rate", "at least", 0.95, "at least 95% valid format"),
    Constraint("latency_p95", "at most", 0.8, "95% of answers within 800 ms"),
)
"""What is asked of a system when nobody says otherwise."""


@dataclass(frozen=True, slots=True)
class Ranking:
    """Some systems over all weightings and resamples: `front` and `standings` in the order of `systems`.

    `metrics` are those that count. There are no standings of one system, or of too few groups.
    """

    systems: tuple[str, ...]
    metrics: tuple[str, ...]
    front: Front
    standings: tuple[Standing, ...]


@dataclass(frozen=True, slots=True)
class Recommendation:
    """`choice` is None when nothing can be chosen; `tied` then has those that share the first place.

    `provisional`: no system surely keeps every constraint, and the choice is among those that may.
    `depends`: which of the tied is the better one depends on what counts more. `changes` says what
    would make the choice another one, the nearest first; `owned` what a month of each system costs,
    `break_evens_by_change` where their costs meet, by the days between two changes of the facts.
    `compared` ranks those that the choice was made among, `everyone` all systems, whatever was asked
    for; None where no metric that counts is known for all.
    """

    choice: str | None
    tied: tuple[str, ...]
    provisional: bool
    constraints: tuple[Constraint, ...]
    checks: tuple[Check, ...]
    text: str
    depends: bool = False
    changes: tuple[str, ...] = ()
    owned: tuple[Ownership, ...] = ()
    break_evens_by_change: Mapping[float, tuple[BreakEven, ...]] = field(default_factory=dict)
    compared: Ranking | None = None
    everyone: Ranking | None = None
