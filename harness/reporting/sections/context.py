"""What every section reads: the run, its results, and the look-ups they share."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from harness.reporting.components import Badge, Cell, SystemLabel
from harness.reporting.figures import figure
from harness.reporting.metrics import metric
from harness.reporting.verdicts import verdict
from harness.running.record import Record, RecordKey
from harness.scoring.score import FreshnessClass, Score
from harness.statistics.estimate import Estimate
from harness.statistics.hygiene import Hygiene
from harness.statistics.results import Comparison, Results, SystemResult

if TYPE_CHECKING:
    from harness.decision.claims import ClaimVerdict
    from harness.decision.recommend import Recommendation
    from harness.gates import GateReport
    from harness.history.diff import Diff
    from harness.history.past import Past
    from harness.running.folder import LoadedRun
    from harness.statistics.judging import JudgeAgreement
    from harness.statistics.load_figures import LoadFigures
    from harness.statistics.quality import Quality

CLASS_TONES: Mapping[FreshnessClass, str] = {
    "current": "good",
    "mixed": "bad",
    "stale": "bad",
    "premature": "bad",
    "wrong": "bad",
    "abstained": "neutral",
    "undecided": "neutral",
    "unparseable": "bad",
    "failed": "bad",
}
VERDICT_TONES = {"better": "good", "worse": "bad"}


@dataclass(frozen=True)
class Context:
    """The inputs of a report and the indexes over them."""

    run: LoadedRun
    results: Results
    claims: Sequence[ClaimVerdict]
    recommendation: Recommendation | None
    hygiene: Hygiene | None = None
    baseline: Diff | None = None
    gates: GateReport | None = None
    quality: Quality | None = None
    agreement: Sequence[JudgeAgreement] = ()
    past: Past | None = None
    load: Sequence[LoadFigures] = ()
    labels: Mapping[str, SystemLabel] = field(init=False)
    records: Mapping[RecordKey, Record] = field(init=False)
    scores: Mapping[RecordKey, Score] = field(init=False)

    def __post_init__(self) -> None:
        labels = {
            system.name: SystemLabel(system.name, system.strategy, slot)
            for slot, system in enumerate(self.results.systems)
        }
        scores = {
            (score.system, score.question_id, score.day.isoformat(), score.repeat): score
            for score in self.results.scores
        }
        object.__setattr__(self, "labels", labels)
        object.__setattr__(self, "records", {record.key: record for record in self.run.records})
        object.__setattr__(self, "scores", scores)

    @property
    def reference(self) -> SystemResult:
        """The system that overheads are measured against."""
        return reference_of(self.results)

    def difference(self, a: str, b: str, name: str) -> Comparison | None:
        """`b` minus `a` on a metric, whichever way round it was computed; None when it was not."""
        for comparison in self.results.comparisons:
            if comparison.metric != name:
                continue
            if (comparison.a, comparison.b) == (a, b):
                return comparison
            if (comparison.a, comparison.b) == (b, a):
                return _turned(comparison)
        return None

    def verdict(self, comparison: Comparison) -> Badge:
        """The comparison in a word."""
        reference = self.results[comparison.a].metrics.get(comparison.metric)
        word = verdict(
            comparison, metric(comparison.metric), reference.value if reference else None
        )
        return Badge(word, VERDICT_TONES.get(word, "neutral"))

    def column(self, name: str) -> list[Cell]:
        """One metric of all systems, printed in one unit."""
        estimates = [system.metrics.get(name) for system in self.results.systems]
        unit = metric(name).unit(estimates)
        return [figure(estimate, unit) for estimate in estimates]


def reference_of(results: Results) -> SystemResult:
    """The system that overheads are measured against: the first without retrieval or training."""
    systems = results.systems
    return next((system for system in systems if system.strategy == "base"), systems[0])


def system_labels(context: Context) -> list[Cell]:
    """The first column of a table of systems."""
    return [context.labels[system.name] for system in context.results.systems]


def rows(*columns: Sequence[Cell]) -> tuple[tuple[Cell, ...], ...]:
    """Columns to rows."""
    return tuple(zip(*columns, strict=True))


def _turned(comparison: Comparison) -> Comparison:
    return replace(
        comparison,
        a=comparison.b,
        b=comparison.a,
        difference=_negated(comparison.difference),
        only_a=comparison.only_b,
        only_b=comparison.only_a,
    )


def _negated(estimate: Estimate) -> Estimate:
    if estimate.value is None or estimate.low is None or estimate.high is None:
        return estimate
    return replace(estimate, value=-estimate.value, low=-estimate.high, high=-estimate.low)
