"""Scores as columns, for arithmetic."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from types import MappingProxyType
from typing import Final, TypeVar

import numpy as np
from numpy.typing import NDArray

from harness.scoring.score import FRESHNESS_CLASSES, FreshnessClass, Score
from harness.statistics.intervals import Floats
from harness.systems.base import STAGES

K = TypeVar("K")
Key = tuple[str, str, int]
"""(question id, ISO day, repeat): what is paired between systems."""


def _is(label: FreshnessClass) -> Callable[[Score], bool]:
    return lambda score: score.freshness.label == label


_ALWAYS: Final[Mapping[str, Callable[[Score], bool]]] = MappingProxyType(
    {
        "right_rate": lambda score: score.right,
        "right_relaxed_rate": lambda score: score.relaxed,
        **{f"{label}_rate": _is(label) for label in FRESHNESS_CLASSES if label != "current"},
    }
)
_STRICT: Final[Mapping[str, Callable[[Score], bool]]] = MappingProxyType(
    {
        "raw_rate": lambda score: score.strictness.raw,
        "extractable_rate": lambda score: score.strictness.extractable,
        "schema_valid_rate": lambda score: score.strictness.schema_valid,
        "formats_valid_rate": lambda score: score.strictness.formats_valid,
        "content_right_rate": lambda score: score.strictness.right,
        "valid_rate": lambda score: score.strictness.valid,
        "valid_and_right_rate": lambda score: score.strictness.valid and score.strictness.right,
    }
)


def seconds(name: str) -> Callable[[Score], float | None]:
    """The seconds that a `Timing` has under that name; None in a warm-up, and where they are not told."""
    return lambda score: getattr(score.steady, name) if score.steady is not None else None


_TIMES: Final[Mapping[str, Callable[[Score], float | None]]] = MappingProxyType(
    {
        "latency_mean": seconds("service"),
        **{f"{name}_mean": seconds(name) for name in (*STAGES, "other", "queue")},
        "tokens_per_second": lambda score: None if score.in_warm_up else score.tokens_per_second,
    }
)
_MEANS: Final = MappingProxyType({**_TIMES, "cost_per_query": lambda score: score.cost.usd})

PER_ANSWER: Final[Mapping[str, Callable[[Score], bool]]] = MappingProxyType(
    {
        "cost_per_right": lambda score: score.right,
        "cost_per_pass": lambda score: (
            score.right and (score.strictness.valid or not score.strictness.strict)
        ),
    }
)
"""What an answer must be for its cost to be counted per such answer: right; right, current and valid."""

RATES: Final = (*_ALWAYS, *_STRICT)
TIMES: Final = tuple(_TIMES)
"""Means of what is read off an answer's timing; a system need not tell each of them."""
MEANS: Final = tuple(_MEANS)


@dataclass(frozen=True, slots=True)
class Sample:
    """The units of one metric: values and cluster codes, shape (n,), and the key of each unit."""

    values: Floats
    clusters: NDArray[np.intp]
    keys: tuple[Key, ...]

    def __len__(self) -> int:
        return len(self.values)


class ScoreTable:
    """The scores of one system. Cluster codes are the same in every table of a run."""

    def __init__(self, scores: Sequence[Score], codes: Mapping[str, int]) -> None:
        self.scores = tuple(scores)
        self._codes = codes
        self._samples: dict[str, Sample] = {}

    @cached_property
    def _clusters(self) -> NDArray[np.intp]:
        return np.array([self._codes[score.cluster] for score in self.scores], dtype=np.intp)

    @cached_property
    def _keys(self) -> tuple[Key, ...]:
        days = {day: day.isoformat() for day in {score.day for score in self.scores}}
        return tuple([(s.question_id, days[s.day], s.repeat) for s in self.scores])

    def where(self, condition: Callable[[Score], bool]) -> ScoreTable:
        """The scores for which `condition` holds."""
        return ScoreTable([score for score in self.scores if condition(score)], self._codes)

    def split(self, by: Callable[[Score], K]) -> dict[K, ScoreTable]:
        """The scores apart by what `by` gives, in the order in which it first gives it."""
        parts: dict[K, list[Score]] = {}
        for score in self.scores:
            parts.setdefault(by(score), []).append(score)
        return {key: ScoreTable(scores, self._codes) for key, scores in parts.items()}

    def sample(self, metric: str) -> Sample:
        """The units that `metric` is formed over.

        A rate counts every attempt (those of strict formats: every attempt at a question that has
        one), a time those that were measured outside the warm-up, a cost those whose price is known.
        KeyError when `metric` is no rate or mean.
        """
        if metric not in self._samples:
            self._samples[metric] = self.units(_value(metric))
        return self._samples[metric]

    def units(self, value: Callable[[Score], float | None]) -> Sample:
        """The scores of which `value` has one, as units with that value."""
        found = [value(score) for score in self.scores]
        kept = [place for place, one in enumerate(found) if one is not None]
        if len(kept) == len(found):
            return Sample(np.array(found, dtype=float), self._clusters, self._keys)
        return Sample(
            np.array([found[place] for place in kept], dtype=float),
            self._clusters[kept],
            tuple([self._keys[place] for place in kept]),
        )


def _value(metric: str) -> Callable[[Score], float | None]:
    if metric in _ALWAYS:
        return _ALWAYS[metric]
    if metric in _STRICT:
        holds = _STRICT[metric]
        return lambda score: holds(score) if score.strictness.strict else None
    return _MEANS[metric]


def score_tables(scores: Sequence[Score], systems: Iterable[str]) -> dict[str, ScoreTable]:
    """A table for each system, in their order, that agree on the cluster codes."""
    names = sorted({score.cluster for score in scores})
    codes = {name: code for code, name in enumerate(names)}
    return {
        system: ScoreTable([score for score in scores if score.system == system], codes)
        for system in systems
    }


def align(a: Sample, b: Sample) -> tuple[Floats, Floats, NDArray[np.intp]]:
    """The values of both on the keys that both have, and their cluster codes."""
    if a.keys == b.keys:
        return a.values, b.values, a.clusters
    place = {key: index for index, key in enumerate(b.keys)}
    found = [(i, place[key]) for i, key in enumerate(a.keys) if key in place]
    left = np.array([i for i, _ in found], dtype=np.intp)
    right = np.array([j for _, j in found], dtype=np.intp)
    return a.values[left], b.values[right], a.clusters[left]
