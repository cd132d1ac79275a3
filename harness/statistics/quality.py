"""What ragas and a judge make of a run: means with intervals, paired differences, honest denominators."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import combinations

import numpy as np

from harness.running.folder import LoadedRun
from harness.running.record import RecordKey
from harness.scoring.prices import PriceBook
from harness.scoring.quality import METRICS, Scored, Scorer, StoredQuality, samples
from harness.scoring.quality.samples import Sample as Answered
from harness.scoring.quality.spending import judge_cost, spent_on
from harness.scoring.score import Cost
from harness.statistics.estimate import Estimate
from harness.statistics.intervals import mean, rate
from harness.statistics.multiplicity import holm
from harness.statistics.paired import paired_means, paired_rates
from harness.statistics.results import Comparison
from harness.statistics.table import Sample, align

__all__ = [
    "JudgeSpending",
    "Quality",
    "QualityFigure",
    "quality_units",
    "spending",
    "summarise_quality",
]


@dataclass(frozen=True, slots=True)
class QualityFigure:
    """The mean score of a system on a metric, and what became of all its answers.

    `scored` answers are in the mean; of these, `failed` gave none and count as 0. Apart from it are
    `missing` (nothing to rate, by reason), `judge_failed` (the judge gave no verdict) and `waiting` (not
    scored yet). Together they are all that were attempted.
    """

    estimate: Estimate
    scored: int
    failed: int
    missing: Mapping[str, int]
    judge_failed: int
    waiting: int

    @property
    def attempted(self) -> int:
        """All answers of the system."""
        return self.scored + sum(self.missing.values()) + self.judge_failed + self.waiting


@dataclass(frozen=True, slots=True)
class JudgeSpending:
    """What asking one judge took in all; `usd` is unknown where there is no price.

    `counted` is false where a server did not tell all its tokens, and they are estimates.
    """

    judge: str
    calls: int
    prompt_tokens: int
    completion_tokens: int
    embedded_tokens: int | None
    usd: Cost
    counted: bool = True


@dataclass(frozen=True, slots=True)
class Quality:
    """Figures by system and metric, in the order of the run and of `METRICS`.

    `text` and `judge` are who scored; `comparisons` as those of `Results`, Holm-adjusted within a metric.
    `spending` has every judge that was ever asked, the one that counts last: it is a cost of the
    measurement, and in no figure of a system.
    """

    figures: Mapping[str, Mapping[str, QualityFigure]]
    comparisons: tuple[Comparison, ...]
    text: Scorer | None = None
    judge: Scorer | None = None
    spending: tuple[JudgeSpending, ...] = ()
    notes: tuple[str, ...] = ()
    metrics: tuple[str, ...] = field(default=())


def summarise_quality(
    run: LoadedRun, stored: StoredQuality, prices: PriceBook, *, seed: int | None = None
) -> Quality:
    """Every figure; a pure function of its arguments (`seed` is the run's own when None)."""
    seed = run.manifest.seed if seed is None else seed
    units = quality_units(run, stored)
    names = [system.name for system in run.manifest.systems]
    answers = samples(run)
    failed = {answer.key for answer in answers if answer.response is None}
    asked = Counter(answer.key[0] for answer in answers)
    tables = {
        metric: {name: _table(found, name, run) for name in names}
        for metric, found in units.values.items()
    }
    figures = {
        name: {
            metric: _figure(
                metric,
                name,
                tables[metric][name],
                units,
                failed=failed,
                asked=asked[name],
                seed=seed,
            )
            for metric in units.values
        }
        for name in names
    }
    judge = stored.scorer("judge")
    return Quality(
        figures=figures,
        comparisons=tuple(
            c for metric, table in tables.items() for c in _compared(metric, table, names, seed)
        ),
        text=stored.scorer("text"),
        judge=judge,
        spending=spending(stored, prices),
        notes=(*stored.notes, *units.notes),
        metrics=tuple(units.values),
    )


@dataclass(frozen=True, slots=True)
class QualityUnits:
    """What counts of what is stored: by metric, the value or reason of each answer."""

    values: Mapping[str, Mapping[RecordKey, float]]
    missing: Mapping[str, Mapping[RecordKey, str]]
    judge_failed: Mapping[str, Mapping[RecordKey, str]]
    notes: tuple[str, ...]


def quality_units(run: LoadedRun, stored: StoredQuality) -> QualityUnits:
    """The last word of the scorers that count on each answer, where it is of the answer that is there now."""
    answers = {answer.key: answer for answer in samples(run)}
    found: dict[str, dict[RecordKey, Scored]] = {}
    stale = 0
    for kind in ("text", "judge"):
        scorer = stored.scorer(kind)
        for (key, metric), line in (stored.verdicts(scorer) if scorer else {}).items():
            if (answer := answers.get(key)) is not None and line.of == _of(answer, metric):
                found.setdefault(metric, {})[key] = line
            else:
                stale += 1
    ordered = {name: found[name] for name in METRICS if name in found}
    notes = (
        (f"{stale:,} scores are of answers that have changed since, and do not count",)
        if stale
        else ()
    )
    return QualityUnits(
        {
            m: {k: x.scores[m] for k, x in lines.items() if m in x.scores}
            for m, lines in ordered.items()
        },
        {
            m: {k: x.missing[m] for k, x in lines.items() if m in x.missing}
            for m, lines in ordered.items()
        },
        {
            m: {k: x.failed[m] for k, x in lines.items() if m in x.failed}
            for m, lines in ordered.items()
        },
        notes,
    )


def spending(stored: StoredQuality, prices: PriceBook) -> tuple[JudgeSpending, ...]:
    """What all calls of each judge took, those without a verdict included."""
    judges = [scorer for scorer in stored.scorers.values() if scorer.kind == "judge"]
    return tuple(_spent(stored, judge, prices) for judge in judges)


def _spent(stored: StoredQuality, judge: Scorer, prices: PriceBook) -> JudgeSpending:
    lines = stored.of(judge)
    prompt, completion, embedded = spent_on(lines)
    return JudgeSpending(
        judge=judge.title,
        calls=sum(line.calls for line in lines),
        prompt_tokens=prompt,
        completion_tokens=completion,
        embedded_tokens=embedded,
        usd=judge_cost(judge, prices, prompt, completion, embedded),
        counted=all(line.counted for line in lines),
    )


def _of(answer: Answered, metric: str) -> str:
    """The digest of what that metric was formed over."""
    known = METRICS[metric]
    return answer.pooled if known.of == "passages" and not known.judged else answer.digest


def _table(found: Mapping[RecordKey, float], system: str, run: LoadedRun) -> Sample:
    """The units of a system; cluster codes are the same for all systems of the run."""
    clusters = sorted({question.cluster for question in run.questions})
    codes = {name: code for code, name in enumerate(clusters)}
    mine = [(key, value) for key, value in found.items() if key[0] == system]
    return Sample(
        np.array([value for _, value in mine], dtype=float),
        np.array([codes[run.questions[key[1]].cluster] for key, _ in mine], dtype=np.intp),
        tuple((question, day, repeat) for (_, question, day, repeat), _ in mine),
    )


def _figure(
    metric: str,
    system: str,
    table: Sample,
    units: QualityUnits,
    *,
    failed: set[RecordKey],
    asked: int,
    seed: int,
) -> QualityFigure:
    missing = Counter(why for key, why in units.missing[metric].items() if key[0] == system)
    judge_failed = sum(key[0] == system for key in units.judge_failed[metric])
    if not len(table):
        reasons = ", ".join(sorted(missing)) or "nothing scored"
        estimate = Estimate.unknown(reasons)
    elif METRICS[metric].binary:
        estimate = rate(table.values, table.clusters)
    else:
        estimate = mean(table.values, table.clusters, seed=seed)
        estimate = _within(estimate)
    return QualityFigure(
        estimate=estimate,
        scored=len(table),
        failed=sum((system, *key) in failed for key in table.keys)
        if METRICS[metric].of == "answer"
        else 0,
        missing=dict(sorted(missing.items())),
        judge_failed=judge_failed,
        waiting=asked - len(table) - sum(missing.values()) - judge_failed,
    )


def _within(estimate: Estimate) -> Estimate:
    """The interval cut off at 0 and 1, beyond which no score lies."""
    if estimate.low is None or estimate.high is None:
        return estimate
    return replace(estimate, low=max(0.0, estimate.low), high=min(1.0, estimate.high))


def _compared(
    metric: str, tables: Mapping[str, Sample], names: Sequence[str], seed: int
) -> Iterable[Comparison]:
    scored = [name for name in names if len(tables[name])]
    family = [_compare(metric, tables, a, b, seed) for a, b in combinations(scored, 2)]
    adjusted = holm([comparison.p_value for comparison in family])
    return [replace(c, p_adjusted=p) for c, p in zip(family, adjusted, strict=True)]


def _compare(metric: str, tables: Mapping[str, Sample], a: str, b: str, seed: int) -> Comparison:
    left, right, clusters = align(tables[a], tables[b])
    test = (paired_rates if METRICS[metric].binary else paired_means)(
        left, right, clusters, seed=seed
    )
    return Comparison(
        metric, a, b, test.difference, test.p_value, None, test.only_a, test.only_b, len(left)
    )
