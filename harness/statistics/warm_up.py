"""Where a warm-up ends: a change-point in the order of the answers.

The plan asks in random order, so that without a warm-up every order of the times is as likely as
any other, whatever their distribution. Hence the rule: of all cuts up to the middle, the one before
which ranks stand out most (a maximally selected rank statistic, as of Pettitt 1979 and Lausen and
Schumacher 1992), kept where random orders seldom show one like it. The ranks have Savage's scores,
which weigh the slowest most: warm-ups are short and slow. The textbook's MSER (White 1997) has no such
test, and cuts something off most heavy-tailed series.

A drift is no warm-up: a line is taken out of each series first (`drift.line`), and what a curved
one leaves has no end, so that the search, which goes on after each cut, comes to a cut that is too large.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from harness.statistics.drift import line
from harness.statistics.intervals import CONFIDENCE, Floats

__all__ = ["LARGEST_SHARE", "WarmUp", "find_warm_up"]

LARGEST_SHARE: Final = 0.1
"""The share of a day's answers that is cut off at most."""

_ORDERS: Final = 1999
_BATCH: Final = 200
_ENOUGH: Final = 100  # random orders that do as well: the p-value is above 0.05 whatever follows
_LOOKED_AT: Final = 1000  # answers of a day among which a change-point is looked for
_RESOLUTION: Final = 0.01  # of a logarithm: times that differ by less than a hundredth are alike
_TIE: Final = 1e-9


@dataclass(frozen=True, slots=True)
class WarmUp:
    """The first `first_day` answers of the first day and `later_days` of each other stand out.

    `p_value` is the share of random orders in which some first answers stand out as much as those
    that were found first. `ended` is False where the end lies beyond `LARGEST_SHARE` of a day.
    """

    first_day: int = 0
    later_days: int = 0
    p_value: float = 1.0
    ended: bool = True

    def of_day(self, day: int) -> int:
        """How many answers of the day with that number, from 0, are in the warm-up."""
        return self.later_days if day else self.first_day


def find_warm_up(days: Sequence[Floats], *, seed: int) -> WarmUp:
    """The warm-up of a system, from the logarithms of its times in the order of asking.

    Measured at nominal 5 %: something stands out in 2 to 7 % of series of 50 to 400 independent times,
    heavy tails and linear drifts of 50 % included.
    """
    found = WarmUp()
    while True:
        rest = [day[found.of_day(number) :] for number, day in enumerate(days)]
        onset = _onset(rest, seed)
        if onset is None or onset.p_value > 1 - CONFIDENCE:
            return found
        found = WarmUp(
            found.first_day + onset.answers,
            found.later_days + (0 if onset.first_day_only else onset.answers),
            found.p_value if found.first_day else onset.p_value,
        )
        if any(found.of_day(n) > LARGEST_SHARE * len(day) for n, day in enumerate(days)):
            return WarmUp(found.first_day, found.later_days, found.p_value, ended=False)


@dataclass(frozen=True, slots=True)
class _Onset:
    """The first `answers` of each day, or of the first one only, stand out."""

    answers: int
    first_day_only: bool
    p_value: float


def _onset(days: Sequence[Floats], seed: int) -> _Onset | None:
    """The first answers that stand out most; None where none do at all.

    The p-value is exact (Monte Carlo with the observed order counted in, Phipson and Smyth 2010)
    but for the line that is taken out, and at least 0.05 where it is not small.
    """
    if not days or min(map(len, days)) < 2:  # noqa: PLR2004  (one before the cut, one behind it)
        return None
    scores = [_savage(_level(day[:_LOOKED_AT])) for day in days]
    each, first = _Scan.over(scores), _Scan.over(scores[:1])
    by_cut, by_first_cut = each.statistics(scores, 1)[0], first.statistics(scores[:1], 1)[0]
    reached = max(by_cut.max(), by_first_cut.max())
    if reached <= 0:
        return None
    extreme = made = 0
    for orders in _orders(scores, seed):
        size = len(orders[0])
        best = np.maximum(
            each.statistics(orders, size).max(axis=1),
            first.statistics(orders[:1], size).max(axis=1),
        )
        extreme += int((best >= reached - _TIE).sum())
        made += size
        if extreme > _ENOUGH:
            break
    first_day_only = bool(by_first_cut.max() > by_cut.max() + _TIE)
    answers = 1 + int(np.argmax(by_first_cut if first_day_only else by_cut))
    return _Onset(answers, first_day_only, (1 + extreme) / (1 + made))


@dataclass(frozen=True, slots=True)
class _Scan:
    """What it takes to standardise sums of the first 1, 2 ... scores; shape (cuts,)."""

    expected: Floats
    errors: Floats

    @classmethod
    def over(cls, days: Sequence[Floats]) -> _Scan:
        cuts = np.arange(1, min(map(len, days)) // 2 + 1)
        variance = sum(day.var() * cuts * (len(day) - cuts) / (len(day) - 1) for day in days)
        return cls(cuts * sum(day.mean() for day in days), np.sqrt(variance))

    def statistics(self, days: Sequence[Floats], orders: int) -> Floats:
        """For each order and cut; shape (orders, cuts)."""
        cuts = len(self.expected)
        sums = sum(day.reshape(orders, -1)[:, :cuts].cumsum(axis=1) for day in days)
        apart = np.asarray(sums - self.expected)
        return np.divide(apart, self.errors, out=np.zeros_like(apart), where=self.errors > _TIE)


def _level(values: Floats) -> Floats:
    """The series without its drift, in steps of what nobody would notice."""
    flat = values - line(values)
    return np.asarray(np.round((flat - np.median(flat)) / _RESOLUTION))


def _savage(values: Floats) -> Floats:
    """Savage's scores: the expected values of ordered exponential times, in the order of `values`."""
    n = len(values)
    scores = np.cumsum(1 / np.arange(n, 0, -1))
    _, ties, counts = np.unique(values, return_inverse=True, return_counts=True)
    ends = counts.cumsum()
    sums = np.concatenate([[0.0], scores.cumsum()])
    return np.asarray(((sums[ends] - sums[ends - counts]) / counts)[ties])


def _orders(days: Sequence[Floats], seed: int) -> Iterator[list[Floats]]:
    """The scores of each day in random orders: batches of shape (orders, n)."""
    rng = np.random.default_rng((seed, 2))
    for batch in range(math.ceil(_ORDERS / _BATCH)):
        size = min(_BATCH, _ORDERS - batch * _BATCH)
        yield [rng.permuted(np.broadcast_to(day, (size, len(day))), axis=1) for day in days]
