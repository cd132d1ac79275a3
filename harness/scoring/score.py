"""What scoring says of one record."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Final, Literal, get_args

from harness.systems.base import Timing

FreshnessClass = Literal[
    "current",
    "mixed",
    "stale",
    "premature",
    "wrong",
    "abstained",
    "undecided",
    "unparseable",
    "failed",
]

FRESHNESS_CLASSES: tuple[FreshnessClass, ...] = get_args(FreshnessClass)
"""Every class, the best first; each answer has exactly one (`harness.scoring.freshness`)."""

OUTDATED: Final = frozenset[FreshnessClass]({"stale", "mixed"})
"""The classes of an answer that asserts an outdated value."""


@dataclass(frozen=True, slots=True)
class Freshness:
    """The class of an answer with its evidence.

    `matched` is the text of the answer that decided, `span` where it stands in the answer as sent
    (None where it was read out of escaped JSON), `value` the fact's value it matched, which held on
    `[valid_from, valid_to)`. `partial`: it says less than the value does (the month of a day).

    `path` is the pointer of the part of a JSON answer that decided; empty where it was the field
    that answers the question.

    A stale answer has `age_days` since that value stopped being true and the number of
    `changes_behind`; a mixed one has them for the outdated value beside the current one.
    """

    label: FreshnessClass
    matched: str = ""
    span: tuple[int, int] | None = None
    value: str = ""
    valid_from: date | None = None
    valid_to: date | None = None
    partial: bool = False
    age_days: int | None = None
    changes_behind: int | None = None
    path: str = ""


@dataclass(frozen=True, slots=True)
class PartScore:
    """The verdict on one part of a JSON answer, at its pointer; see `harness.scoring.parts`."""

    pointer: str
    label: FreshnessClass
    right: bool


@dataclass(frozen=True, slots=True)
class Violation:
    """One broken rule of the output format, at a JSON path (`/due`; empty: the whole output)."""

    rule: str
    path: str
    message: str


Beside = Literal["repairable", "reordered", "truncated", "refused", "empty"]
"""What is said of an answer beside its level.

`repairable`: no level, but json-repair makes valid JSON of it; `reordered`: valid, with keys in another
order than a format with `ordered` asks for; `truncated`: it ran out of tokens; `refused`: the server or its filter refused; `empty`: nothing but white space came.
"""


@dataclass(frozen=True, slots=True)
class Strictness:
    """The ladder; each level from `extractable` on implies the one before, `raw` implies that one.

    `raw`: the whole output, as sent, is exactly the format. `extractable`: it is, once a fence or
    surrounding prose is taken off. `schema_valid`: what was extracted keeps the schema in its
    declared draft. `formats_valid`: and every `format` in it. `right`: and its content is right.
    `violations` has every broken rule, `beside` what else there is to say.

    `strict` is False for free text, where no rate is formed.
    """

    strict: bool
    raw: bool
    extractable: bool
    schema_valid: bool
    formats_valid: bool
    right: bool
    violations: tuple[Violation, ...] = ()
    beside: tuple[Beside, ...] = ()

    @property
    def valid(self) -> bool:
        """Raw and with every format kept: a strict reader takes the output as it was sent."""
        return self.raw and self.formats_valid


@dataclass(frozen=True, slots=True)
class Cost:
    """What one answer cost in US dollars; None is unknown, never 0, and `basis` says why or how.

    Where the price of a part is not known, `usd` is the most that it can be and `least` the least;
    a `least` of None is that there is no such part.
    """

    usd: float | None
    basis: str
    least: float | None = None

    @property
    def lowest(self) -> float | None:
        """The least that it can be: `usd` where nothing is open."""
        return self.usd if self.least is None else self.least


@dataclass(frozen=True, slots=True)
class Score:
    """Everything said of one record. `right`: the current value, or abstaining where it must.

    Of an answer with `parts`, which are those of its question, each must be right too.

    `relaxed`: right, or the current value beside an outdated one (class mixed).
    `timing` is None where no latency was measured (a failure without service, an answer of a batch, a
    `cached` answer, whose cost is that of the first time); `tokens_per_second` (`harness.scoring.speed`) also where
    the stages do not tell it. `in_warm_up` is set by the statistics, which see an answer among the
    others.
    """

    system: str
    question_id: str
    cluster: str
    kind: str
    day: date
    repeat: int
    answerable: bool
    right: bool
    relaxed: bool
    freshness: Freshness
    strictness: Strictness
    timing: Timing | None
    cost: Cost
    parts: tuple[PartScore, ...] = ()
    cached: bool = False
    batch: int = 1
    tokens_per_second: float | None = None
    in_warm_up: bool = False

    @property
    def steady(self) -> Timing | None:
        """The timing that latency figures are formed over: None while the system warmed up."""
        return None if self.in_warm_up else self.timing
