"""What a reader of the figures must know, in plain sentences."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Final

from harness.running.manifest import Manifest
from harness.scoring.score import Score
from harness.statistics.latency_notes import latency_notes
from harness.statistics.results import SystemResult
from harness.statistics.settling import Settling

UNTOLD: Final = "its answers do not tell it"
"""Why a time is unknown that others may have told."""


def notes(
    manifest: Manifest,
    systems: Sequence[SystemResult],
    scores: Sequence[Score],
    settling: Sequence[Settling] = (),
) -> tuple[str, ...]:
    """Gaps in the run and figures that cannot be stated, with the reason; none is no gap."""
    return (
        *_gaps(systems),
        *_undecided(scores),
        *_premature(scores),
        *_unmeasured(systems, scores),
        *_avoided(scores),
        *_open_costs(systems, scores),
        *latency_notes(manifest, systems, settling),
        *filter(None, [closed_loop(manifest)]),
        *_between_repeats(systems),
        *_unstated(systems),
    )


def closed_loop(manifest: Manifest) -> str:
    """What was in flight while latency was measured, where that was more than one; else empty.

    Runs from before this was kept do not tell.
    """
    several = {n: k for n, k in manifest.settings.get("in_flight", {}).items() if k > 1}
    if not several:
        return ""
    numbers = sorted(set(several.values()))
    whose = "; ".join(
        f"{', '.join(name for name, count in several.items() if count == number)}: {number}"
        for number in numbers
    )
    most = f"up to {numbers[-1]}" if len(numbers) > 1 else str(numbers[-1])
    return (
        f"Latency is that of a closed loop, {most} in flight ({whose}): so many questions were asked "
        "at a time of what waits for a server or a function, and a stall of theirs also stopped "
        "the asking. For latency at a given rate of requests: harness load."
    )


def _gaps(systems: Sequence[SystemResult]) -> Iterator[str]:
    for system in systems:
        counts = system.counts
        if counts.attempted < counts.planned:
            missing = counts.planned - counts.attempted
            yield (
                f"{system.name}: {missing} of {counts.planned} planned answers are missing; "
                "its figures hold for those that were asked."
            )
        if counts.failed:
            yield (
                f"{system.name}: {_answers(counts.failed)} of {counts.attempted} failed; they count "
                "as not right in every rate and are not in the latencies."
            )


def _undecided(scores: Sequence[Score]) -> Iterator[str]:
    count = sum(score.freshness.label == "undecided" for score in scores)
    if count:
        yield (
            f"{_answers(count)} to free-text questions could not be decided by rule and no judge "
            "was given; they count as not right."
        )


def _premature(scores: Sequence[Score]) -> Iterator[str]:
    count = sum(score.freshness.label == "premature" for score in scores)
    if count:
        yield (
            f"{_answers(count)} gave a value that became true only after the day asked about: look "
            "for later facts in the corpus, the questions or the model; they count as not right."
        )


def _unmeasured(systems: Sequence[SystemResult], scores: Sequence[Score]) -> Iterator[str]:
    cached = Counter(score.system for score in scores if score.cached)
    together = Counter(score.system for score in scores if score.batch > 1)
    for system in systems:
        if together[system.name]:
            yield (
                f"{system.name}: {_answers(together[system.name])} were computed several at once; "
                "their latency is not that of one alone, is not measured and not counted."
            )
        if cached[system.name]:
            yield (
                f"{system.name}: {_answers(cached[system.name])} came from the cache; their "
                "latency is not measured and not counted."
            )


def _avoided(scores: Sequence[Score]) -> Iterator[str]:
    """What was spent in this run, where some of it was not."""
    cached = [score.cost.usd for score in scores if score.cached]
    asked = [score.cost.usd for score in scores if not score.cached]
    if cached:
        said = f"{_sum_of(asked)} was spent on answers, and {_sum_of(cached)} avoided by those from the cache."
        yield said[0].upper() + said[1:]


def _sum_of(costs: Sequence[float | None]) -> str:
    """Of the costs that are known, with how many are not: unknown is not nothing."""
    known = [cost for cost in costs if cost is not None]
    if costs and not known:
        return "an unknown amount"
    missing = len(costs) - len(known)
    return f"${sum(known):.2f}" + (
        f" (and that of {_answers(missing)}, unknown)" if missing else ""
    )


def _open_costs(systems: Sequence[SystemResult], scores: Sequence[Score]) -> Iterator[str]:
    """Whose cost is an interval because a part of it has no price."""
    counted = Counter(score.system for score in scores if score.cost.least is not None)
    for system in systems:
        if counted[system.name]:
            yield (
                f"{system.name}: {_answers(counted[system.name])} read cached tokens that have no "
                "price; they cost between nothing and what others do. The interval of each cost "
                "holds all of that, and its value is the most."
            )


def _between_repeats(systems: Sequence[SystemResult]) -> Iterator[str]:
    for system in systems:
        if system.repeats is not None and system.repeats.sentence:
            yield f"{system.name}: {system.repeats.sentence}."


def _unstated(systems: Sequence[SystemResult]) -> Iterator[str]:
    """One sentence for each reason and the systems that it holds for, with the metrics that lack."""
    missing: dict[tuple[str, str], list[str]] = {}
    for system in systems:
        for metric, estimate in system.metrics.items():
            if estimate.value is None:
                missing.setdefault((metric, estimate.method), []).append(system.name)
    together: dict[tuple[tuple[str, ...], str], list[str]] = {}
    for (metric, reason), names in missing.items():
        together.setdefault((tuple(names), reason), []).append(metric)
    for (who, reason), metrics in together.items():
        if reason == UNTOLD and len(who) == len(systems):
            continue  # no gap: nobody here has such a stage
        whom = "all systems" if len(who) == len(systems) else ", ".join(who)
        are = "is" if len(metrics) == 1 else "are"
        yield f"{', '.join(metrics)} {are} not shown for {whom}: {reason}."


def _answers(count: int) -> str:
    return "1 answer" if count == 1 else f"{count} answers"
