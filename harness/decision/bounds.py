"""Bounds on a metric in plain terms: `<= 800 ms`, `>= 99%`, `at most $0.005`."""

from __future__ import annotations

import re
from types import MappingProxyType
from typing import Final, Literal

from harness.decision.claims import METRICS
from harness.decision.judged import Constraint
from harness.errors import ConfigError, nearest

__all__ = ["parse_bound", "parse_constraint"]

Quantity = Literal["rate", "time", "cost", "tokens"]

_DIRECTIONS: Final = MappingProxyType(
    {"<=": "at most", ">=": "at least", "at most": "at most", "at least": "at least"}
)
_BOUND: Final = re.compile(
    r"(?P<direction><=|>=|at most|at least|[<>=]+)?\s*"
    r"(?P<dollar>\$)?\s*(?P<number>\d+(?:\.\d*)?(?:e[+-]?\d+)?|\.\d+)\s*(?P<unit>[^\d\s].*)?",
    re.ASCII | re.IGNORECASE,
)
_UNITS: Final = MappingProxyType(
    {
        "rate": {"%": 0.01, "": 1.0},
        "time": {"ms": 0.001, "s": 1.0, "min": 60.0},
        "cost": {"$": 1.0, "usd": 1.0, "": 1.0},
        "tokens": {"tokens": 1.0, "": 1.0},
    }
)
_EXAMPLES: Final = MappingProxyType(
    {"rate": "2%", "time": "800 ms", "cost": "$0.005", "tokens": "500 tokens"}
)
_CLAUSE: Final = re.compile(r"\s*(\w+)\s*(.*)", re.DOTALL)


def parse_constraint(text: str) -> Constraint:
    """A constraint of a text such as `latency_p95 <= 800 ms`; raises `ConfigError`."""
    found = _CLAUSE.fullmatch(text)
    if found is None or not found.group(2):
        raise ConfigError(f"{text!r} is no constraint: write it as latency_p95 <= 800 ms")
    return parse_bound(found.group(1), found.group(2))


def parse_bound(metric: str, text: str, direction: str = "") -> Constraint:
    """The constraint that `text` puts on `metric`; `direction` is that of a text without one.

    Raises:
        ConfigError: an unknown metric, no bound, a unit that the metric has not, or a rate above 100%.
    """
    if metric not in METRICS:
        raise ConfigError(f"unknown metric {metric!r}: {nearest(metric, METRICS)}")
    kind = quantity(metric)
    example = _EXAMPLES[kind]
    found = _BOUND.fullmatch(text.strip())
    if found is None:
        raise ConfigError(f"{metric!r} is {text!r}: write it as <= {example} or >= {example}")
    side = _DIRECTIONS.get((found["direction"] or direction).lower())
    if side is None:
        raise ConfigError(f"{metric!r} is {text!r}: say whether <= {example} or >= {example}")
    unit = (found["dollar"] or "") + (found["unit"] or "").strip().lower()
    units = _UNITS[kind]
    if unit not in units:
        said = f"has the unit {unit!r}" if unit else "has no unit"
        known = nearest(unit, filter(None, units))
        raise ConfigError(f"{metric!r} is {text!r}, which {said}: {known}; such as {example}")
    bound = float(found["number"]) * units[unit]
    if kind == "rate" and bound > 1:
        raise ConfigError(f"{metric!r} is {text!r}: a rate is at most 100%; 2% is 0.02")
    name = metric.replace("_", " ")
    return Constraint(metric, "at most" if side == "at most" else "at least", bound,
                      f"{name} {side} {in_units(metric, bound)}")  # fmt: skip


def quantity(metric: str) -> Quantity:
    """What a metric is a quantity of."""
    if metric.endswith("_rate"):
        return "rate"
    if metric.startswith("cost_"):
        return "cost"
    return "tokens" if metric.endswith("_tokens") else "time"


def in_units(metric: str, value: float) -> str:
    """A value of a metric as people write it: `2%`, `800 ms`, `$0.005`."""
    match quantity(metric):
        case "rate":
            return f"{_short(100 * value)}%"
        case "time":
            return f"{_short(value)} s" if value >= 1 else f"{_short(1000 * value)} ms"
        case "cost":
            return f"${_short(value)}"
        case "tokens":
            return f"{_short(value)} tokens"


def _short(number: float) -> str:
    """Three significant digits, without an exponent."""
    text = f"{float(f'{number:.3g}'):.12f}"
    return text.rstrip("0").rstrip(".")
