"""Which parts of JSON answers are right, by their place, and how often."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from harness.scoring.score import Score
from harness.statistics.estimate import Estimate
from harness.statistics.intervals import rate

__all__ = ["RightPart", "right_parts"]


@dataclass(frozen=True, slots=True)
class RightPart:
    """How many of a system's `answers` to questions with a part at `path` are `right` there.

    `share` is of all those answers; one that failed or cannot be read is among them and not right.
    """

    system: str
    path: str
    right: int
    answers: int
    share: Estimate


def right_parts(scores: Sequence[Score], limit: int) -> tuple[tuple[RightPart, ...], int]:
    """The `limit` parts that each system has right least often, the worst first, and how many there are.

    The limit is per system: one that gets everything wrong would crowd out all the others.
    """
    units: dict[tuple[str, str], list[tuple[bool, str]]] = defaultdict(list)
    for score in scores:
        for part in score.parts:
            units[score.system, part.pointer].append((part.right, score.cluster))
    ranked = sorted(units, key=lambda key: (_share(units[key]), key))
    shown: list[RightPart] = []
    for system, path in ranked:
        if sum(one.system == system for one in shown) < limit:
            outcomes, clusters = zip(*units[system, path], strict=True)
            share = rate(outcomes, clusters)
            shown.append(RightPart(system, path, sum(outcomes), len(outcomes), share))
    return tuple(shown), len(ranked)


def _share(outcomes: Sequence[tuple[bool, str]]) -> float:
    return sum(right for right, _ in outcomes) / len(outcomes)
