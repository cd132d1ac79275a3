"""The answer to the question in one sentence, with its uncertainty."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

from harness.decision.words import join
from harness.reporting.figures import RATE, Unit, figure
from harness.reporting.sections.context import Context
from harness.statistics.results import SystemResult
from harness.systems.base import Strategy

if TYPE_CHECKING:
    from harness.decision.recommend import Recommendation

QUESTION: Final = "RAG, fine-tuning or both?"
_WORDS: Final[dict[Strategy, str]] = {
    "base": "Neither, here",
    "rag": "RAG, here",
    "fine-tuned": "Fine-tuning, here",
    "hybrid": "Both, here",
    "external": "Another system, here",
}
_POINTS: Final = Unit("points", factor=100, decimals=1)


def answer(context: Context) -> str:
    """The recommended system, or the one that is right most often, how far it is ahead, and what flips it.

    Systems that cannot be told apart are named together and nothing is chosen among them.
    """
    return _answer(context) + _reservations(context.recommendation)


def _reservations(found: Recommendation | None) -> str:
    """That nothing is sure to keep what was asked for, and the nearest thing that changes the choice."""
    if found is None or not found.changes:
        return ""
    chosen = found.choice is not None or found.tied
    unsure = (
        " No system surely keeps all that was asked for." if found.provisional and chosen else ""
    )
    first = found.changes[0].replace(": ", ", then ", 1)
    return f"{unsure} What would change this first: {first}."


def _answer(context: Context) -> str:
    ranked = _by_right_rate(context.results.systems)
    if not ranked:
        return "This run cannot say: no right rate could be computed."
    if context.recommendation is None:
        level = _level(context, ranked)
        return _settled(context, level[0], ranked) if len(level) == 1 else _open(level)
    if context.recommendation.choice is not None:
        return _settled(context, context.results[context.recommendation.choice], ranked)
    if context.recommendation.tied:
        level = [context.results[name] for name in context.recommendation.tied]
        return _depends(context, level, ranked) if context.recommendation.depends else _open(level)
    level = _level(context, ranked)
    rate = figure(ranked[0].metrics["right_rate"], RATE).line
    alike = f" ({join([s.name for s in level])} cannot be told apart)" if len(level) > 1 else ""
    return (
        "None of them, here: no system keeps all that was asked for; "
        f"{ranked[0].name} was right most often, in {rate} of its answers{alike}."
    )


def _settled(context: Context, best: SystemResult, ranked: Sequence[SystemResult]) -> str:
    rate = figure(best.metrics["right_rate"], RATE).line
    first = f"{_WORDS[best.strategy]}: {best.name} was right in {rate} of its answers"
    others = [system for system in ranked if system.name != best.name]
    if not others:
        return f"{first}; no other system ran."
    comparison = context.difference(others[0].name, best.name, "right_rate")
    if comparison is None or comparison.difference.value is None:
        return f"{first}; how far it is from {others[0].name} is not known."
    missed = _missed(context, others[0].name)
    if context.verdict(comparison).text not in {"better", "worse"}:
        why = f"; {others[0].name} misses what was asked for: {missed}" if missed else ""
        return f"{first}, which cannot be told from {others[0].name}'s{why}."
    if comparison.difference.value < 0:
        comparison = context.difference(best.name, others[0].name, "right_rate") or comparison
        gap = figure(comparison.difference, _POINTS)
        why = (
            f"misses what was asked for: {missed}"
            if missed
            else "is not sure to keep what was asked for"
        )
        return (
            f"{first}; {others[0].name} was right more often, by {gap.text} points "
            f"{gap.interval}, and {why}."
        )
    gap = figure(comparison.difference, _POINTS)
    return f"{first}, {gap.text} points {gap.interval} more than {others[0].name}, the next best."


def _missed(context: Context, name: str) -> str:
    """What was asked for and the system surely does not keep, in words; empty when there is none."""
    checks = context.recommendation.checks if context.recommendation is not None else ()
    words = [c.constraint.words for c in checks if c.system == name and c.kept == "missed"]
    return join(words) if words else ""


def _open(level: Sequence[SystemResult]) -> str:
    best = _by_right_rate(level)[0]
    rate = figure(best.metrics["right_rate"], RATE).line
    return (
        f"Not settled: {join([system.name for system in level])} cannot be told apart on "
        f"what counts; {best.name} has the highest rate, {rate}."
    )


def _depends(
    context: Context, level: Sequence[SystemResult], ranked: Sequence[SystemResult]
) -> str:
    best, first = _by_right_rate(level)[0], ranked[0]
    rate = figure(best.metrics["right_rate"], RATE).line
    told = (
        f"It depends on what counts more: {join([system.name for system in level])} are each the "
        "better one for some;"
    )
    if best.name == first.name:
        return f"{told} {best.name} was right most often, in {rate} of its answers."
    missed = _missed(context, first.name)
    why = (
        f"misses what was asked for: {missed}"
        if missed
        else "is not sure to keep what was asked for"
    )
    return (
        f"{told} of these {best.name} was right most often, in {rate} of its answers. {first.name} was "
        f"right in {figure(first.metrics['right_rate'], RATE).line}, and {why}."
    )


def _by_right_rate(systems: Sequence[SystemResult]) -> list[SystemResult]:
    """Systems whose right rate is known, the best first."""
    known = {
        system.name: estimate.value
        for system in systems
        if (estimate := system.metrics.get("right_rate")) is not None and estimate.value is not None
    }
    return sorted(
        (system for system in systems if system.name in known),
        key=lambda system: (-known[system.name], system.name),
    )


def _level(context: Context, ranked: Sequence[SystemResult]) -> list[SystemResult]:
    """The best system and those that it is not surely ahead of."""
    return [ranked[0], *(s for s in ranked[1:] if not _ahead(context, ranked[0], s))]


def _ahead(context: Context, best: SystemResult, other: SystemResult) -> bool:
    comparison = context.difference(other.name, best.name, "right_rate")
    return comparison is not None and context.verdict(comparison).text == "better"
