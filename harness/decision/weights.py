"""Weights of the criteria that a reader might have, drawn uniformly from all that fit what was said."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

import numpy as np

from harness.errors import ConfigError
from harness.statistics.intervals import Floats

__all__ = ["draw_weights"]

_ROUNDS: Final = 200
_BATCH: Final = 10_000


def draw_weights(
    criteria: Sequence[str],
    *,
    count: int,
    seed: int,
    order: Sequence[str] = (),
    bounds: Mapping[str, tuple[float, float]] | None = None,
) -> Floats:
    """Weights of shape (count, criteria), each row at least 0 with sum 1.

    Uniform on the simplex (normalised exponentials); those in `order`, the weightiest first, are
    sorted, which is uniform on the part where they fall; rows outside `bounds` are drawn again.

    Raises:
        ConfigError: fewer than about one weighting in a thousand fits the bounds.
    """
    rng = np.random.default_rng((seed, len(criteria), 3))
    places = [criteria.index(name) for name in order if name in criteria]
    low, high = _limits(criteria, bounds or {})
    kept: list[Floats] = []
    found = 0
    for _ in range(_ROUNDS):
        drawn = rng.standard_exponential((_BATCH, len(criteria)))
        drawn /= drawn.sum(axis=1, keepdims=True)
        drawn[:, places] = -np.sort(-drawn[:, places], axis=1)
        fitting = drawn[((drawn >= low) & (drawn <= high)).all(axis=1)]
        kept.append(fitting)
        found += len(fitting)
        if found >= count:
            return np.concatenate(kept)[:count]
    raise ConfigError(
        "the stated weights leave (almost) no weighting that sums to 1: widen them, or leave one out"
    )


def _limits(
    criteria: Sequence[str], bounds: Mapping[str, tuple[float, float]]
) -> tuple[Floats, Floats]:
    """The least and the most of each; of a single criterion all there is, whatever was said."""
    if len(criteria) == 1:
        return np.zeros(1), np.full(1, 2.0)
    pairs = [bounds.get(name, (0.0, 1.0)) for name in criteria]
    return np.array([low for low, _ in pairs]), np.array([high for _, high in pairs])
