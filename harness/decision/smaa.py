"""Stochastic multicriteria acceptability analysis, SMAA-2.

R. Lahdelma and P. Salminen (2001), "SMAA-2: Stochastic Multicriteria Acceptability Analysis for
Group Decision Making", Operations Research 49(3), 444-454. Instead of asking for weights it asks
which weights would make each alternative the best, given how uncertain the measurements are.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from harness.statistics.intervals import Floats
from harness.statistics.one_thread import on_one_thread

__all__ = ["Smaa", "smaa"]

_JITTER: Final = 1e-9


@dataclass(frozen=True, slots=True)
class Smaa:
    """What the draws say of each alternative.

    `acceptability`, shape (alternatives, ranks): the share of draws of measurements and weights that
    give it that rank; equals share a rank at random. `central`, shape (alternatives, criteria): the
    mean of the weights that make it the first, NaN where none does. `confidence`, shape
    (alternatives,): how often it is the first with those weights, over the measurements alone.
    `wins`, shape (alternatives, alternatives, weights): in which share of the measurements one is
    worth more than the other at each weighting; equals count half.
    """

    acceptability: Floats
    central: Floats
    confidence: Floats
    wins: Floats


@on_one_thread
def smaa(values: Floats, weights: Floats, *, seed: int) -> Smaa:
    """Every draw of `values` with every one of `weights`.

    Args:
        values: Worth per criterion, more is better, shape (draws, alternatives, criteria).
        weights: Shape (weights, criteria), rows that sum to 1.
        seed: Of the ranks of equals.
    """
    alternatives = values.shape[1]
    rng = np.random.default_rng((seed, alternatives, 4))
    ranked = np.zeros((alternatives, alternatives))
    won = np.zeros((alternatives, len(weights)))
    wins = np.empty((alternatives, alternatives, len(weights)))
    for place, weighting in enumerate(weights):
        worth = values @ weighting
        wins[:, :, place] = _pairwise(worth)
        ranks = _ranks(worth, rng)
        for rank in range(alternatives):
            ranked[:, rank] += (ranks == rank).mean(axis=0)
        won[:, place] = (ranks == 0).mean(axis=0)
    firsts = won.sum(axis=1, keepdims=True)
    with np.errstate(invalid="ignore"):
        central = np.where(firsts > 0, won @ weights / firsts, np.nan)
    return Smaa(ranked / len(weights), central, _confidence(values, central, rng), wins)


def _confidence(values: Floats, central: Floats, rng: np.random.Generator) -> Floats:
    found = np.zeros(len(central))
    for place, weighting in enumerate(central):
        if np.isfinite(weighting).all():
            found[place] = (_ranks(values @ weighting, rng)[:, place] == 0).mean()
    return found


def _ranks(worth: Floats, rng: np.random.Generator) -> NDArray[np.intp]:
    """The rank of each alternative in each draw, 0 first; shape of `worth`: (draws, alternatives)."""
    apart = worth + _JITTER * rng.random(worth.shape)
    return np.argsort(np.argsort(-apart, axis=1), axis=1)


def _pairwise(worth: Floats) -> Floats:
    """How often each is worth more than each, shape (alternatives, alternatives)."""
    apart = worth[:, :, None] - worth[:, None, :]
    more, less = (apart > _JITTER).mean(axis=0), (apart < -_JITTER).mean(axis=0)
    return np.asarray((1 + more - less) / 2)
