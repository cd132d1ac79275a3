"""Resampling plans over clusters, made once per seed and shared by all metrics.

All are exchangeable in the clusters, so that one plan may serve several statistics of one sample.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from typing import Final

import numpy as np
from numpy.typing import NDArray

RESAMPLES: Final = 2000
PERMUTATIONS: Final = 4999
_BATCH_ELEMENTS: Final = 1_000_000


def bootstrap_counts(
    groups: int, seed: int, resamples: int = RESAMPLES
) -> Iterator[NDArray[np.float64]]:
    """How often each cluster is drawn: batches of shape (batch, groups), `resamples` in all."""
    for batch, size in _batches(resamples, groups):
        yield _counts(groups, size, batch, seed)


def sign_flips(groups: int, seed: int) -> Iterator[NDArray[np.float32]]:
    """Random signs, 1 or -1: batches of shape (permutations, groups), `PERMUTATIONS` in all."""
    for batch, size in _batches(PERMUTATIONS, groups):
        yield _signs(groups, size, batch, seed)


def _batches(total: int, groups: int) -> Iterator[tuple[int, int]]:
    size = max(1, _BATCH_ELEMENTS // groups)
    for batch, start in enumerate(range(0, total, size)):
        yield batch, min(size, total - start)


@lru_cache(maxsize=8)
def _counts(groups: int, size: int, batch: int, seed: int) -> NDArray[np.float64]:
    rng = np.random.default_rng((seed, batch, 0))
    drawn = rng.integers(0, groups, size=(size, groups)) + groups * np.arange(size)[:, None]
    counts = np.bincount(drawn.ravel(), minlength=size * groups)
    return counts.reshape(size, groups).astype(np.float64)


@lru_cache(maxsize=16)
def _signs(groups: int, size: int, batch: int, seed: int) -> NDArray[np.float32]:
    rng = np.random.default_rng((seed, batch, 1))
    bits = rng.integers(0, 2, size=(size, groups), dtype=np.int8)
    return (bits * 2 - 1).astype(np.float32)
