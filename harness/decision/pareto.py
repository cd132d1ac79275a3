"""Which systems no other one beats on everything, and how sure that is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from harness.decision.criteria import sign, tolerances
from harness.decision.draws import Draws
from harness.statistics.intervals import Floats

__all__ = ["Front", "pareto"]

SURE: Final = 0.95


@dataclass(frozen=True, slots=True)
class Front:
    """`front`: not dominated as measured; `dominated`: in at least 95 % of the draws, by whom.

    `probability[a][b]`: in which share of the draws the a-th system dominates the b-th: better on
    some metric by more than matters, worse on none by more than that.
    """

    front: tuple[str, ...]
    dominated: tuple[tuple[str, str], ...]
    probability: tuple[tuple[float, ...], ...]


def pareto(draws: Draws) -> Front:
    """The Pareto front of the measured points, with the probabilities of the draws behind it."""
    points = _dominates(draws, draws.points[None])[0]
    found = _dominates(draws, draws.values)
    probability = found.mean(axis=0) if len(found) else points.astype(float)
    names = draws.systems
    return Front(
        front=tuple(name for place, name in enumerate(names) if not points[:, place].any()),
        dominated=tuple(
            (name, names[int(probability[:, place].argmax())])
            for place, name in enumerate(names)
            if probability[:, place].max() >= SURE
        ),
        probability=tuple(tuple(map(float, row)) for row in probability),
    )


def _dominates(draws: Draws, values: Floats) -> NDArray[np.bool_]:
    """Who dominates whom, shape (draws, systems, systems)."""
    signs = np.array([sign(metric) for metric in draws.metrics])
    care = tolerances(draws.metrics, draws.points)
    worth = values * signs
    ahead = worth[:, :, None, :] - worth[:, None, :, :]
    return np.asarray((ahead >= -care).all(axis=3) & (ahead > care).any(axis=3))
