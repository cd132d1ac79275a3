"""How well the freshness classifier agrees with labels that people gave."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Final

import numpy as np

from harness.conformance.labelled import LABELS, Label, LabelledAnswer, read_labelled
from harness.scoring.freshness import classify
from harness.scoring.score import FRESHNESS_CLASSES, Freshness, FreshnessClass
from harness.statistics.agreement import cohens_kappa
from harness.statistics.estimate import Estimate
from harness.statistics.intervals import rate

MEANING: Final[Mapping[FreshnessClass, Label]] = {
    "current": "correct",
    "mixed": "correct",  # relaxed: a label knows no mixed answers
    "stale": "outdated",
}
"""The label that a class stands for; irrelevant for every other."""


@dataclass(frozen=True, slots=True)
class Judged:
    """A labelled answer with its class; `meant` is the label that the class stands for."""

    answer: LabelledAnswer
    freshness: Freshness
    meant: Label

    @property
    def agrees(self) -> bool:
        """Whether class and label say the same."""
        return self.meant == self.answer.label

    @property
    def flips(self) -> bool:
        """Whether one says fresh and the other stale."""
        return {self.meant, self.answer.label} == {"correct", "outdated"}


@dataclass(frozen=True, slots=True)
class Conformance:
    """Figures over all answers on `day`; the groups are the histories.

    `by_model` has the agreement of each model's answers.
    """

    day: date
    judged: tuple[Judged, ...]
    agreement: Estimate
    kappa: Estimate
    flips: Estimate
    by_model: Mapping[str, Estimate]

    @property
    def confusion(self) -> dict[Label, dict[FreshnessClass, int]]:
        """How many answers of each label have each class."""
        counted = Counter((j.answer.label, j.freshness.label) for j in self.judged)
        return {label: {c: counted[label, c] for c in FRESHNESS_CLASSES} for label in LABELS}

    @property
    def disagreements(self) -> tuple[Judged, ...]:
        """The answers whose class is not what the label says, in the order of the file."""
        return tuple(judged for judged in self.judged if not judged.agrees)


def staleness_conformance(folder: Path | str, *, day: date | None = None) -> Conformance:
    """Classify every labelled answer of a folder and compare.

    `day` is the day on which the labels were given: the last that any history knows when None.

    Raises:
        DataError: a file is missing or rows are wrong; they are named by file and line.
    """
    answers, last = read_labelled(Path(folder))
    asked = day or last
    return compare([_judge(answer, asked) for answer in answers], asked)


def compare(judged: Sequence[Judged], day: date) -> Conformance:
    """The figures of answers that were classified as of `day`."""
    places = {key: i for i, key in enumerate(dict.fromkeys(j.answer.history.key for j in judged))}
    groups = np.array([places[j.answer.history.key] for j in judged])
    agrees = np.array([j.agrees for j in judged])
    by_model: dict[str, list[int]] = defaultdict(list)
    for place, one in enumerate(judged):
        by_model[one.answer.model].append(place)
    return Conformance(
        day=day,
        judged=tuple(judged),
        agreement=rate(agrees, groups),
        kappa=cohens_kappa(
            [LABELS.index(j.answer.label) for j in judged],
            [LABELS.index(j.meant) for j in judged],
            groups,
        ),
        flips=rate([j.flips for j in judged], groups),
        by_model={m: rate(agrees[own], groups[own]) for m, own in sorted(by_model.items())},
    )


def _judge(answer: LabelledAnswer, day: date) -> Judged:
    freshness = classify(answer.text, answer.history, day)
    return Judged(answer, freshness, MEANING.get(freshness.label, "irrelevant"))
