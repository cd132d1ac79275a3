"""How much a sample can tell: the difference it detects, and the sample that detects a difference.

All formulas are large-sample and two-sided, at level `alpha` and chance `power` of detection. An `n`
here counts *independent* units: divide the units by their design effect (`effective_n`) first.
Normal quantiles stand for Student's, so below some twenty clusters the promise is too good.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from statistics import NormalDist
from typing import Final

from harness.statistics.estimate import Estimate
from harness.statistics.intervals import CONFIDENCE, WILSON, wilson

ALPHA: Final = 1 - CONFIDENCE
POWER: Final = 0.8
_STEPS: Final = 60  # halvings of [0, 1]: the last digit of a double
_LEVEL: Final = (
    1e-3  # of an interval's arm: to decide so near the bound takes a million times as many
)
_TINY: Final = 1e-12


def rate_half_width(rate: float, n: float, *, alpha: float = ALPHA) -> float:
    """Half the width of Wilson's (1927) interval of a rate on `n` units.

    The interval is not centred on the rate: near 0 and 1 its inner arm is the longer one.
    """
    low, high = wilson(rate, n, _quantile(alpha))
    return (high - low) / 2


def rate_n(rate: float, half_width: float, *, alpha: float = ALPHA) -> float:
    """The n at which Wilson's interval of a rate is no wider than twice `half_width`.

    The positive root of h^2 (n + z^2)^2 = z^2 p q n + z^4 / 4, which is the interval's width solved
    for n. Assumes that the rate comes out as it is given; a rate of 1/2 is the dearest.
    """
    square, most = _quantile(alpha) ** 2, half_width**2
    linear = square * (2 * most - rate * (1 - rate))
    root = math.sqrt(max(0.0, linear**2 - 4 * most * square**2 * (most - 1 / 4)))
    return max(0.0, (root - linear) / (2 * most))


def paired_rates_n(
    difference: float, discordant: float, *, alpha: float = ALPHA, power: float = POWER
) -> float:
    """The pairs that McNemar's test takes to detect a difference of two paired rates.

    Connor (1987): (z_a sqrt(psi) + z_b sqrt(psi - d^2))^2 / d^2, with psi the share of pairs on which
    only one is right, and 1 / |d| more for the discreteness of the exact test (Fleiss, Levin and Paik
    2003, section 13.1). `discordant` is at least |d|, since a difference takes so many. Assumes that
    the share stays what it was in the pilot. Below some ten discordant pairs, and where all of them
    fall one way, it asks for more than is needed.
    """
    size = abs(difference)
    psi = max(discordant, size)
    reach = _quantile(alpha) * math.sqrt(psi) + _normal(power) * math.sqrt(psi - size**2)
    return (reach / size) ** 2 + 1 / size


def paired_rates_detectable(
    n: float, discordant: float, *, alpha: float = ALPHA, power: float = POWER
) -> float | None:
    """The least difference that `n` pairs detect (`paired_rates_n` solved for it); None is none."""
    if paired_rates_n(1.0, discordant, alpha=alpha, power=power) > n:
        return None
    low, high = 0.0, 1.0
    for _ in range(_STEPS):
        middle = (low + high) / 2
        if paired_rates_n(middle, discordant, alpha=alpha, power=power) > n:
            low = middle
        else:
            high = middle
    return high


def paired_rates_power(
    n: float, difference: float, discordant: float, *, alpha: float = ALPHA
) -> float:
    """The chance that `n` pairs detect a difference (`paired_rates_n` solved for the power)."""
    size = abs(difference)
    psi = max(discordant, size)
    free = math.sqrt(max(psi - size**2, _TINY))
    reach = size * math.sqrt(max(0.0, n - 1 / size)) - _quantile(alpha) * math.sqrt(psi)
    return NormalDist().cdf(reach / free)


def mean_detectable(error: float, *, alpha: float = ALPHA, power: float = POWER) -> float:
    """The least mean (or mean paired difference) that a standard error of `error` detects.

    (z_a + z_b) times the error (Cohen 1988, section 2.5). The error shrinks as 1 / sqrt(n): the n for
    a difference is the pilot's n times (detectable / difference)^2. With the clustered error of
    `ClusterSums.variance` the clusters are in it. Skewed values need enough clusters for the mean to
    be nearly normal, and a finite variance.
    """
    return (_quantile(alpha) + _normal(power)) * error


@dataclass(frozen=True, slots=True)
class Decision:
    """What would decide on which side of a bound a figure lies.

    `detectable` is the distance from the bound, on the side where the figure was seen, at which the
    same sample would decide with chance `power`; None where no figure on that side is far enough.
    `times` is how many times as many questions would decide if the figure as it was seen is the true
    one; None where it lies on the bound.
    """

    detectable: float | None
    times: float | None
    power: float = POWER


def decision(estimate: Estimate, bound: float, *, alpha: float = ALPHA) -> Decision | None:
    """What would decide between `estimate` and a bound in its interval; None where none can be told.

    A decision is taken at the two-sided level `alpha`; the interval is one of `CONFIDENCE`.

    The interval's arm towards the bound gives the standard error, clusters included. Rates: the
    score test's sample size, (z_a sqrt(b (1-b)) + z_b sqrt(p (1-p)))^2 / (p - b)^2 (Fleiss, Levin and
    Paik 2003, section 2.5), the inverse of Wilson's interval, so that it holds at 0 and 1. All else:
    the arm shrinks as 1 / sqrt(n). Assumes that further questions are like those asked, in groups
    of their own.
    """
    value, low, high = estimate.value, estimate.low, estimate.high
    if value is None or low is None or high is None or not math.isfinite(high - low):
        return None
    end = high if value <= bound else low
    arm = abs(end - value)
    if arm < _TINY:
        return None
    level = abs(value - bound) <= _LEVEL * arm
    strict = _quantile(alpha) / _quantile(ALPHA)
    if estimate.method.startswith(WILSON) and 0 < end < 1:
        squares = end * (1 - end) / arm**2
        return _rate_decision(value, bound, squares, level=level, strict=strict)
    detectable = arm * (strict + _BEYOND)
    return Decision(detectable, None if level else (detectable / (value - bound)) ** 2)


def _rate_decision(
    value: float, bound: float, squares: float, *, level: bool, strict: float
) -> Decision:
    """`squares` is the effective n over the squared quantile of the interval.

    `strict` is how many times that quantile the decision takes.
    """

    def times(rate: float) -> float:
        reach = strict * math.sqrt(bound * (1 - bound)) + _BEYOND * math.sqrt(rate * (1 - rate))
        return reach**2 / (rate - bound) ** 2 / squares

    far = 0.0 if value <= bound else 1.0
    needed = None if level else times(value)
    if abs(far - bound) < _TINY or times(far) > 1:
        return Decision(None, needed)
    near = bound
    for _ in range(_STEPS):
        middle = (near + far) / 2
        if abs(middle - bound) < _TINY or times(middle) > 1:
            near = middle
        else:
            far = middle
    return Decision(abs(far - bound), needed)


def _normal(chance: float) -> float:
    return NormalDist().inv_cdf(chance)


def _quantile(alpha: float) -> float:
    return _normal(1 - alpha / 2)


_BEYOND: Final = _normal(POWER) / _quantile(ALPHA)
"""How much further than an interval's arm a figure must lie to be decided with chance `POWER`."""
