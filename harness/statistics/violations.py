"""Which rules of the output formats are broken, where and how often."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final, get_args

from harness.scoring.score import Beside, Score
from harness.statistics.estimate import Estimate
from harness.statistics.intervals import rate

__all__ = ["BESIDES", "BrokenRule", "broken_rules", "counted_besides"]

BESIDES: Final[tuple[Beside, ...]] = get_args(Beside)
_INDEX: Final = re.compile(r"(?<=/)\d+(?=/|$)")


@dataclass(frozen=True, slots=True)
class BrokenRule:
    """A rule that answers of a system break at a path (`/items/*/due`; empty: the whole output).

    `share` is of the system's strict answers; an answer counts once however often it breaks it.
    """

    system: str
    rule: str
    path: str
    answers: int
    share: Estimate


def broken_rules(scores: Sequence[Score], limit: int) -> tuple[tuple[BrokenRule, ...], int]:
    """The `limit` rules broken most often, and how many there are; places in lists count together."""
    strict = [score for score in scores if score.strictness.strict]
    broken = [{(v.rule, _INDEX.sub("*", v.path)) for v in s.strictness.violations} for s in strict]
    counted = Counter(
        (s.system, *rule) for s, own in zip(strict, broken, strict=True) for rule in own
    )
    ranked = sorted(counted.items(), key=lambda item: (-item[1], item[0]))
    shown = [
        BrokenRule(
            system,
            rule,
            path,
            answers,
            rate(
                [
                    (rule, path) in b
                    for s, b in zip(strict, broken, strict=True)
                    if s.system == system
                ],
                [score.cluster for score in strict if score.system == system],
            ),
        )
        for (system, rule, path), answers in ranked[:limit]
    ]
    return tuple(shown), len(ranked)


def counted_besides(scores: Sequence[Score]) -> Mapping[str, Mapping[Beside, int]]:
    """How many strict answers of each system have each mark beside the ladder (`Beside`)."""
    counted: dict[str, dict[Beside, int]] = {}
    for score in scores:
        own = counted.setdefault(score.system, dict.fromkeys(BESIDES, 0))
        for beside in score.strictness.beside:
            own[beside] += 1
    return counted
