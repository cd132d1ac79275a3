"""Pure functions from a question and a record to a score.

The names are imported when first used: to check a format takes less than to score
(`harness.scoring.scorer`).
"""

from typing import TYPE_CHECKING

from harness.lazy import from_homes

if TYPE_CHECKING:
    from harness.scoring.prices import PriceBook
    from harness.scoring.score import Cost, Freshness, FreshnessClass, Score, Strictness, Violation
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
]

__getattr__ = from_homes(
    __name__,
    {
        "harness.scoring.prices": ("PriceBook",),
        "harness.scoring.score": (
            "Cost",
            "Freshness",
            "FreshnessClass",
            "Score",
            "Strictness",
            "Violation",
        ),
        "harness.scoring.strictness": ("check_format",),
    },
)
