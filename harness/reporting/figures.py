"""A `Figure`: an estimate as it is printed, with the raw numbers beside the text."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import ClassVar

from harness.statistics.estimate import Estimate

MINUS = "\N{MINUS SIGN}"
NBSP = "\N{NO-BREAK SPACE}"
Formatter = Callable[[float], str]
_READABLE = 0.001


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


@dataclass(frozen=True, slots=True)
class Unit:
    """How numbers of one column are printed: `name` heads the column, `write` makes the text.

    `prefix` and `suffix` stand with the value alone, never in the interval: `71.2% [68.0, 74.3]`.
    """

    name: str
    write: Formatter
    suffix: str = ""
    prefix: str = ""


def figure(estimate: Estimate | None, unit: Unit) -> Figure:
    """Print `estimate` in `unit`; a missing one is unknown and says so."""
    if estimate is None:
        return Figure("unknown", "", "", "not computed for this run")
    sample = sample_text(estimate)
    if estimate.value is None:
        return Figure("unknown", "", sample if estimate.n else "", estimate.method)
    interval = ""
    if estimate.low is not None and estimate.high is not None:
        interval = f"[{unit.write(estimate.low)},{NBSP}{unit.write(estimate.high)}]"
    note = f"{estimate.confidence:.0%} interval, {estimate.method}" if interval else estimate.method
    return Figure(
        text=f"{unit.prefix}{unit.write(estimate.value)}{unit.suffix}",
        interval=interval,
        sample=sample,
        note=note,
        value=estimate.value,
        low=estimate.low,
        high=estimate.high,
    )


def sample_text(estimate: Estimate) -> str:
    """`n 1,440`, with the number of groups where answers share a question's group."""
    if estimate.groups and estimate.groups != estimate.n:
        return f"n {estimate.n:,} in {estimate.groups:,}"
    return f"n {estimate.n:,}"


def count(number: int) -> str:
    """An integer with thousands separators."""
    return f"{number:,}".replace("-", MINUS)


def percent(share: float) -> str:
    """A share as per cent with one decimal; a share that is not 0 or 1 never prints as 0 or 100."""
    text = f"{100 * share:.1f}"
    if share > 0 and text == "0.0":
        return "<0.1"
    if share < 1 and text == "100.0":
        return ">99.9"
    return text.replace("-", MINUS)


def points(difference: float) -> str:
    """A difference of shares in percentage points, always signed."""
    return _signed(f"{100 * difference:+.1f}")


def milliseconds(seconds: float) -> str:
    """Seconds printed as milliseconds with three significant digits."""
    return significant(1000 * seconds)


def milliseconds_difference(seconds: float) -> str:
    """A difference of seconds as signed milliseconds."""
    return signed(1000 * seconds)


def significant(number: float, digits: int = 3) -> str:
    """`number` with that many significant digits, never in exponent form, with separators."""
    if number == 0 or not math.isfinite(number):
        return "0" if number == 0 else str(number)
    decimals = max(0, digits - 1 - math.floor(math.log10(abs(number))))
    return f"{round(number, decimals):,.{min(decimals, 9)}f}".replace("-", MINUS)


def signed(number: float) -> str:
    """`number` with three significant digits and its sign."""
    text = significant(number)
    return text if text.startswith(MINUS) or number == 0 else f"+{text}"


def duration(seconds: float) -> str:
    """A span of time in the unit a reader expects: ms, s, min or h."""
    for size, name in ((3600.0, "h"), (60.0, "min"), (1.0, "s")):
        if seconds >= size:
            return f"{significant(seconds / size)} {name}"
    return f"{significant(1000 * seconds)} ms"


def p_value(p: float | None) -> str:
    """A p-value with the resolution that means something."""
    if p is None:
        return "none"
    return "<0.001" if p < 0.001 else f"{p:.3f}"  # noqa: PLR2004


RATE = Unit("", percent, suffix="%")
RATE_DIFFERENCE = Unit("points", points)
LATENCY = Unit("", milliseconds, suffix=" ms")
LATENCY_DIFFERENCE = Unit("ms", milliseconds_difference)
NUMBER = Unit("", significant)
NUMBER_DIFFERENCE = Unit("", signed)
DOLLARS = Unit("", significant, prefix="$")


def dollars_per_query(values: Iterable[float | None], *, difference: bool = False) -> Unit:
    """US dollars per as many queries as make the largest of `values` readable.

    A local model's answer costs millionths of a dollar; a column of `$0.0000` would say "free".
    """
    largest = max((abs(value) for value in values if value is not None), default=0.0) or 1.0
    queries = next((n for n in (1, 1_000, 1_000_000) if largest * n >= _READABLE), 1_000_000)
    name = "$ per query" if queries == 1 else f"$ per {queries:,} queries"
    if difference:
        return Unit(name, lambda usd: signed(usd * queries))
    return Unit(name, lambda usd: significant(usd * queries), prefix="$")


def _signed(text: str) -> str:
    return "0.0" if text in {"+0.0", "-0.0"} else text.replace("-", MINUS)
