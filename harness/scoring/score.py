"""What scoring says of one record."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Literal

from harness.systems.base import Timing

FreshnessClass = Literal["current", "stale", "wrong", "abstained", "unparseable", "failed"]

FRESHNESS_CLASSES: tuple[FreshnessClass, ...] = (
    "current",
    "stale",
    "wrong",
    "abstained",
    "unparseable",
    "failed",
)


@dataclass(frozen=True, slots=True)
class Freshness:
    """The class of an answer with its evidence.

    `matched` is the span of the answer that decided, `value` the fact's value it matched. A stale
    answer has `age_days` since that value stopped being true and the number of `changes_behind`.
    """

    label: FreshnessClass
    matched: str = ""
    value: str = ""
    age_days: int | None = None
    changes_behind: int | None = None


@dataclass(frozen=True, slots=True)
class Violation:
    """One broken rule of the output format, at a JSON path (`/due`; empty: the whole output)."""

    rule: str
    path: str
    message: str


@dataclass(frozen=True, slots=True)
class Strictness:
    """The ladder: `raw` (as sent, exactly the format), `valid` (under the schema), `right`.

    Each step implies the one before it. `strict` is False for free text, where no rate is formed.
    """

    strict: bool
    raw: bool
    valid: bool
    right: bool
    violations: tuple[Violation, ...] = ()


@dataclass(frozen=True, slots=True)
class Cost:
    """What one answer cost in US dollars; None is unknown, never 0, and `basis` says why or how."""

    usd: float | None
    basis: str


@dataclass(frozen=True, slots=True)
class Score:
    """Everything said of one record. `right`: the current value, or abstaining where it must.

    `timing` is None where no latency was measured (a failure without service, a cached answer).
    """

    system: str
    question_id: str
    cluster: str
    kind: str
    day: date
    repeat: int
    answerable: bool
    right: bool
    freshness: Freshness
    strictness: Strictness
    timing: Timing | None
    cost: Cost
