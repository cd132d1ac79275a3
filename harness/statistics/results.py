"""The result of a run: every figure with its interval, every comparison paired.

The report, the command line, the pytest plugin and the Python API all read this one object.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date

from harness.scoring.score import FreshnessClass, Score
from harness.statistics.decoding import DecodingCross
from harness.statistics.estimate import Estimate
from harness.statistics.latency import Latency
from harness.statistics.over_time import OverTime
from harness.statistics.repeats import RepeatVariance
from harness.systems.base import Strategy


@dataclass(frozen=True, slots=True)
class Counts:
    """Denominators: `attempted` = `answered` + `failed`; `planned` may be more in a broken run."""

    planned: int
    attempted: int
    answered: int
    failed: int


@dataclass(frozen=True, slots=True)
class Upkeep:
    """What keeping a system up to date over all days of the run really took.

    `removed` documents were deleted from the index; `energy_joules` is None where it is unknown, and
    so is `embedded_tokens`, which a server read.
    """

    index_seconds: float
    documents: int
    training_seconds: float
    examples: int
    tokens: int
    usd: Estimate
    removed: int = 0
    energy_joules: float | None = None
    embedded_tokens: int | None = 0


@dataclass(frozen=True, slots=True)
class SystemResult:
    """One system's figures.

    `metrics` has, by name: `right_rate` (strict: a mixed answer is a failure),
    `right_relaxed_rate` (a mixed answer is right), `mixed_rate`, `stale_rate`, `premature_rate`,
    `wrong_rate`, `abstained_rate`, `undecided_rate`, `unparseable_rate`, `failed_rate` (of all
    attempted), `raw_rate`, `extractable_rate`, `schema_valid_rate`, `formats_valid_rate`,
    `content_right_rate` (the levels of the ladder), `valid_rate` (raw, with formats),
    `valid_and_right_rate` (of the questions with a strict format), `latency_p50`, `latency_p95`,
    `latency_p99`, `latency_mean`, `connect_mean`, `retrieve_mean`, `first_token_mean`, `decode_mean`,
    `other_mean` (what no stage covers), `queue_mean` (apart from the latency) (seconds),
    `tokens_per_second`, `cost_per_query`, `cost_per_right`, `cost_per_pass` (US dollars),
    `prompt_tokens`, `completion_tokens` (means). Times leave the warm-up out.
    `by_day` has the rates again for each day, `classes` the counts per day and freshness class.
    `repeats` splits the variance of right answers where questions were asked several times a day.
    """

    name: str
    strategy: Strategy
    counts: Counts
    metrics: Mapping[str, Estimate]
    by_day: Mapping[date, Mapping[str, Estimate]]
    by_kind: Mapping[str, Mapping[str, Estimate]]
    classes: Mapping[date, Mapping[FreshnessClass, int]]
    upkeep: Upkeep
    repeats: RepeatVariance | None = None


@dataclass(frozen=True, slots=True)
class Comparison:
    """`b` minus `a` on one metric, paired by question, day and repeat, clustered by group.

    `only_a` and `only_b` count the pairs in which only one of the two was right (rates only);
    `p_adjusted` is Holm's over the family of comparisons of that metric.
    """

    metric: str
    a: str
    b: str
    difference: Estimate
    p_value: float | None
    p_adjusted: float | None
    only_a: int | None = None
    only_b: int | None = None
    pairs: int = 0

    def reversed(self) -> Comparison:
        """The same comparison as `a` minus `b`."""
        return replace(
            self,
            a=self.b,
            b=self.a,
            difference=self.difference.negated(),
            only_a=self.only_b,
            only_b=self.only_a,
        )


@dataclass(frozen=True, slots=True)
class Flip:
    """A question on which two systems differ: `winner` right, `loser` not."""

    question_id: str
    day: date
    repeat: int
    winner: str
    loser: str
    loser_class: FreshnessClass


@dataclass(frozen=True, slots=True)
class Results:
    """All of a run. `comparisons` holds every ordered pair once, in the order of `systems`.

    `over_time` says how the systems kept up with a changing world, `decoding` what it changed that
    the decoder enforced formats, `latency` where time is spent and what was left out of it.
    """

    systems: tuple[SystemResult, ...]
    comparisons: tuple[Comparison, ...]
    flips: tuple[Flip, ...]
    scores: tuple[Score, ...]
    days: tuple[date, ...]
    notes: tuple[str, ...]
    over_time: OverTime = field(default_factory=OverTime)
    decoding: DecodingCross = field(default_factory=DecodingCross)
    latency: Latency = field(default_factory=Latency)

    def __getitem__(self, system: str) -> SystemResult:
        """The result of the system with that name; KeyError names the ones there are."""
        for result in self.systems:
            if result.name == system:
                return result
        raise KeyError(f"no system {system!r}; there are {', '.join(s.name for s in self.systems)}")

    def compare(self, a: str, b: str, metric: str) -> Comparison:
        """The comparison `b` minus `a` on `metric`, in either order; KeyError when it was not made."""
        for comparison in self.comparisons:
            if comparison.metric != metric:
                continue
            if (comparison.a, comparison.b) == (a, b):
                return comparison
            if (comparison.a, comparison.b) == (b, a):
                return comparison.reversed()
        raise KeyError(f"no comparison of {b!r} with {a!r} on {metric!r}")
