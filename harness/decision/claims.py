"""Claims, written down before a run as hypotheses, and what a run makes of them.

A claim is *supported* when the whole interval lies where it says, *refuted* when none of it does,
*inconclusive* in between. One on several arms or days takes all of them, and falls with any
(intersection-union, so that no correction is due).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from statistics import NormalDist
from types import MappingProxyType
from typing import Final, Literal

from harness.statistics.estimate import Estimate
from harness.statistics.hygiene import Hygiene
from harness.statistics.intervals import mean, rate
from harness.statistics.results import Results
from harness.statistics.summary import QUANTILES, compare
from harness.statistics.table import MEANS, PER_ANSWER, RATES, ScoreTable, score_tables

Days = Literal["all", "each", "later"]
Verdict = Literal["supported", "refuted", "inconclusive", "not measurable here"]

PAIRED_METRICS: Final = (*RATES, *MEANS)
"""What can be formed for some of the days, and compared in pairs."""

METRICS: Final = (
    *PAIRED_METRICS,
    *QUANTILES,
    *PER_ANSWER,
    "prompt_tokens",
    "completion_tokens",
)
"""What a claim about one system may speak of."""

_FOUR_OF_FIVE: Final = 1 + NormalDist().inv_cdf(0.8) / NormalDist().inv_cdf(0.975)

_SEVERITY: Final[Mapping[Verdict, int]] = MappingProxyType(
    {"refuted": 0, "not measurable here": 1, "inconclusive": 2, "supported": 3}
)


@dataclass(frozen=True, slots=True)
class Claim:
    """`low` < `b` minus each of `a` < `high` on `metric`; a bound that is None is open.

    Without `a` it speaks of `b` itself. `computed` is set for plain arithmetic, `needs` for what
    cannot be measured here. With `left` it speaks of what such a share of the superseded documents in
    the index costs, in the score of a sweep (`harness.statistics.hygiene`), publication days shown or
    not. `written` is the day on which it was written down.
    """

    id: str
    text: str
    source: str
    metric: str = ""
    a: tuple[str, ...] = ()
    b: str = ""
    low: float | None = None
    high: float | None = None
    days: Days = "all"
    computed: Estimate | None = None
    needs: str = ""
    written: date | None = None
    left: float | None = None
    days_shown: bool = True


@dataclass(frozen=True, slots=True)
class ClaimVerdict:
    """What a run says of a claim: the figure that decided, and why, in a sentence.

    `what` names the figure, such as `stale_rate of rag`; empty where there is none.
    """

    claim: Claim
    verdict: Verdict
    estimate: Estimate
    reason: str
    what: str = ""

    @property
    def detectable(self) -> float | None:
        """How far from its bound the truth must lie to be told so by as many questions, 4 times of 5.

        An interval of 95 % tells what lies half of it away every second time; None of arithmetic.
        """
        estimate = self.estimate
        if (
            not estimate.n
            or estimate.value is None
            or estimate.low is None
            or estimate.high is None
        ):
            return None
        half = max(estimate.high - estimate.value, estimate.value - estimate.low)
        return half * _FOUR_OF_FIVE


@dataclass(frozen=True, slots=True)
class _Figure:
    what: str
    estimate: Estimate


def evaluate_claims(
    results: Results, claims: Sequence[Claim], *, seed: int = 0, hygiene: Hygiene | None = None
) -> tuple[ClaimVerdict, ...]:
    """What the run says of each claim, in their order; `seed` is the bootstrap's, `hygiene` its sweep."""
    tables = score_tables(results.scores, [system.name for system in results.systems])
    return tuple(
        _evaluate(claim, results, tables, seed)
        if claim.left is None
        else _swept(claim, claim.left, hygiene)
        for claim in claims
    )


def _evaluate(
    claim: Claim, results: Results, tables: Mapping[str, ScoreTable], seed: int
) -> ClaimVerdict:
    if claim.needs:
        return _not_measurable(claim, f"it takes {claim.needs}")
    if claim.computed is not None:
        return _judge(claim, _Figure("the arithmetic", claim.computed))
    names = {name: _resolve(name, results) for name in (claim.b, *claim.a)}
    absent = [name for name, found in names.items() if not found]
    if absent:
        return _not_measurable(
            claim, f"the run has no system {absent[0]!r}, or several of that strategy"
        )
    if claim.days == "later" and len(results.days) == 1:
        return _not_measurable(claim, "the run has one day, and so no later one")
    judged = [_judge(claim, figure) for figure in _figures(claim, names, results, tables, seed)]
    return min(judged, key=lambda v: (_SEVERITY[v.verdict], _room(claim, v.estimate)))


