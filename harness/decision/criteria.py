"""What counts among systems that keep the constraints: which metrics, in which direction, how much.

Differences are made comparable by the range of what is compared (`scales`). Where systems lie closer
than matters a least range is taken, so that noise is not stretched.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np

from harness.decision.bounds import quantity
from harness.decision.claims import METRICS
from harness.statistics.intervals import Floats

DEFAULT_CRITERIA: Final = (
    "right_rate",
    "stale_rate",
    "valid_rate",
    "latency_p95",
    "cost_per_query",
)
"""What counts when nobody says otherwise."""

HIGHER: Final = frozenset(
    {
        "right_rate",
        "right_relaxed_rate",
        "raw_rate",
        "extractable_rate",
        "schema_valid_rate",
        "formats_valid_rate",
        "content_right_rate",
        "valid_rate",
        "valid_and_right_rate",
    }
)
"""The metrics of which more is better."""

_NEITHER: Final = frozenset({"abstained_rate", "undecided_rate", "completion_tokens"})
_NOT_DRAWN: Final = frozenset({"prompt_tokens", "latency_p99", "tokens_per_second"})
PREFERABLE: Final = tuple(m for m in METRICS if m not in _NEITHER | _NOT_DRAWN)
"""The metrics that can count: they have a better direction and can be resampled."""

RATE_SCALE: Final = 0.1
RELATIVE_SCALE: Final = 0.25
_RATE_TOLERANCE, _RELATIVE_TOLERANCE = 0.01, 0.05


def sign(metric: str) -> float:
    """1 where more is better, else -1."""
    return 1.0 if metric in HIGHER else -1.0


def scales(metrics: Sequence[str], points: Floats) -> Floats:
    """The difference in each metric that is worth 1, shape (metrics,).

    The widest range of `points`, shape (systems, metrics), among the metrics of one quantity, so that
    a point of one rate weighs as a point of another; at least 10 points of a rate, and 25 % of the
    largest time or cost.
    """
    kinds = [quantity(metric) for metric in metrics]
    widest: dict[str, float] = {}
    for place, kind in enumerate(kinds):
        column = points[:, place]
        least = RATE_SCALE if kind == "rate" else RELATIVE_SCALE * float(np.abs(column).max())
        widest[kind] = max(widest.get(kind, 0.0), float(np.ptp(column)), least)
    return np.array([widest[kind] or 1.0 for kind in kinds])


def tolerances(metrics: Sequence[str], points: Floats) -> Floats:
    """The difference nobody should care about, shape (metrics,): a point of a rate, 5 % of the rest."""
    return np.array(
        [
            _RATE_TOLERANCE
            if quantity(metric) == "rate"
            else _RELATIVE_TOLERANCE * float(np.abs(points[:, place]).max())
            for place, metric in enumerate(metrics)
        ]
    )
