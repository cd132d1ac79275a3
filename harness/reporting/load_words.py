"""What is said of a load test, in the terminal and in a report: each phrase once."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from harness.reporting.figures import NUMBER, RATE, duration, figure
from harness.reporting.untrusted import single_line
from harness.statistics.estimate import Estimate
from harness.statistics.load import TOO_SHORT, StepFigures
from harness.statistics.load_figures import LoadFigures
from harness.statistics.saturation import ATTAINED, Saturation

__all__ = [
    "clause",
    "client_lag",
    "known_quantiles",
    "notes",
    "saturates",
    "sentence",
    "setup",
]

_NOTE: Final = 240  # characters of a note that was stored with the test


def setup(test: LoadFigures) -> str:
    """How it was tested: `rag on 2026-08-22, 1 worker: poisson arrivals, open loop`."""
    settings, day = test.manifest.settings, test.manifest.days[0]
    workers = settings["workers"]
    served = "" if workers is None else f", {workers} worker{'s' if workers > 1 else ''}"
    return f"{_name(test)} on {day}{served}: {settings['arrivals']} arrivals, open loop"


def sentence(test: LoadFigures) -> str:
    """What the test comes to: the rate that is held, and where the system saturates."""
    return f"{_held(test)} {_saturates(test)}"


def clause(test: LoadFigures) -> str:
    """The same in brief: `rag holds 4 requests a second and saturates between 8 and 9`."""
    held = test.saturation.held
    holds = _holds_none() if held is None else _holds(held)
    where = saturates(test.saturation)
    return f"{_name(test)} {holds} and {where or f'is not saturated up to {_fastest(test)}'}"


def saturates(found: Saturation) -> str:
    """`saturates between 8 and 9`; empty where it does not."""
    if found.high is None:
        return ""
    if found.low is None:
        return f"saturates below {found.high:.4g}"
    return f"saturates between {found.low:.4g} and {found.high:.4g}"


def notes(test: LoadFigures) -> Iterator[str]:
    """What a reader of the figures must know."""
    yield from (single_line(note, _NOTE) for note in test.notes)
    yield from _step_notes(test.by_rate, test.place)
    if test.place == "loop":
        yield "requests go to the system at once: what they wait for in it is part of its times"


def client_lag(step: StepFigures) -> str:
    """By how many milliseconds the client was late: p99 of its sending or of its event loop."""
    return f"{1000 * max(step.lag.p99 or 0.0, step.late):.1f}"


def known_quantiles(times: Sequence[Mapping[str, Estimate]]) -> list[str]:
    """The names of those that some step has."""
    return [
        name
        for name in ("p50", "p95", "p99")
        if any(name in step and step[name].value is not None for step in times)
    ]


def _name(test: LoadFigures) -> str:
    return single_line(test.system)


def _held(test: LoadFigures) -> str:
    held = test.saturation.held
    promise = f" with {test.limits}" if str(test.limits) else ""
    if held is None:
        possible = any((step.within.high or 0.0) >= ATTAINED for step in test.open_steps)
        hope = "; more --requests may show one" if possible else ""
        return (
            f"{_name(test)} {_holds_none()}: {ATTAINED:.0%} of the requests "
            f"answered{promise}{hope}."
        )
    share = figure(held.within, RATE).line
    return f"{_name(test)} {_holds(held)}: {share} of them are answered{promise}."


def _holds(held: StepFigures) -> str:
    return f"holds {held.rate:.4g} requests a second"


def _holds_none() -> str:
    return "holds none of these rates beyond doubt"


def _saturates(test: LoadFigures) -> str:
    found = test.saturation
    if found.high is None:
        return f"No rate up to {_fastest(test)} saturates it."
    bound = any(step.client_bound for step in test.open_steps if step.rate == found.high)
    who = "It, or the client," if bound else "It"
    said = f"{who} {saturates(found)} requests a second"
    if found.served is None:
        return f"{said}: from there on fewer requests a second meet the limits."
    return (
        f"{said}; when more came than it could serve, it answered "
        f"{figure(found.served, NUMBER).line} a second."
    )


def _fastest(test: LoadFigures) -> str:
    return f"{max((step.rate or 0.0 for step in test.steps), default=0.0):.4g}"


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
