"""Where the steady part of a sequence of requests begins, and into which blocks it falls.

Requests under load are not independent: one that waits makes the next one wait. The methods are those
of the output analysis of simulations (Law 2015, Simulation Modeling and Analysis, chapter 9).
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
from numpy.typing import ArrayLike, NDArray

from harness.statistics.estimate import Estimate
from harness.statistics.intervals import CONFIDENCE, Floats

__all__ = [
    "Steady",
    "backlog_growth",
    "correlation_time",
    "events_per_second",
    "steady_part",
    "warm_up",
]

QUANTILE_BLOCK: Final = 10.0
"""The length of a block for a quantile, in correlation times."""
SHARE_BLOCK: Final = 5.0
"""The same for a share, whose blocks need not be that nearly independent."""

_LEAST_BLOCKS: Final = 10
_LEAST_BLOCK: Final = 5
_WINDOW: Final = 5.0
_RESOLUTION: Final = 0.01
_TINY: Final = 1e-9
_SPELLS: Final = 20
_PER_SPELL: Final = 5


@dataclass(frozen=True, slots=True)
class Steady:
    """The part of some requests that figures are formed over: the last `n` of them.

    The first `cut` were cut off as warm-up; `settled` is False where no end of the warm-up was found.
    Neighbours hang together over about `correlation` requests.
    """

    n: int
    cut: int
    settled: bool
    correlation: float

    def blocks(self, length: float) -> NDArray[np.intp]:
        """The block of each request, shape (n,): ten or more blocks of about `length` correlation times.

        Batch means: blocks that are long enough are nearly independent of one another, and stand for
        the clusters of the other statistics. Ten to thirty are enough (Schmeiser 1982).
        """
        count = max(_LEAST_BLOCKS, int(self.n / max(_LEAST_BLOCK, length * self.correlation)))
        return np.arange(self.n) * min(count, self.n) // max(self.n, 1)

    @property
    def needed(self) -> int:
        """How many requests a step with this correlation takes, warm-up included.

        Ten blocks of ten correlation times: a rule like that for Markov chains (Sokal 1997).
        """
        each = max(_LEAST_BLOCK, QUANTILE_BLOCK * self.correlation)
        return self.cut + math.ceil(_LEAST_BLOCKS * each)

    @property
    def enough(self) -> bool:
        """Whether there were so many."""
        return self.cut + self.n >= self.needed


def steady_part(times: ArrayLike) -> Steady:
    """Cut off the warm-up of latencies in the order of arrival, infinite where no answer came.

    Both the cut and the correlation are those of ranks, among which times that differ by a hundredth
    or less count as equal. So a cold start is cut off, which shifts all of the first answers, but no
    stall later on: if 5 % of all answers are slow in a row, that is cut off only where it ends
    within the first 10 % of the step. And a drift that nobody would notice is none.

    Measured for M/M/1 and M/D/1 queues with loads of 0.2 to 0.95 and 300 to 3,000 requests a step, 100
    runs each: of the runs, at most 5 % show a 95 % interval of p50 that misses the truth, 16 % one
    of p95, 13 % one of a share; usually less than half of that, and the more the closer to saturation.
    """
    times = np.maximum(np.asarray(times, dtype=float), _TINY)
    ranks = _ranks(np.round(np.log(times) / _RESOLUTION))
    cut, settled = warm_up(ranks)
    return Steady(len(ranks) - cut, cut, settled, correlation_time(ranks[cut:]))


def warm_up(values: ArrayLike) -> tuple[int, bool]:
    """How many values to cut off at the start, and whether the rest is settled.

    MSER (White 1997, "An effective truncation heuristic for bias reduction in simulation output"): of all
    cuts up to half of the values, the one with the least squared standard error of the mean of the
    rest. A least one at the very end of that range means that the series had not settled.
    """
    values = np.asarray(values, dtype=float)
    n = len(values)
    last = n // 2
    if not last:
        return 0, True
    apart = values - values.mean()
    left = np.arange(n, 0, -1)
    sums = np.cumsum(apart[::-1])[::-1]
    squares = np.cumsum(apart[::-1] ** 2)[::-1]
    errors = ((squares - sums**2 / left) / left**2)[: last + 1]
    # rounding must not prefer a later cut of a constant series
    cut = int(np.argmax(errors <= errors.min() + 1e-12 * max(float(squares[0]), 1.0)))
    return cut, cut < last


def correlation_time(values: ArrayLike) -> float:
    """Over how many values a sequence hangs together, 1 at least.

    The integrated autocorrelation time 1 + 2 (r1 + r2 + ...), summed up to the first lag that is five
    times what was summed by then (Sokal 1997, "Monte Carlo methods in statistical mechanics").
    """
    values = np.asarray(values, dtype=float)
    n = len(values)
    apart = values - values.mean() if n else values
    variance = float((apart**2).mean()) if n else 0.0
    if variance <= 0:
        return 1.0
    spectrum = np.fft.rfft(apart, 2 * n)
    correlations = np.fft.irfft(spectrum * np.conj(spectrum))[:n] / (n * variance)
    times = 2 * np.cumsum(correlations) - 1
    enough = np.arange(n) >= _WINDOW * times
    return max(1.0, float(times[int(np.argmax(enough))] if enough.any() else times[-1]))


def backlog_growth(arrived: ArrayLike, done: ArrayLike, begin: float, end: float) -> Estimate:
    """By how many requests a second the number under way grew from `begin` to `end`.

    `arrived` and `done` are moments, in seconds. The span is divided into up to twenty spells of equal
    length; the increments of the backlog over them have mean and standard error. Where the backlog
    grows without bound its increments are those of a random walk, nearly independent, and a t-test
    of their mean is exact in the limit; where it does not, they undo one another, so the test is
    conservative. The interval is one of 90 %, so that each of its bounds is a test at 5 %: measured as
    in `steady_part`, growth is found in at most 6 % of the runs at a load of exactly 1, in at most
    3 % below, and at a load of 1.5 in at least 92 %.
    """
    arrived = np.sort(np.asarray(arrived, dtype=float))
    done = np.sort(np.asarray(done, dtype=float))
    inside = int(((arrived >= begin) & (arrived <= end)).sum())
    spells = min(_SPELLS, inside // _PER_SPELL)
    if spells < 2 or end <= begin:  # noqa: PLR2004  (two increments, for a variance)
        return Estimate.unknown(f"{inside} requests tell too little of the backlog", inside)
    edges = np.linspace(begin, end, spells + 1)
    backlog = np.searchsorted(arrived, edges, "right") - np.searchsorted(done, edges, "right")
    return _t_interval(np.diff(backlog) / np.diff(edges), 1 - 2 * (1 - CONFIDENCE))


def events_per_second(moments: ArrayLike, begin: float, end: float) -> Estimate:
    """How many of `moments` fall into a second from `begin` to `end`, over twenty spells of it.

    The bootstrap of the other means fails here: a server that is always busy answers almost as many in
    every spell, and a resample without the odd one out has no variance.
    """
    if end <= begin:
        return Estimate.unknown("no time passed")
    counts, edges = np.histogram(moments, bins=_SPELLS, range=(begin, end))
    found = _t_interval(counts / np.diff(edges), CONFIDENCE)
    return replace(found, low=max(0.0, found.low or 0.0))


def _t_interval(values: Floats, confidence: float) -> Estimate:
    from scipy import special  # noqa: PLC0415  (slow to import)

    n = len(values)
    value = float(values.mean())
    quantile = float(special.stdtrit(n - 1, (1 + confidence) / 2))
    half = quantile * float(values.std(ddof=1)) / math.sqrt(n)
    return Estimate(value, value - half, value + half, n, n, f"t over {n} spells", confidence)


def _ranks(values: Floats) -> Floats:
    from scipy import stats  # noqa: PLC0415  (slow to import)

    return np.asarray(stats.rankdata(values), dtype=float)
