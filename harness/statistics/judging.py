"""How far a judge agrees with people, and what people would find by its help."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from harness.running.folder import LoadedRun
from harness.scoring.quality import JUDGED, StoredQuality
from harness.scoring.quality.labels import Labels
from harness.statistics.agreement import cohens_kappa
from harness.statistics.estimate import Estimate
from harness.statistics.intervals import rate
from harness.statistics.prediction_powered import prediction_powered_mean
from harness.statistics.quality import quality_units

__all__ = ["JudgeAgreement", "JudgedRate", "judge_agreement"]


@dataclass(frozen=True, slots=True)
class JudgedRate:
    """The share of a system's answers that are good, from its `labels` and the judge's verdicts.

    As the `judge` says of all, as `people` say of their sample, and `corrected`: as people would say of
    all (prediction-powered).
    """

    judge: Estimate
    people: Estimate
    corrected: Estimate
    labels: int


@dataclass(frozen=True, slots=True)
class JudgeAgreement:
    """Judge and people on the answers that both have spoken of, for one metric.

    `both`, `judge_only`, `people_only` and `neither` count who said yes; `unused` labels are of answers that the
    judge gave no score. `kappa` is Cohen's; `agreement` the share of answers on which they agree.
    """

    metric: str
    threshold: float
    kappa: Estimate
    agreement: Estimate
    both: int
    judge_only: int
    people_only: int
    neither: int
    unused: int
    rates: Mapping[str, JudgedRate]


def judge_agreement(
    run: LoadedRun, stored: StoredQuality, labels: Labels
) -> tuple[JudgeAgreement, ...]:
    """One for each metric that has labels, in the order of the metrics; a pure function."""
    values = quality_units(run, stored).values
    named = {label.metric for label in labels.labels}
    return tuple(
        _agreement(run, metric, values.get(metric, {}), labels)
        for metric in JUDGED
        if metric in named
    )


def _agreement(
    run: LoadedRun, metric: str, values: Mapping[tuple[str, str, str, int], float], labels: Labels
) -> JudgeAgreement:
    people = {label.key: label.good for label in labels.labels if label.metric == metric}
    said = {key: value >= labels.threshold for key, value in values.items()}
    keys = [key for key in said if key in people]
    names = sorted({question.cluster for question in run.questions})
    codes = {name: code for code, name in enumerate(names)}

    def clusters(some: list[tuple[str, str, str, int]]) -> list[int]:
        return [codes[run.questions[key[1]].cluster] for key in some]

    mine = np.array([said[key] for key in keys], dtype=int)
    theirs = np.array([people[key] for key in keys], dtype=int)
    rates = {}
    for system in (system.name for system in run.manifest.systems):
        labelled = [key for key in keys if key[0] == system]
        rest = [key for key in said if key[0] == system and key not in people]
        if not labelled and not rest:
            continue
        whole = labelled + rest
        rates[system] = JudgedRate(
            judge=rate([said[key] for key in whole], clusters(whole)),
            people=rate([people[key] for key in labelled], clusters(labelled)),
            corrected=prediction_powered_mean(
                [people[key] for key in labelled],
                [said[key] for key in labelled],
                clusters(labelled),
                [said[key] for key in rest],
                clusters(rest),
            ),
            labels=len(labelled),
        )
    return JudgeAgreement(
        metric=metric,
        threshold=labels.threshold,
        kappa=cohens_kappa(mine, theirs, clusters(keys)),
        agreement=rate(mine == theirs, clusters(keys)),
        both=int((mine & theirs).sum()),
        judge_only=int((mine & (1 - theirs)).sum()),
        people_only=int(((1 - mine) & theirs).sum()),
        neither=int(((1 - mine) & (1 - theirs)).sum()),
        unused=len(people) - len(keys),
        rates=rates,
    )
