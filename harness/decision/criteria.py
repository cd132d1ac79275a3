"""What counts among systems that keep the constraints: which metrics, in which direction, how much.

A metric becomes a worth between 0 (the worst of the systems compared) and 1 (the best). Where they
lie closer than matters, `least` of it is taken for the whole scale, so that noise is not stretched.
"""

from __future__ import annotations

from typing import Final

import numpy as np

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
_NOT_DRAWN: Final = frozenset({"prompt_tokens", "latency_p99"})
PREFERABLE: Final = tuple(m for m in METRICS if m not in _NEITHER | _NOT_DRAWN)
"""The metrics that can count: they have a better direction and can be resampled."""

_RATE_SCALE, _RATE_TOLERANCE = 0.05, 0.01
_RELATIVE_SCALE, _RELATIVE_TOLERANCE = 0.25, 0.05


def sign(metric: str) -> float:
    """1 where more is better, else -1."""
    return 1.0 if metric in HIGHER else -1.0


def scale(metric: str, points: Floats) -> float:
    """The difference in a metric that is worth 1: the range of `points`, shape (systems,).

    At least 5 points of a rate, and 25 % of the largest time or cost.
    """
    least = _RATE_SCALE if metric.endswith("_rate") else _RELATIVE_SCALE * _largest(points)
    return float(max(np.ptp(points), least)) or 1.0


def tolerance(metric: str, points: Floats) -> float:
    """The difference nobody should care about: a point of a rate, 5 % of the largest time or cost."""
    if metric.endswith("_rate"):
        return _RATE_TOLERANCE
    return _RELATIVE_TOLERANCE * _largest(points)


def _largest(points: Floats) -> float:
    return float(np.abs(points).max())
