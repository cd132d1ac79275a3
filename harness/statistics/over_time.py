"""What a run says about keeping systems fresh, beyond the share of each answer class."""

from __future__ import annotations

from dataclasses import dataclass

from harness.running.folder import LoadedRun
from harness.scoring.score import Score
from harness.statistics.ages import AgeCurve, StaleByAge, age_curves, stale_by_age
from harness.statistics.blame import SystemBlame, blame_by_system
from harness.statistics.time_to_fresh import TimeToFresh, time_to_fresh

__all__ = ["OverTime", "over_time"]


@dataclass(frozen=True, slots=True)
class OverTime:
    """`ages` and `blame` leave out the systems that they cannot be told for, the others have all."""

    time_to_fresh: tuple[TimeToFresh, ...] = ()
    ages: tuple[AgeCurve, ...] = ()
    stale_by_age: tuple[StaleByAge, ...] = ()
    blame: tuple[SystemBlame, ...] = ()


def over_time(run: LoadedRun, scores: tuple[Score, ...]) -> OverTime:
    """All of it; `scores` are those of `run.records`, in their order."""
    return OverTime(
        time_to_fresh=time_to_fresh(run, scores),
        ages=age_curves(run, scores),
        stale_by_age=stale_by_age(run, scores),
        blame=blame_by_system(run, scores),
    )
