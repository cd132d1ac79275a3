"""Change points in a series: E-divisive means.

Matteson and James (2014), "A nonparametric approach for multiple change point analysis of
multivariate data", JASA 109(505): 334-345, for one dimension and exponent 1.

A split of a stretch at `tau`, judged up to `kappa`, is as good as the energy distance of what lies
left and right of it: with X = x[0:tau] of n values and Y = x[tau:kappa] of m,

    E = 2/(nm) sum |X_i - Y_j| - sum_{i<k} |X_i - X_k| / C(n,2) - sum_{j<k} |Y_j - Y_k| / C(m,2)
    Q = nm/(n+m) E

The best split of all stretches is a change point when shuffling the values within every stretch
seldom makes one as good; then both its sides are stretches, and so on. `kappa` is searched so that a
later change does not hide an earlier one.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from typing import Final

import numpy as np
from numpy.typing import ArrayLike

from harness.statistics.intervals import Floats

__all__ = ["ALPHA", "LEAST", "PERMUTATIONS", "ChangePoint", "Split", "best_split", "change_points"]

ALPHA: Final = 0.05
LEAST: Final = 2
"""Values on either side of a change: no distance within a side can be formed of fewer."""

PERMUTATIONS: Final = 199
"""As many as the authors' own package `ecp` takes; the level is exact for any number."""

_TIE: Final = 1e-9


@dataclass(frozen=True, slots=True)
class Split:
    """The best place to split a stretch: `index` is where its right side begins."""

    index: int
    q: float


@dataclass(frozen=True, slots=True)
class ChangePoint:
    """A new level begins at `index`.

    `before` and `after` are the means from the last change to this one, and from this one to the next.
    `p_value` is that of the test by which the point was found.
    """

    index: int
    q: float
    p_value: float
    before: float
    after: float


def change_points(
    values: ArrayLike,
    *,
    seed: int,
    alpha: float = ALPHA,
    least: int = LEAST,
    permutations: int = PERMUTATIONS,
) -> tuple[ChangePoint, ...]:
    """The changes of a series in its order, shape (n,); none in fewer than `2 * least` values.

    A series without a change shows one with a chance of `alpha`, whatever the law of its values
    (the test is a permutation test, with the series itself counted in: Phipson and Smyth 2010).
    Assumes that values between changes are independent and alike: a slow drift is cut into steps, and
    a series whose neighbours are alike shows more changes than there are.
    """
    values = np.asarray(values, dtype=float)
    found: list[tuple[Split, float]] = []
    rng = np.random.default_rng(seed)
    while (best := _best(values, cuts := _cuts(found), least)) is not None:
        parts = np.split(values, cuts)
        chance = (
            _best(np.concatenate([rng.permutation(part) for part in parts]), cuts, least)
            for _ in range(permutations)
        )
        p = _p_value(best, chance, permutations, alpha)
        if p is None:
            break
        found.append((best, p))
    found.sort(key=lambda one: one[0].index)
    edges = (0, *(split.index for split, _ in found), len(values))
    means = [float(values[a:b].mean()) for a, b in pairwise(edges) if b > a]
    return tuple(
        ChangePoint(split.index, split.q, p, means[place], means[place + 1])
        for place, (split, p) in enumerate(found)
    )


def best_split(values: Floats, least: int = LEAST) -> Split | None:
    """The split of one stretch with the largest Q; None where it is too short to be split.

    Takes O(n^2) time and memory: sums of distances over any block are read off a table of sums.
    """
    n = len(values)
    if n < 2 * least:
        return None
    tau, kappa, split, left, right = _weights(n, least)
    sums = np.zeros((n + 1, n + 1))
    np.cumsum(np.abs(values[:, None] - values), axis=0, out=sums[1:, 1:])
    np.cumsum(sums[1:, 1:], axis=1, out=sums[1:, 1:])
    own = np.diagonal(sums)
    across = sums[tau, kappa] - own[tau]
    beyond = own[kappa] - own[tau] - 2 * across
    q = split * across - left * own[tau] - right * beyond
    best = int(np.argmax(q))
    return Split(int(tau[best]), float(q[best]))


@lru_cache(maxsize=64)
def _weights(n: int, least: int) -> tuple[np.ndarray, ...]:
    """All (tau, kappa) of a stretch of n, and what Q weighs its three sums of distances with."""
    tau, kappa = np.triu_indices(n + 1, least)
    kept = tau >= least
    tau, kappa = tau[kept], kappa[kept]
    left, right = tau.astype(float), (kappa - tau).astype(float)
    scale = left * right / (left + right)
    # Sums over a square of distances count every pair twice, as the number of ordered pairs does.
    return (
        tau,
        kappa,
        2 / (left + right),
        scale / (left * (left - 1)),
        scale / (right * (right - 1)),
    )


def _cuts(found: Sequence[tuple[Split, float]]) -> tuple[int, ...]:
    return tuple(sorted(split.index for split, _ in found))


def _best(values: Floats, cuts: Sequence[int], least: int) -> Split | None:
    """The best split of all stretches between cuts, at its place in the whole series."""
    edges = (0, *cuts, len(values))
    splits = (
        Split(split.index + start, split.q)
        for start, end in pairwise(edges)
        if (split := best_split(values[start:end], least)) is not None
    )
    return max(splits, key=lambda split: split.q, default=None)


def _p_value(
    best: Split, chance: Iterable[Split | None], permutations: int, alpha: float
) -> float | None:
    """How often chance, with what was seen counted in, has as good a split; None above `alpha`.

    Nothing is drawn any more once that is certain, which in a series without a change is soon.
    """
    reached = best.q - _TIE * max(1e-12, abs(best.q))
    as_good = 1
    for split in chance:
        as_good += split is not None and split.q >= reached
        if as_good / (1 + permutations) > alpha:
            return None
    return as_good / (1 + permutations)
