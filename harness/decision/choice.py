"""Which of some systems to take: SMAA over paired draws, and a rule with a stated error rate.

At each weighting one system is *surely* worth more than another where it is in all but 2.5 % of the
draws (divided by the number of rivals: Bonferroni). It is *taken* over the other when that is so at
half of the weightings or more and the opposite at no more than 5 % of them. So systems that are alike
are told apart wrongly at a rate of 5 % at most, whatever the weights.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import NormalDist
from typing import Final, Literal

import numpy as np

from harness.decision.constraints import Needs
from harness.decision.criteria import DEFAULT_CRITERIA, scales, sign
from harness.decision.draws import Draws
from harness.decision.smaa import Smaa, smaa
from harness.decision.weights import draw_weights
from harness.statistics.intervals import Floats

__all__ = ["Choice", "Standing", "choose", "counted", "quantile", "weightings"]

ERROR: Final = 0.05
WEIGHTINGS: Final = 400
_MOST: Final = 0.5
_FEW: Final = 0.05

Why = Literal["nobody", "alone", "ahead", "depends on weights", "too close"]


@dataclass(frozen=True, slots=True)
class Standing:
    """One system among those compared.

    `ranks`: the share of draws and weightings at which it is first, second ... `central`: the weights
    with which it typically is first, by metric (empty: it never is); `confidence`: how often it is,
    with those weights, over the measurements alone.
    """

    system: str
    ranks: tuple[float, ...]
    central: dict[str, float]
    confidence: float


@dataclass(frozen=True, slots=True)
class Choice:
    """`system` is None when none can be taken; `level` then has those that share the first place."""

    system: str | None
    level: tuple[str, ...]
    why: Why
    standings: tuple[Standing, ...] = ()


def counted(needs: Needs) -> tuple[str, ...]:
    """The metrics that count."""
    return tuple(dict.fromkeys((*needs.prefer, *needs.weights))) or DEFAULT_CRITERIA


def weightings(needs: Needs, metrics: Sequence[str], seed: int) -> Floats:
    """Weights that fit what was said of them, shape (weightings, metrics)."""
    bounds = {name: pair for name, pair in needs.weights.items() if name in metrics}
    count = WEIGHTINGS if len(metrics) > 1 else 1  # one metric has one weighting
    return draw_weights(metrics, count=count, seed=seed, order=needs.prefer, bounds=bounds)


def choose(sets: Sequence[Draws], needs: Needs, pool: Sequence[str], *, seed: int) -> Choice:
    """Which of the systems in `pool` to take; none when the sets of draws do not agree."""
    if len(pool) < 2 or not sets[0].metrics or not len(sets[0].values):  # noqa: PLR2004  (two)
        return _without_draws(pool)
    found = [_choose(draws.among(pool), needs, seed + place) for place, draws in enumerate(sets)]
    first = found[0]
    if any(other.system != first.system for other in found):
        level = tuple(n for n in pool if any(n in c.level or n == c.system for c in found))
        return Choice(None, level, "too close", first.standings)
    return first


def _without_draws(pool: Sequence[str]) -> Choice:
    if len(pool) == 1:
        return Choice(pool[0], (), "alone")
    return Choice(None, tuple(pool), "too close" if pool else "nobody")


def _choose(draws: Draws, needs: Needs, seed: int) -> Choice:
    signs = np.array([sign(metric) for metric in draws.metrics])
    found = smaa(
        draws.values * signs / scales(draws.metrics, draws.points),
        weightings(needs, draws.metrics, seed),
        seed=seed,
    )
    standings = _standings(draws, found)
    names = draws.systems
    best = int(found.acceptability[:, 0].argmax())
    sure = found.wins >= _sure(len(names))
    ahead = sure.mean(axis=2)
    rivals = [
        place
        for place in range(len(names))
        if place != best and not (ahead[best, place] >= _MOST and ahead[place, best] <= _FEW)
    ]
    if not rivals:
        return Choice(names[best], (), "ahead", standings)
    torn = any(ahead[place, best] > _FEW for place in rivals)
    level = (names[best], *(names[place] for place in rivals))
    return Choice(None, level, "depends on weights" if torn else "too close", standings)


def _sure(systems: int) -> float:
    """The share of the draws in which one is worth more than a rival, from which on it surely is."""
    return 1 - ERROR / 2 / (systems - 1)


def quantile(systems: int) -> float:
    """How many standard errors of the lead that is, among so many systems."""
    return NormalDist().inv_cdf(_sure(systems))


def _standings(draws: Draws, found: Smaa) -> tuple[Standing, ...]:
    return tuple(
        Standing(
            system=name,
            ranks=tuple(map(float, found.acceptability[place])),
            central={
                metric: float(weight)
                for metric, weight in zip(draws.metrics, found.central[place], strict=True)
                if np.isfinite(weight)
            },
            confidence=float(found.confidence[place]),
        )
        for place, name in enumerate(draws.systems)
    )
