"""Scores of ragas and of a judge for a planted run, made by rule: what a section about them is tested on."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations

from planted import planted_mean, wilson

from harness.scoring.quality import METRICS, Scorer
from harness.scoring.score import Cost, Score
from harness.statistics.estimate import Estimate
from harness.statistics.judging import JudgeAgreement, JudgedRate
from harness.statistics.quality import JudgeSpending, Quality, QualityFigure
from harness.statistics.results import Comparison, Results

SCORED = ("exact_match", "rouge_l", "id_precision", "faithfulness")
NO_REFERENCE = "no reference: the question has no answer"
NO_PASSAGES = "no passages: the system retrieves none"


def planted_quality(results: Results, model: str = "planted-judge") -> Quality:
    """Right answers score high, others low; the judge gives no verdict on each system's first answer."""
    figures = {
        system.name: {metric: _figure(results, system.name, metric) for metric in SCORED}
        for system in results.systems
    }
    names = [system.name for system in results.systems]
    return Quality(
        figures=figures,
        comparisons=tuple(
            _compared(results, metric, a, b) for metric in SCORED for a, b in combinations(names, 2)
        ),
        text=Scorer("text", {"ragas": "0.4.3"}),
        judge=Scorer(
            "judge",
            {
                "ragas": "0.4.3",
                "model": model,
                "prompts": "0123456789abcdef",
                "embedder": {"name": model},
            },
        ),
        spending=(
            JudgeSpending(
                f"{model} with ragas 0.4.3",
                96,
                41_000,
                3_900,
                1_200,
                Cost(0.0123, "planted price book"),
            ),
        ),
        notes=("2 scores are of answers that have changed since, and do not count",),
        metrics=SCORED,
    )


def planted_agreement(results: Results) -> JudgeAgreement:
    """A judge that is kinder than people, on ten labelled answers of each system."""
    rate = JudgedRate(
        judge=wilson([True] * 8 + [False] * 2),
        people=wilson([True] * 7 + [False] * 3),
        corrected=Estimate(0.71, 0.58, 0.84, 10, 10, "prediction-powered"),
        labels=10,
    )
    return JudgeAgreement(
        metric="faithfulness",
        threshold=0.5,
        kappa=Estimate(0.62, 0.31, 0.93, 10, 10, "Cohen's kappa"),
        agreement=wilson([True] * 9 + [False]),
        both=7,
        judge_only=1,
        people_only=0,
        neither=2,
        unused=1,
        rates={system.name: rate for system in results.systems},
    )


def _figure(results: Results, system: str, metric: str) -> QualityFigure:
    scores = [score for score in results.scores if score.system == system]
    passages = "passages" in METRICS[metric].needs
    rated = [s for s in scores if _rated(s, metric)]
    judge_failed = int(METRICS[metric].judged and bool(rated))
    values = [_value(s, metric) for s in rated[judge_failed:]]
    missing = len(scores) - len(rated)
    binary = METRICS[metric].binary
    return QualityFigure(
        wilson([value == 1 for value in values]) if binary else planted_mean(values),
        scored=len(values),
        failed=sum(s.freshness.label == "failed" for s in rated[judge_failed:]),
        missing={NO_PASSAGES if passages else NO_REFERENCE: missing} if missing else {},
        judge_failed=judge_failed,
        waiting=0,
    )


def _rated(score: Score, metric: str) -> bool:
    if "passages" in METRICS[metric].needs:
        return bool(score.timing and score.timing.retrieve)
    return score.answerable


def _value(score: Score, metric: str) -> float:
    return float(score.right) if METRICS[metric].binary else (0.9 if score.right else 0.2)


def _compared(results: Results, metric: str, a: str, b: str) -> Comparison:
    gaps = [y - x for x, y in _pairs(results.scores, metric, a, b)]
    return Comparison(metric, a, b, planted_mean(gaps), 0.01, 0.03, pairs=len(gaps))


def _pairs(scores: Sequence[Score], metric: str, a: str, b: str) -> list[tuple[float, float]]:
    of = {
        name: {
            (s.question_id, s.day): _value(s, metric)
            for s in scores
            if s.system == name and _rated(s, metric)
        }
        for name in (a, b)
    }
    return [(of[a][key], of[b][key]) for key in of[a] if key in of[b]]