def _swept(claim: Claim, left: float, hygiene: Hygiene | None) -> ClaimVerdict:
    """What outdated documents in the index cost, as the run swept it."""
    if hygiene is None:
        return _not_measurable(claim, "the run did not sweep its index for outdated documents")
    try:
        lost = hygiene.point(left, show_days=claim.days_shown).lost
    except KeyError as error:
        return _not_measurable(claim, str(error.args[0]))
    if lost is None:
        return _not_measurable(claim, "that is the cleanest index, with which others are compared")
    shown = "with" if claim.days_shown else "without"
    what = f"score of {hygiene.system} with {left:.0%} of the outdated left, {shown} days, minus with none"
    return _judge(claim, _Figure(what, lost))


def _figures(
    claim: Claim,
    names: Mapping[str, str],
    results: Results,
    tables: Mapping[str, ScoreTable],
    seed: int,
) -> Iterator[_Figure]:
    b = names[claim.b]
    for when, days in _periods(claim.days, results.days):
        shown = {name: _within(table, days) for name, table in tables.items()}
        if not claim.a:
            whole = len(days) == len(results.days)
            figure = (
                results[b].metrics[claim.metric] if whole else _alone(shown[b], claim.metric, seed)
            )
            yield _Figure(f"{claim.metric} of {b}{when}", figure)
        for arm in claim.a:
            a = names[arm]
            difference = compare(shown, a, b, claim.metric, seed=seed).difference
            yield _Figure(f"{claim.metric} of {b} minus {a}{when}", difference)


def _within(table: ScoreTable, days: tuple[date, ...]) -> ScoreTable:
    return table.where(lambda score: score.day in days)


def _periods(days: Days, all_days: tuple[date, ...]) -> list[tuple[str, tuple[date, ...]]]:
    match days:
        case "all":
            return [("", all_days)]
        case "each":
            return [(f" on {day}", (day,)) for day in all_days]
        case "later":
            return [(f" from {all_days[1]} on", all_days[1:])]


def _alone(table: ScoreTable, metric: str, seed: int) -> Estimate:
    sample = table.sample(metric)
    if metric in RATES:
        return rate(sample.values, sample.clusters)
    return mean(sample.values, sample.clusters, seed=seed)


def _judge(claim: Claim, figure: _Figure) -> ClaimVerdict:
    estimate = figure.estimate
    if estimate.value is None or estimate.low is None or estimate.high is None:
        return _not_measurable(claim, f"{figure.what} is not known: {estimate.method}")
    seen = f"{figure.what} is {estimate.value:.4g} [{estimate.low:.4g}, {estimate.high:.4g}]"
    wanted = _wanted(claim)
    below, above = claim.high, claim.low
    if (above is None or estimate.low > above) and (below is None or estimate.high < below):
        return ClaimVerdict(claim, "supported", estimate, f"{seen}: {wanted}.", figure.what)
    if (above is not None and estimate.high <= above) or (
        below is not None and estimate.low >= below
    ):
        return ClaimVerdict(claim, "refuted", estimate, f"{seen}: not {wanted}.", figure.what)
    undecided = f"{seen}: it may or may not be {wanted}."
    found = ClaimVerdict(claim, "inconclusive", estimate, undecided, figure.what)
    apart = (
        f"; this run tells it 4 times of 5 from {found.detectable:.4g} off."
        if found.detectable
        else "."
    )
    return replace(found, reason=found.reason[:-1] + apart)


def _wanted(claim: Claim) -> str:
    if claim.low is not None and claim.high is not None:
        return f"within {claim.low:g} to {claim.high:g}"
    return f"above {claim.low:g}" if claim.low is not None else f"below {claim.high:g}"


def _room(claim: Claim, estimate: Estimate) -> float:
    """How far the interval stays from the nearer bound: among equal verdicts the tightest shows."""
    rooms = [0.0]
    if estimate.low is not None and estimate.high is not None:
        rooms = [estimate.low - claim.low] if claim.low is not None else []
        rooms += [claim.high - estimate.high] if claim.high is not None else []
    return min(rooms)


def _not_measurable(claim: Claim, reason: str) -> ClaimVerdict:
    sentence = reason[:1].upper() + reason[1:] + "."
    return ClaimVerdict(claim, "not measurable here", Estimate.unknown(reason), sentence)


def _resolve(name: str, results: Results) -> str:
    """The system of that name, or the only one of that strategy; empty when there is none."""
    names = [system.name for system in results.systems]
    if name in names:
        return name
    of_strategy = [system.name for system in results.systems if system.strategy == name]
    return of_strategy[0] if len(of_strategy) == 1 else ""
