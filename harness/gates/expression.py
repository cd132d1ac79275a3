"""The language of gates: one line each.

    rag.stale_rate <= 5%
    rag.latency_p95 <= 800ms
    hybrid.cost_per_query <= $0.005
    hybrid.valid_rate >= rag.valid_rate - 1pp
    rag.right_rate >= baseline.rag.right_rate - 2pp
    rag.latency_mean <= baseline.rag.latency_mean + 10%

Left of the sign stands a figure of the run, `SYSTEM.METRIC`; right of it a number, or the same metric
of another system or of a baseline run, with a margin if need be: points (`pp`) for rates; for
all else an amount, or a per cent of the other figure.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final, Never

from harness.errors import ConfigError, nearest
from harness.gates.units import EXAMPLES, UNITS, Quantity, in_units, quantity
from harness.statistics.summary import QUANTILES
from harness.statistics.table import MEANS, PER_ANSWER, RATES

__all__ = ["METRICS", "Expression", "Figure", "parse"]

BASELINE: Final = "baseline"
METRICS: Final = (
    *RATES,
    *MEANS,
    *QUANTILES,
    *PER_ANSWER,
    "prompt_tokens",
    "completion_tokens",
)
"""What a gate may speak of."""
COMPARABLE: Final = (*RATES, *MEANS, *QUANTILES)
"""What it may compare with another figure."""

_FIGURE: Final = re.compile(r"[A-Za-z0-9][\w.-]*\.[A-Za-z]\w*|[A-Za-z][\w-]*", re.ASCII)
_NUMBER: Final = re.compile(
    r"(?P<dollar>\$)?\s*(?P<number>\d+(?:\.\d*)?(?:e[+-]?\d+)?|\.\d+)\s*(?P<unit>[%A-Za-z]\w*|%)?",
    re.ASCII,
)
_SIGNS: Final = MappingProxyType({"<=": False, "≤": False, ">=": True, "≥": True})
_SIGN: Final = re.compile(r"<=|>=|≤|≥|==|=|<|>|at most|at least")


@dataclass(frozen=True, slots=True)
class Figure:
    """A metric of a system, of the run that is judged or of its baseline."""

    system: str
    metric: str
    baseline: bool = False

    def __str__(self) -> str:
        return f"{f'{BASELINE}.' if self.baseline else ''}{self.system}.{self.metric}"


@dataclass(frozen=True, slots=True)
class Expression:
    """`figure` is at least, or at most, `bound`, or `reference` times (1 + `share`) plus `bound`.

    `bound` is in the metric's own unit (a share, seconds, US dollars, tokens).
    """

    text: str
    figure: Figure
    at_least: bool
    bound: float
    reference: Figure | None = None
    share: float = 0.0

    @property
    def systems(self) -> tuple[str, ...]:
        """The systems of the judged run that it speaks of."""
        figures = (self.figure, self.reference)
        return tuple(f.system for f in figures if f is not None and not f.baseline)

    @property
    def against_baseline(self) -> bool:
        """Whether it needs a baseline run."""
        return self.reference is not None and self.reference.baseline

    @property
    def wanted(self) -> str:
        """What is asked for, in words."""
        side = "at least" if self.at_least else "at most"
        if self.reference is None:
            return f"{side} {in_units(self.figure.metric, self.bound)}"
        margin = abs(self.share or self.bound)
        if not margin:
            return f"{side} that of {_whose(self.reference)}"
        size = f"{100 * margin:g}%" if self.share else in_units(self.figure.metric, margin, "pp")
        more = "more" if (self.share or self.bound) > 0 else "less"
        return f"{side} {size} {more} than {_whose(self.reference)}"


def _whose(figure: Figure) -> str:
    return f"{figure.system} in the baseline" if figure.baseline else figure.system


def parse(text: str) -> Expression:
    """The gate of a text; raises `ConfigError` naming the column and the nearest valid word."""
    return _Reader(text).expression()


class _Reader:
    """Reads one expression from left to right."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._at = 0

    def expression(self) -> Expression:
        figure = self._figure(left=True)
        at_least = self._sign()
        self._skip()
        if _FIGURE.match(self._text, self._at):
            reference = self._reference(figure)
            bound, share = self._margin(figure.metric)
        else:
            reference, share = None, 0.0
            bound = self._number(figure.metric)
        self._skip()
        if self._at < len(self._text):
            self._fail(f"{self._text[self._at :]!r} is left over")
        return Expression(" ".join(self._text.split()), figure, at_least, bound, reference, share)

    def _figure(self, *, left: bool = False) -> Figure:
        self._skip()
        start = self._at
        found = _FIGURE.match(self._text, self._at)
        if found is None:
            self._fail("a figure is missing: write SYSTEM.METRIC, such as rag.stale_rate")
        if "." not in found.group():
            self._fail(f"{found.group()!r} is no figure: write SYSTEM.METRIC", start)
        system, _, metric = found.group().rpartition(".")
        baseline = system.startswith(f"{BASELINE}.")
        if baseline and left:
            self._fail("a figure of the baseline stands on the right of the sign", start)
        if metric not in METRICS:
            place = start + len(system) + 1
            self._fail(f"unknown metric {metric!r}: {nearest(metric, METRICS)}", place)
        self._at = found.end()
        return Figure(system.removeprefix(f"{BASELINE}."), metric, baseline)

    def _sign(self) -> bool:
        self._skip()
        found = _SIGN.match(self._text, self._at)
        if found is None:
            self._fail("a sign is missing: write <= or >=")
        if found.group() not in _SIGNS:
            self._fail(f"{found.group()!r} is no sign of a gate: write <= or >=")
        self._at = found.end()
        return _SIGNS[found.group()]

    def _reference(self, figure: Figure) -> Figure:
        self._skip()
        start = self._at
        reference = self._figure()
        if reference.metric != figure.metric:
            message = f"{figure.metric} can be compared with {figure.metric} only"
            self._fail(f"{message}, not with {reference.metric}", start)
        if reference == figure:
            self._fail(f"{figure} is compared with itself", start)
        if figure.metric not in COMPARABLE:
            self._fail(f"{figure.metric} can be held against a number only", start)
        return reference

    def _margin(self, metric: str) -> tuple[float, float]:
        """What is added to the reference: an amount, and a share of it."""
        self._skip()
        if self._at == len(self._text):
            return 0.0, 0.0
        sign = self._text[self._at]
        if sign not in "+-":
            self._fail(f"{self._text[self._at :]!r} is no margin: write + or - and how much")
        self._at += 1
        self._skip()
        start, factor = self._at, 1 if sign == "+" else -1
        found = self._match(metric)
        if found["unit"] == "%":
            if quantity(metric) == "rate":
                said = found.group()
                self._fail(f"{said} of a rate may be read in two ways: write {said[:-1]}pp", start)
            return 0.0, factor * float(found["number"]) / 100
        return factor * self._value(found, metric, margin=True, start=start), 0.0

    def _number(self, metric: str) -> float:
        start = self._at
        return self._value(self._match(metric), metric, margin=False, start=start)

    def _match(self, metric: str) -> re.Match[str]:
        found = _NUMBER.match(self._text, self._at)
        if found is None:
            self._fail(f"a number is missing, such as {EXAMPLES[quantity(metric)]}")
        self._at = found.end()
        return found

    def _value(self, found: re.Match[str], metric: str, *, margin: bool, start: int) -> float:
        kind: Quantity = quantity(metric)
        unit = f"{found['dollar'] or ''}{(found['unit'] or '').lower()}"
        units = dict(UNITS[kind])
        if kind == "rate" and not margin:
            units.pop("pp")
        if unit not in units:
            valid = [known for known in units if known]
            said = f"has the unit {unit!r}" if unit else "has no unit"
            self._fail(f"{found.group().strip()!r} {said}: {nearest(unit, valid)}", start)
        value = float(found["number"]) * units[unit]
        if kind == "rate" and value > 1:
            self._fail(f"{found.group()!r} is more than 100%; 2% is 0.02", start)
        return value

    def _skip(self) -> None:
        while self._text[self._at : self._at + 1].isspace():
            self._at += 1

    def _fail(self, message: str, at: int | None = None) -> Never:
        column = (self._at if at is None else at) + 1
        raise ConfigError(f"column {column} of {self._text!r}: {message}")
