"""What a reader of latencies must know of how they came about, in plain sentences."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from harness.running.manifest import Manifest
from harness.statistics.results import SystemResult
from harness.statistics.settling import Settling
from harness.statistics.warm_up import LARGEST_SHARE

__all__ = ["CLIENT_SHARE", "latency_notes"]

CLIENT_SHARE: Final = 0.1
"""From this share of a system's latency on, what the client adds, or makes it wait, is told."""


def latency_notes(
    manifest: Manifest, systems: Sequence[SystemResult], settling: Sequence[Settling]
) -> Iterator[str]:
    """Whose times were recorded, left out, drifting, or the client's own."""
    for system in manifest.systems:
        if system.recorded:
            yield (
                f"{system.name}: its latencies are those recorded with its answers; they were not "
                "measured in this run, and say nothing of this machine."
            )
    for found in settling:
        if not found.warm_up.ended:
            yield _endless(found)
    yield from _warm_ups(settling)
    yield from _drifts(settling)
    yield from _late_client(manifest, systems)
    yield from _queues(manifest, systems)


def _endless(found: Settling) -> str:
    return (
        f"{found.system}: its first answers took longer than the rest (p = {found.warm_up.p_value:.2g}), "
        f"but for more than {LARGEST_SHARE:.0%} of a day, which is too long for a warm-up; none "
        "is left out of its latencies."
    )


def _warm_ups(settling: Sequence[Settling]) -> Iterator[str]:
    """One sentence for all systems with a warm-up."""
    told = [
        f"{found.system}: {_first(found)}, {found.cut:,} of {found.measured:,} "
        f"(p = {found.warm_up.p_value:.2g}, up to {_span(found.slowest_cut or 0.0)})"
        for found in settling
        if found.warm_up.ended and found.cut
    ]
    if told:
        yield (
            "Answers that stand out at the beginning are left out of all latencies as warm-up; every rate "
            f"counts them. Of {'; of '.join(told)}."
        )


def _first(found: Settling) -> str:
    first, later = found.warm_up.first_day, found.warm_up.later_days
    if first == later:
        return f"the first {_answers(first)} of each day"
    on_others = f" and {later} of each other" if later else ""
    return f"the first {_answers(first)} of the first day{on_others}"


def _drifts(settling: Sequence[Settling]) -> Iterator[str]:
    """One sentence for all systems that slowed down, one for all that sped up."""
    longer: list[str] = []
    less: list[str] = []
    for found in settling:
        drift = found.drift
        if not found.drifts or drift.value is None or drift.low is None or drift.high is None:
            continue
        low, high = sorted((abs(drift.low), abs(drift.high)))
        told = f"{found.system} {abs(drift.value):.0%} [{low:.0%}, {high:.0%}]"
        (longer if drift.value > 0 else less).append(told)
    for word, systems in (("longer", longer), ("less", less)):
        if systems:
            yield (
                f"At the end of a day an answer took {word} than at its beginning: {', '.join(systems)}. "
                "Systems were asked in turns, so that their differences have little of this drift; "
                "their own figures have it."
            )


def _late_client(manifest: Manifest, systems: Sequence[SystemResult]) -> Iterator[str]:
    """One sentence for all systems whose times the runner's own lag may have lengthened."""
    found = {}
    for system in systems:
        median = system.metrics["latency_p50"].value
        lag = max((lag.p99 for lag in manifest.loop_lag if system.name in lag.systems), default=0.0)
        if median is not None and lag > CLIENT_SHARE * median:
            found[system.name] = lag
    if found:
        yield (
            f"{', '.join(found)}: the client itself was late. One in a hundred wake-ups of its loop came "
            f"{_span(max(found.values()))} late or more, over {CLIENT_SHARE:.0%} of a median "
            "latency, so these times are the client's as much as the systems'. Ask fewer at a "
            "time (concurrency), or leave the client a core of its own (fewer --workers)."
        )


def _queues(manifest: Manifest, systems: Sequence[SystemResult]) -> Iterator[str]:
    recorded = {system.name for system in manifest.systems if system.recorded}
    for system in systems:
        queue, service = system.metrics["queue_mean"], system.metrics["latency_mean"].value
        if system.name in recorded or queue.value is None or service is None:
            continue
        if queue.value > CLIENT_SHARE * service:
            interval = (
                f" [{_span(queue.low)}, {_span(queue.high)}]"
                if queue.low is not None and queue.high is not None
                else ""
            )
            yield (
                f"{system.name}: before it was asked a question waited {_span(queue.value)}{interval} on "
                f"average in the client, whose limits let no more through; its latencies "
                f"({_span(service)} on average) are without that."
            )


def _span(seconds: float) -> str:
    return f"{seconds:.3g} s" if seconds >= 1 else f"{1000 * seconds:.3g} ms"


def _answers(count: int) -> str:
    return "answer" if count == 1 else f"{count} answers"
