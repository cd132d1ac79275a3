"""From a run's records to its `Results`: every figure with its interval, every comparison paired."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date
from itertools import combinations, permutations
from types import MappingProxyType
from typing import Final

import numpy as np

from harness.energy import total_joules
from harness.retrieval.spending import total_tokens
from harness.running.folder import LoadedRun
from harness.running.manifest import SystemManifest
from harness.running.sunset import sunsets
from harness.scoring.cost import upkeep_cost
from harness.scoring.freshness import Judge
from harness.scoring.prices import PriceBook
from harness.scoring.score import FRESHNESS_CLASSES, FreshnessClass
from harness.scoring.scorer import score
from harness.statistics.cost_range import compared_costs, is_open, spanned
from harness.statistics.decoding import decoding_cross
from harness.statistics.estimate import Estimate
from harness.statistics.intervals import mean, quantile, rate, ratio
from harness.statistics.latency import latency
from harness.statistics.multiplicity import holm
from harness.statistics.notes import UNTOLD, notes
from harness.statistics.over_time import over_time
from harness.statistics.paired import paired_means, paired_rates
from harness.statistics.repeats import repeat_variance
from harness.statistics.results import (
    Comparison,
    Counts,
    Flip,
    Results,
    SystemResult,
    Upkeep,
)
from harness.statistics.settling import settle
from harness.statistics.table import (
    MEANS,
    PER_ANSWER,
    RATES,
    TIMES,
    Sample,
    ScoreTable,
    align,
    score_tables,
)
from harness.systems.base import Preparation

COMPARED: Final = ("right_rate", "right_relaxed_rate", "stale_rate", "valid_rate", *MEANS)
"""The metrics on which every pair of systems is compared."""

QUANTILES: Final = MappingProxyType({"latency_p50": 0.5, "latency_p95": 0.95, "latency_p99": 0.99})
"""The quantiles of the service time."""

_UNPRICED_SHARE: Final = 0.05


def summarise(
    run: LoadedRun, prices: PriceBook, *, seed: int | None = None, judge: Judge | None = None
) -> Results:
    """Score every record and form every figure.

    `prices` knows which model each system uses (`PriceBook.with_models`). `judge` decides on free
    texts that no rule can. The same run, prices, seed (the run's own when None) and judge give the
    same results.
    """
    manifest = run.manifest
    seed = manifest.seed if seed is None else seed
    names = [system.name for system in manifest.systems]
    scored = [score(run.questions[r.question_id], r, prices, judge=judge) for r in run.records]
    scores, settling = settle(run, scored, seed=seed)
    tables = score_tables(scores, names)
    systems = tuple(
        _system(run, system, tables[system.name], prices, seed) for system in manifest.systems
    )
    return Results(
        systems=systems,
        comparisons=compare_all(tables, seed=seed),
        flips=_flips(tables),
        scores=scores,
        days=manifest.days,
        notes=(
            *run.notes,
            *map(str, sunsets(manifest)),
            *notes(manifest, systems, scores, settling),
        ),
        over_time=over_time(run, scores),
        decoding=decoding_cross(run, scores, seed=seed),
        latency=latency(manifest, tables, settling, seed=seed),
    )


def _system(
    run: LoadedRun, system: SystemManifest, table: ScoreTable, prices: PriceBook, seed: int
) -> SystemResult:
    manifest = run.manifest
    days = table.split(lambda score: score.day)
    nothing = table.where(lambda _: False)
    kinds = table.split(lambda score: score.kind)
    return SystemResult(
        name=system.name,
        strategy=system.strategy,
        counts=_counts(table, manifest.planned // len(manifest.systems)),
        metrics=_metrics(table, seed) | _tokens(run, table, seed),
        by_day={day: _rates(days.get(day, nothing)) for day in manifest.days},
        by_kind={kind: _rates(kinds[kind]) for kind in sorted(kinds)},
        classes=_classes(table, manifest.days),
        upkeep=_upkeep(system.name, manifest.preparations.get(system.name, ()), prices),
        repeats=repeat_variance(table.sample("right_rate"), seed=seed),
    )


def compare_all(tables: Mapping[str, ScoreTable], *, seed: int) -> tuple[Comparison, ...]:
    """Every pair of systems on every compared metric, Holm-adjusted within a metric."""
    made: list[Comparison] = []
    for metric in COMPARED:
        family = [compare(tables, a, b, metric, seed=seed) for a, b in combinations(tables, 2)]
        adjusted = holm([comparison.p_value for comparison in family])
        made += [replace(c, p_adjusted=p) for c, p in zip(family, adjusted, strict=True)]
    return tuple(made)


def compare(
    tables: Mapping[str, ScoreTable], a: str, b: str, metric: str, *, seed: int
) -> Comparison:
    """`b` minus `a` on a rate or mean, on the questions that both have it for."""
    left, right, clusters = align(tables[a].sample(metric), tables[b].sample(metric))
    if metric == "cost_per_query" and (is_open(tables[a]) or is_open(tables[b])):
        test = compared_costs(tables[a], tables[b], seed=seed)
    else:
        test = (paired_rates if metric in RATES else paired_means)(left, right, clusters, seed=seed)
    return Comparison(
        metric=metric,
        a=a,
        b=b,
        difference=test.difference,
        p_value=test.p_value,
        p_adjusted=None,
        only_a=test.only_a,
        only_b=test.only_b,
        pairs=len(left),
    )


def _counts(table: ScoreTable, planned: int) -> Counts:
    attempted = len(table.scores)
    failed = sum(score.freshness.label == "failed" for score in table.scores)
    return Counts(max(planned, attempted), attempted, attempted - failed, failed)


def _rates(table: ScoreTable) -> dict[str, Estimate]:
    rates = {}
    for metric in RATES:
        sample = table.sample(metric)
        rates[metric] = (
            Estimate.unknown("no question asks for a strict format")
            if table.scores and not len(sample)
            else rate(sample.values, sample.clusters)
        )
    return rates


def _metrics(table: ScoreTable, seed: int) -> dict[str, Estimate]:
    metrics = _rates(table)
    whole = table.sample("latency_mean")
    for name, q in QUANTILES.items():
        metrics[name] = quantile(whole.values, q, whole.clusters)
    for name in MEANS:
        sample = table.sample(name)
        untold = name in TIMES and len(whole) and not len(sample)
        metrics[name] = (
            Estimate.unknown(UNTOLD) if untold else mean(sample.values, sample.clusters, seed=seed)
        )
    metrics |= _costs(table, metrics["cost_per_query"], seed)
    return metrics


def _costs(table: ScoreTable, per_query: Estimate, seed: int) -> dict[str, Estimate]:
    """Cost per right answer, and per one that is also valid (cost of pass: Erol et al. 2025).

    A figure that only some answers' costs are known for is unknown; where a part of a cost is, the
    figures have the whole interval in which they may lie.
    """
    unpriced = [score for score in table.scores if score.cost.usd is None]
    if unpriced and len(unpriced) > len(table.scores) * _UNPRICED_SHARE:
        reason, count = Counter(score.cost.basis for score in unpriced).most_common(1)[0]
        unknown = Estimate.unknown(
            f"{reason} ({count} of {len(table.scores)} answers)", len(table.scores)
        )
        return dict.fromkeys(("cost_per_query", *PER_ANSWER), unknown)
    most = {"cost_per_query": per_query, **_per_answer(table, table.sample("cost_per_query"), seed)}
    if not is_open(table):
        return most
    sample = table.units(lambda score: score.cost.lowest)
    least = {
        "cost_per_query": mean(sample.values, sample.clusters, seed=seed),
        **_per_answer(table, sample, seed),
    }
    return {name: spanned(least[name], most[name]) for name in most}


def _per_answer(table: ScoreTable, costs: Sample, seed: int) -> dict[str, Estimate]:
    priced = table.where(lambda score: score.cost.usd is not None)
    return {
        name: ratio(costs.values, priced.units(worth).values, costs.clusters, seed=seed)
        for name, worth in PER_ANSWER.items()
    }


def _tokens(run: LoadedRun, table: ScoreTable, seed: int) -> dict[str, Estimate]:
    """Mean tokens in and out over the answers that came."""
    clusters = {score.question_id: score.cluster for score in table.scores}
    system = table.scores[0].system if table.scores else None
    answered = [r for r in run.records if r.system == system and r.answer.failure is None]
    codes = np.unique([clusters[r.question_id] for r in answered], return_inverse=True)[1]
    usage = [record.answer.usage for record in answered]
    return {
        "prompt_tokens": mean([u.prompt_tokens for u in usage], codes, seed=seed),
        "completion_tokens": mean([u.completion_tokens for u in usage], codes, seed=seed),
    }


def _classes(table: ScoreTable, days: Sequence[date]) -> dict[date, Mapping[FreshnessClass, int]]:
    counted = Counter((score.day, score.freshness.label) for score in table.scores)
    return {day: {label: counted[day, label] for label in FRESHNESS_CLASSES} for day in days}


def _upkeep(system: str, preparations: Sequence[Preparation], prices: PriceBook) -> Upkeep:
    cost = upkeep_cost(system, preparations, prices)
    days = len(preparations)
    usd = (
        Estimate.unknown(cost.basis)
        if cost.usd is None
        else Estimate(cost.usd, cost.usd, cost.usd, days, days, f"no sampling: {cost.basis}")
    )
    return Upkeep(
        index_seconds=sum(p.index_seconds for p in preparations),
        documents=sum(p.documents for p in preparations),
        training_seconds=sum(p.training_seconds for p in preparations),
        examples=sum(p.examples for p in preparations),
        tokens=sum(p.tokens for p in preparations),
        usd=usd,
        removed=sum(p.removed for p in preparations),
        energy_joules=total_joules(*(p.energy_joules for p in preparations)),
        embedded_tokens=total_tokens(*(p.embedded_tokens for p in preparations)),
    )


def _flips(tables: Mapping[str, ScoreTable]) -> tuple[Flip, ...]:
    """Every question on which two systems differ, in the order of the winner's records."""
    by_key = {
        name: {(s.question_id, s.day, s.repeat): s for s in table.scores}
        for name, table in tables.items()
    }
    return tuple(
        Flip(*key, winner, loser, other.freshness.label)
        for winner, loser in permutations(tables, 2)
        for key, won in by_key[winner].items()
        if won.right and (other := by_key[loser].get(key)) is not None and not other.right
    )
