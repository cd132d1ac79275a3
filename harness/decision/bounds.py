"""Bounds on a metric in plain terms: `<= 800 ms`, `>= 99%`, `at most $0.005`."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from types import MappingProxyType
from typing import Final, Literal

from harness.decision.claims import METRICS
from harness.decision.judged import Constraint
from harness.errors import ConfigError, nearest
from harness.scoring.score import FRESHNESS_CLASSES

__all__ = [
    "NOT_ABOVE",
    "example",
    "excluding",
    "in_units",
    "nearest_metric",
    "parse_bound",
    "parse_constraint",
    "quantity",
]

Quantity = Literal["rate", "time", "cost", "tokens", "speed"]

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
        "speed": {"tokens/s": 1.0, "": 1.0},
    }
)
_EXAMPLES: Final = MappingProxyType(
    {
        "rate": "2%",
        "time": "800 ms",
        "cost": "$0.005",
        "tokens": "500 tokens",
        "speed": "20 tokens/s",
    }
)
_PLAIN: Final = MappingProxyType(
    {
        "accuracy": "right_rate",
        "cost": "cost_per_query",
        "fresh": "stale_rate",
        "freshness": "stale_rate",
        "latency": "latency_p95",
        "p50": "latency_p50",
        "p95": "latency_p95",
        "p99": "latency_p99",
        "price": "cost_per_query",
        "right": "right_rate",
        "stale": "stale_rate",
        "staleness": "stale_rate",
        "ttft": "first_token_mean",
        "valid": "valid_rate",
        "validity": "valid_rate",
    }
)
"""What people call a metric that has another name here."""

_PLAIN_UNITS: Final = MappingProxyType(
    {
        "millisecond": "ms",
        "milliseconds": "ms",
        "sec": "s",
        "second": "s",
        "seconds": "s",
        "minute": "min",
        "minutes": "min",
        "percent": "%",
        "pct": "%",
        "dollar": "$",
        "dollars": "$",
    }
)

NOT_ABOVE: Final = (
    ("latency_p50", "latency_p95"),
    ("latency_p95", "latency_p99"),
    ("latency_p50", "latency_p99"),
    ("right_rate", "right_relaxed_rate"),
    ("raw_rate", "extractable_rate"),
    ("schema_valid_rate", "extractable_rate"),
    ("formats_valid_rate", "schema_valid_rate"),
    ("valid_rate", "raw_rate"),
    ("valid_rate", "formats_valid_rate"),
    ("valid_and_right_rate", "valid_rate"),
    ("valid_and_right_rate", "content_right_rate"),
    ("cost_per_query", "cost_per_right"),
    ("cost_per_query", "cost_per_pass"),
)
"""Pairs of metrics of which the first is never more than the second, whatever is measured."""

_OTHER_CLASSES: Final = tuple(
    f"{label}_rate" for label in FRESHNESS_CLASSES if label not in {"current", "abstained"}
)
"""Rates of classes of which an answer has one, and none of which is right; who abstains may be."""
_ROUNDING: Final = 1e-9
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
        raise ConfigError(f"unknown metric {metric!r}: {nearest_metric(metric, METRICS)}")
    kind = quantity(metric)
    such = _EXAMPLES[kind]
    found = _BOUND.fullmatch(text.strip())
    if found is None:
        raise ConfigError(f"{metric!r} is {text!r}: write it as {example(metric)}")
    side = _DIRECTIONS.get((found["direction"] or direction).lower())
    if side is None:
        raise ConfigError(f"{metric!r} is {text!r}: say whether {example(metric)}")
    unit = (found["dollar"] or "") + (found["unit"] or "").strip().lower()
    units = _UNITS[kind]
    if unit not in units:
        if re.search(r",\d", unit):
            raise ConfigError(
                f"{metric!r} is {text!r}: write the number with a point, as in {such}"
            )
        said = f"has the unit {unit!r}" if unit else "has no unit"
        known = nearest(_PLAIN_UNITS.get(unit, unit), filter(None, units))
        raise ConfigError(f"{metric!r} is {text!r}, which {said}: {known}; such as {such}")
    bound = float(found["number"]) * units[unit]
    if kind == "rate" and bound > 1:
        raise ConfigError(f"{metric!r} is {text!r}: a rate is at most 100%; 2% is 0.02")
    name = metric.replace("_", " ")
    return Constraint(metric, "at most" if side == "at most" else "at least", bound,
                      f"{name} {side} {in_units(metric, bound)}")  # fmt: skip


def example(metric: str) -> str:
    """How a bound on it may be written."""
    such = _EXAMPLES[quantity(metric)]
    return f"<= {such} or >= {such}"


def nearest_metric(word: str, valid: Collection[str]) -> str:
    """As `nearest`, knowing what people call some metrics."""
    plain = _PLAIN.get(word.lower())
    known = f"valid: {', '.join(sorted(valid))}"
    return f"did you mean {plain!r}? {known}" if plain in valid else nearest(word, valid)


def excluding(constraints: Sequence[Constraint]) -> str:
    """The first bounds that no system can keep together, in words; empty: none."""
    least = {c.metric: c for c in constraints if c.direction == "at least"}
    most = {c.metric: c for c in constraints if c.direction == "at most"}
    for c in constraints:  # of several bounds the hardest
        found = least if c.direction == "at least" else most
        harder = max if found is least else min
        found[c.metric] = harder(found[c.metric], c, key=lambda one: one.bound)
    for low, high in (*((name, name) for name in METRICS), *NOT_ABOVE):
        if low not in least or high not in most or least[low].bound <= most[high].bound:
            continue
        lower, upper = (in_units(one.metric, one.bound) for one in (least[low], most[high]))
        if low == high:
            return f"{low!r} cannot be at least {lower} and at most {upper}: leave one out"
        return (
            f"{low!r} at least {lower} and {high!r} at most {upper} exclude each other: "
            f"{low!r} is never the larger"
        )
    for first in ("right_rate", "abstained_rate"):
        rates = [least[name] for name in (first, *_OTHER_CLASSES) if name in least]
        if sum(c.bound for c in rates) > 1 + _ROUNDING:
            each = [f"{c.metric!r} at least {in_units(c.metric, c.bound)}" for c in rates]
            return f"{' and '.join(each)} are together more than all answers"
    return ""


def quantity(metric: str) -> Quantity:
    """What a metric is a quantity of."""
    if metric.endswith("_rate"):
        return "rate"
    if metric.startswith("cost_"):
        return "cost"
    if metric == "tokens_per_second":
        return "speed"
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
        case "speed":
            return f"{_short(value)} tokens/s"


def _short(number: float) -> str:
    """Three significant digits, without an exponent."""
    text = f"{float(f'{number:.3g}'):.12f}"
    return text.rstrip("0").rstrip(".")
