"""A load test in the terminal: a table of 80 columns, notes, and what it comes to in a sentence."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from rich.table import Table
from rich.text import Text

from harness.reporting.figures import NUMBER, Unit, duration, figure
from harness.reporting.terminal import plain_table
from harness.reporting.untrusted import single_line
from harness.statistics.estimate import Estimate
from harness.statistics.load import TOO_SHORT, StepFigures
from harness.statistics.saturation import ATTAINED, Saturation

if TYPE_CHECKING:
    from harness.running.load.folder import LoadedTest
    from harness.scoring.limits import LatencyLimits

__all__ = ["LoadView"]

_LONG: Final = 10.0  # seconds from which on a column is in seconds
_MOST_TIMES: Final = 3  # columns of times that fit beside the others with intervals on one line
_PERCENT: Final = Unit("%", factor=100, decimals=1)


@dataclass(frozen=True, slots=True)
class LoadView:
    """What is printed of a load test, slowest rate first."""

    loaded: LoadedTest
    steps: tuple[StepFigures, ...]
    saturation: Saturation
    limits: LatencyLimits

    def table(self) -> Table:
        """One row a rate, the closed loop first; each figure above its 95 % interval."""
        table = plain_table(self._title())
        columns = list(self._columns(self._by_rate))
        for heading, _ in columns:
            table.add_column(heading, justify="right", overflow="fold")
        for row in zip(*(cells for _, cells in columns), strict=True):
            table.add_row(*row)
        return table

    def sentence(self) -> str:
        """What the test comes to: the rate that is held, and where the system saturates."""
        return f"{self._held()} {_saturates(self.saturation, self.steps)}"

    def notes(self) -> Iterator[str]:
        """What a reader of the table must know."""
        yield from map(single_line, self.loaded.notes)
        yield from _step_notes(self._by_rate, self._place)
        if self._place == "loop":
            yield "requests go to the system at once: what they wait for in it is part of its times"

    @property
    def _by_rate(self) -> list[StepFigures]:
        return sorted(self.steps, key=lambda step: step.rate or 0.0)

    @property
    def _place(self) -> str:
        return str(self.loaded.manifest.settings["place"])

    def _title(self) -> str:
        manifest = self.loaded.manifest
        settings, system = manifest.settings, single_line(manifest.systems[0].name)
        workers = settings["workers"]
        served = "" if workers is None else f", {workers} worker{'s' if workers > 1 else ''}"
        return (
            f"{system} on {manifest.days[0]}{served}: {settings['arrivals']} arrivals, open loop; "
            "times from the intended start; each figure above its 95% interval"
        )

    def _columns(self, steps: Sequence[StepFigures]) -> Iterator[tuple[str, list[Text]]]:
        quantiles = [name for name in ("p50", "p95", "p99") if _known(steps, name)] or ["p50"]
        times = {f"{name}\n": [step.latency[name] for step in steps] for name in quantiles}
        if self._place == "worker":
            times["queue\np95 "] = [step.queue for step in steps]
        narrow = len(times) > _MOST_TIMES
        unit = _time_unit([estimate for column in times.values() for estimate in column])
        yield "rate\n/s", [_rate(step) for step in steps]
        yield "answered\n/s", [_cell(step.reached, NUMBER, narrow=narrow) for step in steps]
        for heading, estimates in times.items():
            cells = [_cell(estimate, unit, narrow=narrow) for estimate in estimates]
            yield f"{heading}{unit.name}", cells
        shares = [_cell(step.within, _PERCENT, narrow=narrow) for step in steps]
        yield "within\nlimits %" if str(self.limits) else "answered\n%", shares
        yield "client\nlag ms", [_lag(step) for step in steps]
        yield "backlog", [Text("closed\nloop" if s.rate is None else s.verdict) for s in steps]

    def _held(self) -> str:
        name, held = single_line(self.loaded.manifest.systems[0].name), self.saturation.held
        promise = f" with {self.limits}" if str(self.limits) else ""
        if held is None:
            possible = any(
                (step.within.high or 0.0) >= ATTAINED for step in self.steps if step.rate
            )
            hope = "; more --requests may show one" if possible else ""
            return (
                f"{name} holds none of these rates beyond doubt: {ATTAINED:.0%} of the requests "
                f"answered{promise}{hope}."
            )
        share = figure(held.within, Unit(factor=100, decimals=1, suffix="%", ceiling=100))
        return (
            f"{name} holds {held.rate:.4g} requests a second: {share.line} of them are "
            f"answered{promise}."
        )


def _saturates(found: Saturation, steps: Sequence[StepFigures]) -> str:
    if found.high is None:
        fastest = max((step.rate or 0.0 for step in steps), default=0.0)
        return f"No rate up to {fastest:.4g} saturates it."
    where = f"below {found.high:.4g}"
    if found.low is not None:
        where = f"between {found.low:.4g} and {found.high:.4g}"
    bound = any(step.client_bound for step in steps if step.rate == found.high)
    sentence = f"{'It, or the client,' if bound else 'It'} saturates {where} requests a second"
    if found.served is None:
        return f"{sentence}: from there on fewer requests a second meet the limits."
    return (
        f"{sentence}; when more came than it could serve, it answered "
        f"{figure(found.served, NUMBER).line} a second."
    )


def _step_notes(steps: Sequence[StepFigures], place: str) -> Iterator[str]:
    if bound := [step for step in steps if step.client_bound]:
        fewer = " (fewer --workers)" if place == "worker" else ""
        advice = f"leave it a core of its own{fewer}, or a machine"
        yield (
            f"the client was the bottleneck {_at(bound)}: its lag is a tenth of the median time or "
            f"more, and the times are the client's as much as the system's; {advice}"
        )
    for step in steps:
        if step.failures:
            kinds = ", ".join(
                f"{count} {single_line(kind)}" for kind, count in sorted(step.failures.items())
            )
            yield f"{step.failed} of {step.requests} requests failed {_at([step])}: {kinds}"
    if cut := [_warm_up(step) for step in steps if step.cut]:
        yield f"cut off as warm-up: {', '.join(cut)}"
    yield from _not_shown([step for step in steps if step.rate is not None])


def _not_shown(steps: Sequence[StepFigures]) -> Iterator[str]:
    """One sentence for each reason why a figure is unknown."""
    reasons: dict[tuple[str, str], list[StepFigures]] = {}
    for step in steps:
        for name, estimate in (("p50", step.latency["p50"]), ("p95", step.latency["p95"])):
            if estimate.value is None:
                reasons.setdefault((name, estimate.method), []).append(step)
        if step.within.value is None:
            reasons.setdefault(("the share within limits", step.within.method), []).append(step)
    for (name, reason), found in reasons.items():
        if name == "p95" and ("p50", reason) in reasons:
            continue
        what = "no percentile" if ("p95", reason) in reasons and name == "p50" else f"no {name}"
        more = ""
        if reason == TOO_SHORT:
            more = f": --requests {max(step.needed for step in found)}"
        elif reason.startswith("n = "):
            more = "; more --requests may"
        yield f"{what} is shown {_at(found)}: {reason}{more}"


def _at(steps: Sequence[StepFigures]) -> str:
    """The rates in words: `at 2, 4 a second`."""
    rates = ", ".join(f"{step.rate:.4g}" for step in steps if step.rate is not None)
    words = [f"at {rates} a second"] if rates else []
    return " and ".join(["one at a time"] * any(s.rate is None for s in steps) + words)


def _warm_up(step: StepFigures) -> str:
    slowest = step.slowest_cut or 0.0
    worst = "one failed" if math.isinf(slowest) else f"slowest {duration(slowest)}"
    return f"{step.cut} requests {_at([step])} ({worst})"


def _rate(step: StepFigures) -> Text:
    return Text("one at\na time" if step.rate is None else f"{step.rate:.4g}", "bold")


def _lag(step: StepFigures) -> Text:
    lag = max(step.lag.p99 or 0.0, step.late)
    return Text(f"{1000 * lag:.1f}", "bold red" if step.client_bound else "")


def _known(steps: Sequence[StepFigures], quantile: str) -> bool:
    return any(step.latency[quantile].value is not None for step in steps)


def _time_unit(estimates: Iterable[Estimate]) -> Unit:
    """Milliseconds, or seconds where times are long, with as many decimals for all."""
    values = [
        number
        for estimate in estimates
        for number in (estimate.value, estimate.high)
        if number is not None and math.isfinite(number)
    ]
    long = max(values, default=0.0) >= _LONG
    return (Unit("s") if long else Unit("ms", factor=1000)).fitted(values)


def _cell(estimate: Estimate, unit: Unit, *, narrow: bool) -> Text:
    """A figure above its interval, which takes two lines where there are many columns."""
    if estimate.value is None or estimate.low is None or estimate.high is None:
        return Text("unknown", "dim")
    value, low = unit.write(estimate.value, estimate.low)
    high = "\N{INFINITY}"
    if math.isfinite(estimate.high):
        value, low, high = unit.write(estimate.value, estimate.low, estimate.high)
    dash = "-\n" if narrow else "-"
    return Text.assemble((value, "bold"), (f"\n{low}{dash}{high}", "dim"))
