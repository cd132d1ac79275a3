"""What it changes that the decoder enforces the format, and how much of tuning's strictness is left.

A run crosses decoding with systems when it holds a system twice: once free, once constrained, and
alike in every other setting. All figures are of the questions with a strict format, paired.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from itertools import combinations

from harness.running.folder import LoadedRun
from harness.scoring.score import Score
from harness.statistics.estimate import Estimate
from harness.statistics.intervals import rate
from harness.statistics.paired import paired_means, paired_rates
from harness.statistics.table import Sample, ScoreTable, align, score_tables

__all__ = ["Crossed", "DecodingCross", "Enforced", "Interaction", "decoding_cross"]

Value = Callable[[Score], float | None]


@dataclass(frozen=True, slots=True)
class Crossed:
    """One system under both kinds of decoding, by the names of its two forms."""

    free: str
    constrained: str


@dataclass(frozen=True, slots=True)
class Enforced:
    """Constrained minus free, on one system: rates of strict answers, mean tokens and seconds.

    `valid_free` and `valid_constrained` are the shares that are valid as sent.
    """

    system: Crossed
    valid_free: Estimate
    valid_constrained: Estimate
    valid: Estimate
    right: Estimate
    tokens: Estimate
    seconds: Estimate


@dataclass(frozen=True, slots=True)
class Interaction:
    """How far `b` is ahead of `a` in valid answers: free, constrained, and the second minus the first."""

    a: Crossed
    b: Crossed
    free: Estimate
    constrained: Estimate
    change: Estimate


@dataclass(frozen=True, slots=True)
class DecodingCross:
    """All of it; empty where no system ran with both kinds of decoding."""

    enforced: tuple[Enforced, ...] = field(default=())
    interactions: tuple[Interaction, ...] = field(default=())


def decoding_cross(run: LoadedRun, scores: tuple[Score, ...], *, seed: int) -> DecodingCross:
    """The effects of decoding in a run; `scores` are those of `run.records`, in their order."""
    pairs = _pairs(run)
    if not pairs:
        return DecodingCross()
    strict = [score for score in scores if score.strictness.strict]
    names = [name for pair in pairs for name in (pair.free, pair.constrained)]
    tables = score_tables(strict, names)
    tokens = {
        (r.system, r.question_id, r.day, r.repeat): float(r.answer.usage.completion_tokens)
        for r in run.records
        if r.answer.failure is None
    }

    def spent(score: Score) -> float | None:
        return tokens.get((score.system, score.question_id, score.day, score.repeat))

    return DecodingCross(
        tuple(_enforced(pair, tables, spent, seed) for pair in pairs),
        tuple(_interaction(a, b, tables, seed) for a, b in combinations(pairs, 2)),
    )


def _pairs(run: LoadedRun) -> list[Crossed]:
    """Systems that differ in nothing but decoding; of more than two alike, none can be told."""
    found: dict[str, dict[str, list[str]]] = {}
    for system in run.manifest.systems:
        if system.strategy == "external":
            continue
        decoding = str(system.settings.get("decoding", "free"))
        rest, marks = (
            {key: value for key, value in parts.items() if key != "decoding"}
            for parts in (system.settings, system.fingerprints)
        )
        alike = json.dumps([system.strategy, rest, marks], sort_keys=True, default=str)
        found.setdefault(alike, {}).setdefault(decoding, []).append(system.name)
    return [
        Crossed(forms["free"][0], forms["constrained"][0])
        for forms in found.values()
        if {kind: len(names) for kind, names in forms.items()} == {"free": 1, "constrained": 1}
    ]


def _enforced(pair: Crossed, tables: Mapping[str, ScoreTable], spent: Value, seed: int) -> Enforced:
    free, constrained = tables[pair.free], tables[pair.constrained]

    def rates(value: Value) -> Estimate:
        left, right, clusters = align(free.units(value), constrained.units(value))
        return paired_rates(left, right, clusters, seed=seed).difference

    def means(value: Value) -> Estimate:
        left, right, clusters = align(free.units(value), constrained.units(value))
        return paired_means(left, right, clusters, seed=seed).difference

    return Enforced(
        pair,
        valid_free=_share(free.units(_valid)),
        valid_constrained=_share(constrained.units(_valid)),
        valid=rates(_valid),
        right=rates(lambda score: score.strictness.right),
        tokens=means(spent),
        seconds=means(lambda score: score.steady.service if score.steady else None),
    )


def _interaction(
    a: Crossed, b: Crossed, tables: Mapping[str, ScoreTable], seed: int
) -> Interaction:
    samples = {
        name: tables[name].units(_valid) for name in (a.free, a.constrained, b.free, b.constrained)
    }
    free = _lead(samples[a.free], samples[b.free])
    constrained = _lead(samples[a.constrained], samples[b.constrained])
    before, after, clusters = align(free, constrained)
    return Interaction(
        a,
        b,
        free=_of_rates(samples[a.free], samples[b.free], seed),
        constrained=_of_rates(samples[a.constrained], samples[b.constrained], seed),
        change=paired_means(before, after, clusters, seed=seed).difference,
    )


def _lead(a: Sample, b: Sample) -> Sample:
    """`b` minus `a` on each unit that both have."""
    left, right, clusters = align(a, b)
    there = set(b.keys)
    return Sample(right - left, clusters, tuple(key for key in a.keys if key in there))


def _of_rates(a: Sample, b: Sample, seed: int) -> Estimate:
    return paired_rates(*align(a, b), seed=seed).difference


def _share(sample: Sample) -> Estimate:
    return rate(sample.values, sample.clusters)


def _valid(score: Score) -> float:
    return float(score.strictness.valid)
