"""Which rules of the output formats are broken, where and how often."""

from __future__ import annotations

import re
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


def broken_rules(scores: Sequence[Score]) -> tuple[BrokenRule, ...]:
    """Every broken rule, the most frequent first; places in lists count together."""
    strict: dict[str, list[Score]] = {}
    for score in scores:
        if score.strictness.strict:
            strict.setdefault(score.system, []).append(score)
    found = [rule for system, own in strict.items() for rule in _of_system(system, own)]
    return tuple(sorted(found, key=lambda one: (-one.answers, one.system, one.rule, one.path)))


def _of_system(system: str, scores: Sequence[Score]) -> list[BrokenRule]:
    broken = [{(v.rule, _INDEX.sub("*", v.path)) for v in s.strictness.violations} for s in scores]
    clusters = [score.cluster for score in scores]
    return [
        BrokenRule(
            system,
            rule,
            path,
            sum((rule, path) in own for own in broken),
            rate([(rule, path) in own for own in broken], clusters),
        )
        for rule, path in sorted(set().union(*broken))
    ]


def counted_besides(scores: Sequence[Score]) -> Mapping[str, Mapping[Beside, int]]:
    """How many strict answers of each system are repairable, truncated, refused or empty."""
    counted: dict[str, dict[Beside, int]] = {}
    for score in scores:
        own = counted.setdefault(score.system, dict.fromkeys(BESIDES, 0))
        for beside in score.strictness.beside:
            own[beside] += 1
    return counted
