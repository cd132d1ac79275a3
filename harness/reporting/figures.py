"""A `Figure`: an estimate as it is printed, with the raw numbers beside the text."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import ClassVar, Final

from harness.statistics.estimate import Estimate

MINUS: Final = "\N{MINUS SIGN}"
INFINITY: Final = "\N{INFINITY}"
NBSP: Final = "\N{NO-BREAK SPACE}"
DIGITS: Final = 3
_MOST_DECIMALS = 9
_MORE_DECIMALS = 2
_EXACT: Final = "no sampling"
_READABLE = 0.001
_LONG: Final = 10.0  # seconds from which on a column is in seconds


@dataclass(frozen=True, slots=True)
class Figure:
    """One number of a report.

    `text` is the value (or "unknown"), `interval` its bounds in brackets, `sample` the n behind it,
    `note` the method, or why there is no value. `value`, `low` and `high` are the raw numbers in
    the estimate's own unit (a rate between 0 and 1, seconds, US dollars).
    """

    kind: ClassVar[str] = "figure"

    text: str
    interval: str
    sample: str
    note: str
    value: float | None = None
    low: float | None = None
    high: float | None = None

    @property
    def known(self) -> bool:
        """Whether there is a value."""
        return self.value is not None

    @property
    def line(self) -> str:
        """Value and interval in one line; for an unknown one the reason."""
        if not self.known:
            return f"unknown: {self.note}"
        return f"{self.text} {self.interval}".rstrip()


@dataclass(frozen=True, slots=True)
class Unit:
    """How estimates are printed: multiplied by `factor`, rounded, in a column headed `name`.

    Without `decimals`, as many are shown as give the largest of the value and its bounds three
    significant digits, so that a value and its interval always agree. `prefix` and `suffix` stand
    with the value alone: `71.2% [68.0, 74.3]`. What is less than `ceiling` never prints as it.
    """

    name: str = ""
    factor: float = 1.0
    decimals: int | None = None
    signed: bool = False
    prefix: str = ""
    suffix: str = ""
    ceiling: float | None = None

    def write(self, *numbers: float) -> tuple[str, ...]:
        """The texts of numbers that stand together, without prefix and suffix; a bound may be infinite."""
        scaled = [self.factor * number for number in numbers]
        largest = max((abs(number) for number in scaled if math.isfinite(number)), default=0.0)
        decimals = _decimals(largest) if self.decimals is None else self.decimals
        return tuple(self._rounded(number, decimals) for number in scaled)

    def fitted(self, values: Iterable[float | None]) -> Unit:
        """This unit with the same decimals for a whole column.

        The largest of `values` gets three significant digits and the smallest two, within reason.
        """
        sizes = [abs(self.factor * value) for value in values if value]
        if self.decimals is not None or not sizes:
            return self
        least = _decimals(max(sizes))
        most = min(_decimals(min(sizes)) - 1, least + _MORE_DECIMALS)
        return replace(self, decimals=max(least, most))

    def tick(self, number: float) -> str:
        """A round number, as at an axis, with prefix and suffix."""
        scaled = self.factor * number
        sign = MINUS if scaled < 0 else "+" if self.signed and scaled > 0 else ""
        size = abs(scaled)
        text = f"{size:,.6g}"
        if "e" in text:  # nobody reads $1e-06
            text = f"{size:,.0f}" if size > 1 else f"{size:.{_decimals(size)}f}".rstrip("0")
        return self.decorate(f"{sign}{text}")

    def decorate(self, text: str) -> str:
        """A written number with prefix and suffix; a sign stays in front."""
        sign = text[0] if text[0] in f"+{MINUS}" else ""
        return f"{sign}{self.prefix}{text.removeprefix(sign)}{self.suffix}"

    def _rounded(self, number: float, decimals: int) -> str:
        """One number; what is not 0 never prints as 0, nor as 100% what is less."""
        if math.isinf(number):
            return INFINITY if number > 0 else f"{MINUS}{INFINITY}"
        text = f"{abs(number):,.{decimals}f}"
        zero = not text.strip("0.")
        if self.signed:
            return text if zero else f"{'+' if number > 0 else MINUS}{text}"
        if zero and number > 0:
            return f"<{10**-decimals:.{decimals}f}"
        if self.ceiling is not None and number < self.ceiling == float(text.replace(",", "")):
            return f">{self.ceiling - 10**-decimals:.{decimals}f}"
        return f"{MINUS}{text}" if number < 0 and not zero else text


def figure(estimate: Estimate | None, unit: Unit) -> Figure:
    """Print `estimate` in `unit`; a missing one is unknown and says so."""
    if estimate is None:
        return Figure("unknown", "", "", "not computed for this run")
    sample = _sample(estimate)
    if estimate.value is None:
        return Figure("unknown", "", "", estimate.method)
    bounds = [bound for bound in (estimate.low, estimate.high) if bound is not None]
    if not estimate.n or estimate.method.startswith(_EXACT):
        bounds, sample = [], _EXACT
    value, *ends = unit.write(estimate.value, *bounds)
    interval = f"[{ends[0]},{NBSP}{ends[1]}]" if len(ends) == 2 else ""  # noqa: PLR2004
    note = f"{estimate.confidence:.0%} interval, {estimate.method}" if interval else estimate.method
    return Figure(
        text=unit.decorate(value),
        interval=interval,
        sample=sample,
        note=note,
        value=estimate.value,
        low=estimate.low,
        high=estimate.high,
    )


def count(number: int) -> str:
    """An integer with thousands separators."""
    return f"{number:,}"


def duration(seconds: float) -> str:
    """A span of time in the unit a reader expects: ms, s, min or h."""
    for size, name in ((3600.0, "h"), (60.0, "min"), (1.0, "s")):
        if seconds >= size:
            return f"{NUMBER.write(seconds / size)[0]} {name}"
    return f"{NUMBER.write(1000 * seconds)[0]} ms"


def time_unit(estimates: Iterable[Estimate]) -> Unit:
    """Milliseconds, or seconds where times are long, with as many decimals for all."""
    values = [
        number
        for estimate in estimates
        for number in (estimate.value, estimate.high)
        if number is not None and math.isfinite(number)
    ]
    long = max(values, default=0.0) >= _LONG
    return (Unit("s") if long else Unit("ms", factor=1000)).fitted(values)


def p_value(p: float | None) -> str:
    """A p-value with the resolution that means something."""
    if p is None:
        return "none"
    return "<0.001" if p < 0.001 else f"{p:.3f}"  # noqa: PLR2004


def dollars(values: Iterable[float | None], *, signed: bool = False) -> Unit:
    """US dollars for as many queries as make the largest of `values` readable.

    A local model's answer costs millionths of a dollar; a column of `$0.0000` would say "free".
    """
    largest = max((abs(value) for value in values if value is not None), default=0.0) or 1.0
    scales = ((1.0, "$"), (1e3, "$ per thousand"), (1e6, "$ per million"))
    factor, name = next((s for s in scales if largest * s[0] >= _READABLE), scales[-1])
    return Unit(name, factor, signed=signed, prefix="" if signed else "$")


def _sample(estimate: Estimate) -> str:
    """`n 1,440 in 160`: the groups are named where answers share a question's group."""
    if estimate.groups and estimate.groups != estimate.n:
        return f"n {count(estimate.n)} in {count(estimate.groups)}"
    return f"n {count(estimate.n)}"


def _decimals(number: float) -> int:
    """The decimals that give `number` three significant digits; none for 0."""
    if not number:
        return 0
    exponent = int(f"{number:.{DIGITS - 1}e}".partition("e")[2])
    return min(_MOST_DECIMALS, max(0, DIGITS - 1 - exponent))


RATE: Final = Unit(factor=100, decimals=1, suffix="%", ceiling=100)
RATE_DIFFERENCE: Final = Unit("points", factor=100, decimals=1, signed=True)
LATENCY: Final = Unit(factor=1000, suffix=" ms")
LATENCY_DIFFERENCE: Final = Unit("ms", factor=1000, signed=True)
NUMBER: Final = Unit()
NUMBER_DIFFERENCE: Final = Unit(signed=True)
DOLLARS: Final = Unit(prefix="$")
