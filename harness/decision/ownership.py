"""What owning a system costs in a month: answering so many questions, keeping up, and being there.

A month costs (questions x cost per query) + (refreshes x cost of one) + (hours x price of hosting)
+ (size of the index x price of storage). The first two are the run's own: what an answer cost on average, and what bringing the system up to
date cost where it was brought up to date. Hosting is paid for every hour, asked or idle. Storage
without a price is in no month, and the reason stands beside it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import combinations
from typing import Final, Literal

from harness.scoring.cost import upkeep_cost
from harness.scoring.prices import Price, PriceBook
from harness.statistics.estimate import Estimate
from harness.statistics.results import Results
from harness.systems.base import Preparation

__all__ = [
    "CHANGES",
    "VOLUMES",
    "BreakEven",
    "Ownership",
    "break_even",
    "break_evens",
    "ownership",
    "savings",
    "storage_cost",
]

VOLUMES: Final = (1_000, 10_000, 100_000)
"""Questions a month at which costs are shown."""

CHANGES: Final = (1.0, 7.0, 30.0, 90.0)
"""Days between two changes of the facts at which costs are shown beside those that were stated."""

_MONTH: Final = 365.25 / 12
_HOURS: Final = 24 * _MONTH
_GB: Final = 1e9


@dataclass(frozen=True, slots=True)
class Ownership:
    """What a system costs: per query, per refresh (US dollars; None with the reason in `basis`).

    `per_refresh` is the mean of the refreshes after the first, or the first where there was no other;
    `set_up` what the first cost, once. `hosting` is a month of being there. `monthly` has the cost of
    a month at each of `VOLUMES`, `by_change` the same at other days between two changes; unknown
    where a part is. Set-up is in no month. `storage` is a month of keeping the index of the last day,
    None with the reason in `stored`; 0 without an index.
    """

    system: str
    per_query: Estimate
    per_refresh: float | None
    basis: str
    refreshes: float
    monthly: Mapping[int, Estimate]
    set_up: float | None = 0.0
    hosting: float = 0.0
    by_change: Mapping[float, Mapping[int, Estimate]] = field(default_factory=dict)
    storage: float | None = 0.0
    stored: str = "no index"

    @property
    def standing(self) -> float:
        """US dollars a month for being there, without any question or refresh."""
        return self.hosting + (self.storage or 0.0)

    def month(self, questions: float, change_days: float) -> Estimate:
        """US dollars a month of so many questions, where the facts change every `change_days`."""
        fixed = _fixed(self.per_refresh, _MONTH / change_days, self.standing)
        return _month(self.per_query, questions, fixed, self.basis)


@dataclass(frozen=True, slots=True)
class BreakEven:
    """The questions a month from which on `later` is cheaper than `sooner`; below it is not.

    None is never: a `volume` of None, but a `low` that is a number, that it may be from there on; a
    `low` of None that `sooner` is surely cheaper, or as cheap, at every volume. The interval is that
    of the paired difference in cost per query.
    """

    sooner: str
    later: str
    volume: float | None
    low: float | None
    high: float | None

    @property
    def told(self) -> Literal["crosses", "may cross", "never", "not told"]:
        """Whether `later` becomes cheaper with volume, may do, surely never does, or neither is told.

        Not told: nothing but answers costs, and the interval of their difference holds 0.
        """
        if self.volume is not None:
            return "crosses"
        if self.low is None:
            return "never"
        return "may cross" if self.low > 0 else "not told"


def ownership(
    results: Results,
    preparations: Mapping[str, Sequence[Preparation]],
    prices: PriceBook,
    change_days: float | None,
) -> tuple[Ownership, ...]:
    """The cost of owning each system, refreshed each time the facts change (never when None)."""
    refreshes = _MONTH / change_days if change_days else 0.0
    found = []
    for system in results.systems:
        name, per_query = system.name, system.metrics["cost_per_query"]
        done = [p for p in preparations.get(name, ()) if _worked(p)]
        usd, basis = _per_refresh(name, done, prices)
        price = prices.price(name)
        hosting = 0.0 if price is None else price.hosted * _HOURS
        storage, stored = storage_cost(preparations.get(name, ()), price)
        standing = hosting + (storage or 0.0)
        months = {
            often: _months(per_query, _fixed(usd, often, standing), basis)
            for often in (refreshes, *(_MONTH / days for days in CHANGES))
        }
        found.append(
            Ownership(
                name,
                per_query,
                usd,
                basis,
                refreshes,
                months[refreshes],
                set_up=upkeep_cost(name, done[:1], prices).usd if done else 0.0,
                hosting=hosting,
                by_change={days: months[_MONTH / days] for days in CHANGES},
                storage=storage,
                stored=stored,
            )
        )
    return tuple(found)


def storage_cost(
    preparations: Sequence[Preparation], price: Price | None
) -> tuple[float | None, str]:
    """US dollars a month for the index as the last day left it, and how, or why it is not known."""
    indexed = [p for p in preparations if p.index_as_of is not None]
    if not indexed:
        return 0.0, "no index"
    size = indexed[-1].index_bytes
    if size is None:
        return None, "the size of the index was not measured"
    words = f"an index of {size / _GB:,.3g} GB"
    if price is None or price.stored is None:
        return None, f"{words}, no usd_per_gb_month"
    return size / _GB * price.stored, f"{words} at ${price.stored:g} a GB and month"


def _fixed(per_refresh: float | None, refreshes: float, standing: float) -> float | None:
    """US dollars a month, whatever is asked."""
    if not refreshes:
        return standing
    return None if per_refresh is None else per_refresh * refreshes + standing


def _months(per_query: Estimate, fixed: float | None, basis: str) -> dict[int, Estimate]:
    return {volume: _month(per_query, volume, fixed, basis) for volume in VOLUMES}


Savings = Mapping[tuple[str, str], Estimate]
"""By two systems: the cost per query of the second minus that of the first, paired."""


def savings(results: Results, owned: Sequence[Ownership]) -> Savings:
    """The paired difference in cost per query of every two systems of which it is known."""
    known = [one.system for one in owned if one.per_query.value is not None]
    return {
        (a, b): results.compare(a, b, "cost_per_query").difference
        for a, b in combinations(known, 2)
    }


def break_evens(
    owned: Sequence[Ownership], saved: Savings, change_days: float | None = None
) -> tuple[BreakEven, ...]:
    """The break-even of every two systems whose costs are known.

    At facts that change every `change_days`; as often as `owned` was made for when None.
    """
    by_name = {one.system: one for one in owned}
    found = []
    for (a, b), difference in saved.items():
        fixed_a, fixed_b = (
            _fixed(
                one.per_refresh,
                _MONTH / change_days if change_days else one.refreshes,
                one.standing,
            )
            for one in (by_name[a], by_name[b])
        )
        if fixed_a is None or fixed_b is None:
            continue
        made = break_even(a, b, fixed_b - fixed_a, difference)
        if made is not None:
            found.append(made)
    return tuple(found)


def break_even(a: str, b: str, fixed: float, difference: Estimate) -> BreakEven | None:
    """Where a month of `b` costs what one of `a` does; None where that is not known.

    `fixed` is how much more `b` costs a month whatever is asked, `difference` its cost per query minus
    that of `a`. The volume -fixed / difference falls as the saving per query grows, so the bounds of
    the saving are those of the volume.
    """
    if difference.value is None or difference.low is None or difference.high is None:
        return None
    if fixed < 0 or (fixed == 0 and difference.value < 0):
        a, b, fixed, difference = b, a, -fixed, difference.negated()
    return BreakEven(
        sooner=a,
        later=b,
        volume=_reached(fixed, difference.value),
        low=_reached(fixed, difference.low),
        high=_reached(fixed, difference.high),
    )


def _reached(fixed: float, difference: float | None) -> float | None:
    """The volume at which what is saved per query makes up for `fixed`; None where nothing is."""
    return abs(fixed) / -difference if difference is not None and difference < 0 else None


def _month(per_query: Estimate, volume: float, fixed: float | None, basis: str) -> Estimate:
    if fixed is None:
        return Estimate.unknown(basis)
    if per_query.value is None or per_query.low is None or per_query.high is None:
        return per_query
    value, low, high = (
        volume * part + fixed for part in (per_query.value, per_query.low, per_query.high)
    )
    return Estimate(value, low, high, per_query.n, per_query.groups, per_query.method)


def _per_refresh(
    system: str, done: Sequence[Preparation], prices: PriceBook
) -> tuple[float | None, str]:
    """What one of the preparations that took work cost, and how that was found."""
    if not done:
        return 0.0, "nothing to keep up to date"
    counted = done[1:] or done
    cost = upkeep_cost(system, counted, prices)
    if cost.usd is None:
        return None, cost.basis
    first = "" if len(done) > 1 else " (its set-up, which may be more than a refresh)"
    return cost.usd / len(counted), f"the mean of {len(counted)}{first}: {cost.basis}"


def _worked(preparation: Preparation) -> bool:
    return bool(
        preparation.index_seconds
        or preparation.training_seconds
        or preparation.tokens
        or preparation.embedded_tokens != 0
    )
