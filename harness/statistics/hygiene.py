"""Index hygiene: what outdated documents that are left in the index cost.

Every answer is worth +1 when right, 0 when the system abstained (or nothing could be read of it) and
-1 when it asserted something that is not true that day, as HoH scores them (Ouyang et al. 2025, "HoH:
a dynamic benchmark for evaluating the impact of outdated information on RAG"). All variants answer
the same questions, so each is compared with the cleanest index question by question, and passages
that show their publication day with passages that do not.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from harness.running.folder import LoadedRun
from harness.running.manifest import SystemManifest
from harness.scoring.prices import PriceBook
from harness.scoring.score import OUTDATED, Score
from harness.scoring.scorer import score
from harness.statistics.estimate import Estimate
from harness.statistics.intervals import mean, rate
from harness.statistics.paired import paired_means
from harness.statistics.table import ScoreTable, align, score_tables

__all__ = ["Hygiene", "HygienePoint", "points", "summarise_hygiene"]

_ASSERTED: Final = OUTDATED | {"premature", "wrong"}


@dataclass(frozen=True, slots=True)
class HygienePoint:
    """One variant: a `share` of the superseded documents left, publication days shown or not.

    `score` is the mean of +1 / 0 / -1, `outdated` the share of answers that gave an outdated value,
    alone or beside a current one. `lost` is the score
    minus that of the cleanest index with the same showing of days (None for that one itself).
    """

    share: float
    show_days: bool
    score: Estimate
    right: Estimate
    outdated: Estimate
    lost: Estimate | None


@dataclass(frozen=True, slots=True)
class Hygiene:
    """The sweep: `points` by showing of days and share; `days_help` the score with minus without.

    `broken_from` is the smallest share from which on every share surely costs something (the whole
    interval of `lost` is below 0), by showing of days; absent where the largest does not.
    """

    system: str
    questions: int
    points: tuple[HygienePoint, ...]
    days_help: Mapping[float, Estimate]

    @property
    def broken_from(self) -> Mapping[bool, float]:
        """Smallest share from which on each surely costs something, by `show_days`."""
        found: dict[bool, float] = {}
        spared: set[bool] = set()
        for point in sorted(self.points, key=lambda point: -point.share):
            high = point.lost.high if point.lost is not None else None
            if high is None or high >= 0:
                spared.add(point.show_days)
            elif point.show_days not in spared:
                found[point.show_days] = point.share
        return found

    def point(self, share: float, *, show_days: bool = True) -> HygienePoint:
        """One variant; KeyError names the shares there are."""
        for found in self.points:
            if (found.share, found.show_days) == (share, show_days):
                return found
        raise KeyError(f"no share {share}; there are {sorted({p.share for p in self.points})}")


def points(score: Score) -> int:
    """+1 for a right answer, -1 for an assertion that is not true that day, 0 for the others."""
    if score.right:
        return 1
    return -1 if score.freshness.label in _ASSERTED else 0


def summarise_hygiene(run: LoadedRun, *, seed: int | None = None) -> Hygiene:
    """The figures of a sweep's run; a pure function of it."""
    seed = run.manifest.seed if seed is None else seed
    scores = [score(run.questions[r.question_id], r, PriceBook.empty()) for r in run.records]
    tables = score_tables(scores, [system.name for system in run.manifest.systems])
    by_variant = {_variant(system): tables[system.name] for system in run.manifest.systems}
    ordered = sorted(by_variant, key=lambda variant: (not variant[1], variant[0]))
    cleanest = {show: min(s for s, shown in by_variant if shown == show) for _, show in by_variant}
    return Hygiene(
        system=str(run.manifest.settings["system"]),
        questions=len(run.questions),
        points=tuple(
            _point(variant, by_variant, cleanest[variant[1]], seed) for variant in ordered
        ),
        days_help={
            share: _difference(by_variant[share, False], by_variant[share, True], seed)
            for share in sorted({share for share, _ in by_variant})
            if (share, True) in by_variant and (share, False) in by_variant
        },
    )


def _variant(system: SystemManifest) -> tuple[float, bool]:
    retrieval = system.settings["retrieval"]
    return float(retrieval["superseded"]), bool(retrieval["show_days"])


def _point(
    variant: tuple[float, bool],
    by_variant: Mapping[tuple[float, bool], ScoreTable],
    cleanest: float,
    seed: int,
) -> HygienePoint:
    share, show_days = variant
    own = by_variant[variant]
    scored, right = own.units(points), own.sample("right_rate")
    outdated = own.units(lambda score: score.freshness.label in OUTDATED)
    lost = None if share == cleanest else _difference(by_variant[cleanest, show_days], own, seed)
    return HygienePoint(
        share=share,
        show_days=show_days,
        score=mean(scored.values, scored.clusters, seed=seed),
        right=rate(right.values, right.clusters),
        outdated=rate(outdated.values, outdated.clusters),
        lost=lost,
    )


def _difference(a: ScoreTable, b: ScoreTable, seed: int) -> Estimate:
    """The mean score of `b` minus that of `a`, on the questions that both answered."""
    left, right, clusters = align(a.units(points), b.units(points))
    return paired_means(left, right, clusters, seed=seed).difference
