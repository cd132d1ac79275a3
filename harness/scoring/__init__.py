"""Pure functions from a question and a record to a score."""

from harness.scoring.prices import PriceBook
from harness.scoring.score import Cost, Freshness, FreshnessClass, Score, Strictness, Violation
from harness.scoring.scorer import score
from harness.scoring.strictness import check_format

__all__ = [
    "Cost",
    "Freshness",
    "FreshnessClass",
    "PriceBook",
    "Score",
    "Strictness",
    "Violation",
    "check_format",
    "score",
]
