"""What the report knows of each metric: its name for people, its unit, which direction is better."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final, Literal

from harness.reporting.figures import (
    LATENCY,
    LATENCY_DIFFERENCE,
    NUMBER,
    NUMBER_DIFFERENCE,
    RATE,
    RATE_DIFFERENCE,
    Unit,
    dollars,
)
from harness.statistics.estimate import Estimate

Quantity = Literal["rate", "seconds", "usd", "number"]
Better = Literal["higher", "lower", "neither"]

RATE_NOISE: Final = 0.01
RELATIVE_NOISE: Final = 0.05


@dataclass(frozen=True, slots=True)
class Metric:
    """A metric of `Results`: `title` heads its column, `better` says which direction is good."""

    name: str
    title: str
    quantity: Quantity
    better: Better = "lower"

    def unit(self, estimates: Iterable[Estimate | None] = ()) -> Unit:
        """The unit to print `estimates` in; one unit, and as many decimals, for a whole column."""
        values = _values(estimates)
        if self.quantity == "usd":
            return dollars(values).fitted(values)
        return {"rate": RATE, "seconds": LATENCY, "number": NUMBER}[self.quantity].fitted(values)

    def difference_unit(self, estimates: Iterable[Estimate | None] = ()) -> Unit:
        """The unit to print a column of differences in."""
        values = _values(estimates)
        if self.quantity == "usd":
            return dollars(values, signed=True).fitted(values)
        unit = {
            "rate": RATE_DIFFERENCE,
            "seconds": LATENCY_DIFFERENCE,
            "number": NUMBER_DIFFERENCE,
        }[self.quantity]
        return unit.fitted(values)

    def noise(self, reference: float | None) -> float:
        """The difference below which nobody should care: a point, or 5 % of the reference."""
        return RATE_NOISE if self.quantity == "rate" else RELATIVE_NOISE * abs(reference or 0.0)


METRICS: Final = MappingProxyType(
    {
        metric.name: metric
        for metric in (
            Metric("right_rate", "Right", "rate", "higher"),
            Metric("right_relaxed_rate", "Right, relaxed", "rate", "higher"),
            Metric("mixed_rate", "Mixed", "rate"),
            Metric("stale_rate", "Stale", "rate"),
            Metric("premature_rate", "Premature", "rate"),
            Metric("wrong_rate", "Wrong", "rate"),
            Metric("abstained_rate", "Abstained", "rate", "neither"),
            Metric("undecided_rate", "Undecided", "rate", "neither"),
            Metric("unparseable_rate", "Unparseable", "rate"),
            Metric("failed_rate", "Failed", "rate"),
            Metric("raw_rate", "Raw", "rate", "higher"),
            Metric("extractable_rate", "Extractable", "rate", "higher"),
            Metric("schema_valid_rate", "Schema-valid", "rate", "higher"),
            Metric("formats_valid_rate", "With formats", "rate", "higher"),
            Metric("content_right_rate", "And right", "rate", "higher"),
            Metric("valid_rate", "Valid format", "rate", "higher"),
            Metric("valid_and_right_rate", "Valid and right", "rate", "higher"),
            Metric("latency_p50", "Latency p50", "seconds"),
            Metric("latency_p95", "Latency p95", "seconds"),
            Metric("latency_p99", "Latency p99", "seconds"),
            Metric("latency_mean", "Mean latency", "seconds"),
            Metric("connect_mean", "Connect", "seconds"),
            Metric("retrieve_mean", "Retrieve", "seconds"),
            Metric("first_token_mean", "First token", "seconds"),
            Metric("decode_mean", "Decode", "seconds"),
            Metric("other_mean", "Other", "seconds"),
            Metric("queue_mean", "Queue", "seconds"),
            Metric("tokens_per_second", "Tokens per second", "number", "higher"),
            Metric("cost_per_query", "Cost per query", "usd"),
            Metric("cost_per_right", "Cost per right answer", "usd"),
            Metric("cost_per_pass", "Cost per right and valid answer", "usd"),
            Metric("prompt_tokens", "Prompt tokens", "number"),
            Metric("completion_tokens", "Answer tokens", "number", "neither"),
        )
    }
)


def metric(name: str) -> Metric:
    """The metric with that name; one the report has never heard of prints as a plain number."""
    return METRICS.get(name) or Metric(name, name.replace("_", " "), "number", "neither")


def in_words(text: str) -> str:
    """`text` with the names of metrics as people say them: `stale_rate` is the stale rate."""
    return _NAMES.sub(lambda match: match.group().replace("_", " "), text)


_NAMES: Final = re.compile(rf"\b({'|'.join(METRICS)})\b")


def _values(estimates: Iterable[Estimate | None]) -> list[float | None]:
    return [estimate.value for estimate in estimates if estimate is not None]
