"""Strict answers by output format: how much harder one format is than another."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from harness.running.folder import LoadedRun
from harness.scoring.score import Score
from harness.statistics.estimate import Estimate
from harness.statistics.intervals import rate
from harness.world.formats import format_name

__all__ = ["FormatRates", "format_rates"]


@dataclass(frozen=True, slots=True)
class FormatRates:
    """The shares of a system's answers in one format that are valid, and that are right with formats.

    They are the metrics `valid_rate` and `content_right_rate` (`harness.statistics.results`), each
    of every attempt at a question in that format.
    """

    name: str
    system: str
    valid: Estimate
    right: Estimate


def format_rates(run: LoadedRun, scores: Sequence[Score]) -> tuple[FormatRates, ...]:
    """For each strict format that was asked for, in the order of the questions, each system.

    Formats of one name (`harness.world.formats.format_name`) count together.
    """
    names = {question.id: format_name(question.format) for question in run.questions}
    groups: dict[tuple[str, str], list[Score]] = defaultdict(list)
    for score in scores:
        if score.strictness.strict:
            groups[names[score.question_id], score.system].append(score)
    return tuple(
        _rates(name, system.name, groups[name, system.name])
        for name in dict.fromkeys(names.values())
        for system in run.manifest.systems
        if (name, system.name) in groups
    )


def _rates(name: str, system: str, scores: Sequence[Score]) -> FormatRates:
    clusters = [score.cluster for score in scores]
    return FormatRates(
        name,
        system,
        valid=rate([score.strictness.valid for score in scores], clusters),
        right=rate([score.strictness.right for score in scores], clusters),
    )
