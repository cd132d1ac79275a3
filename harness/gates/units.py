"""Figures as people write them: `5%`, `2pp`, `800 ms`, `$0.005`."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final, Literal

__all__ = ["EXAMPLES", "UNITS", "Quantity", "in_units", "quantity"]

Quantity = Literal["rate", "time", "cost", "number"]

UNITS: Final[Mapping[Quantity, Mapping[str, float]]] = MappingProxyType(
    {
        "rate": {"%": 0.01, "pp": 0.01, "": 1.0},
        "time": {"ms": 0.001, "s": 1.0, "min": 60.0},
        "cost": {"$": 1.0, "usd": 1.0},
        "number": {"": 1.0, "tokens": 1.0},
    }
)
"""What one of a unit is in the metric's own; the empty one may be left out."""
EXAMPLES: Final[Mapping[Quantity, str]] = MappingProxyType(
    {"rate": "5%", "time": "800ms", "cost": "$0.005", "number": "500"}
)


def quantity(metric: str) -> Quantity:
    """What a metric is a quantity of."""
    if metric.endswith("_rate"):
        return "rate"
    if metric.startswith("cost_"):
        return "cost"
    return "number" if "tokens" in metric else "time"


def in_units(metric: str, value: float, points: str = "%") -> str:
    """A value of a metric; `points` is the unit of a rate (`pp` for a difference of two)."""
    match quantity(metric):
        case "rate":
            return f"{_short(100 * value, decimals=1)}{points}"
        case "time":
            return f"{_short(value)} s" if abs(value) >= 1 else f"{_short(1000 * value)} ms"
        case "cost":
            return f"{'-' if value < 0 else ''}${_short(abs(value))}"
        case "number":
            return _short(value)


def _short(number: float, decimals: int | None = None) -> str:
    """Three significant digits without an exponent, or so many decimals; no 0 behind the point."""
    text = f"{number:.{decimals}f}" if decimals is not None else f"{float(f'{number:.3g}'):.12f}"
    text = text.rstrip("0").rstrip(".")
    return "0" if text in {"-0", ""} else text
