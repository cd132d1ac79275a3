"""ragas' metrics that need no model: a pure function of what an answer says.

Two of ragas' settings are ours. BLEU has the effective order (Lin and Och 2004), without which an answer of fewer
than four words scores 0 even where it is the reference. And texts come to it in one line each: ragas
splits them at `. ` and then compares one sentence of the reference with all of the answer, or fails.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Final

from harness.retrieval.base import Passage
from harness.running.background import BackgroundLoop
from harness.scoring.quality.library import load, versions
from harness.scoring.quality.metrics import METRICS, TEXT
from harness.scoring.quality.samples import Sample, unscorable
from harness.scoring.quality.stored import Scored, Scorer

__all__ = ["score_texts", "text_scorer"]

_ANSWER: Final = tuple(name for name in TEXT if METRICS[name].of == "answer")
_PASSAGES: Final = tuple(name for name in TEXT if METRICS[name].of == "passages")
_SPLIT: Final = re.compile(r"\. ")
_LONGEST: Final = 20_000
"""Characters of a text that are compared: edit distances take the product of two lengths."""
_ROUNDING: Final = 1e-9  # by which a sum of floats may pass 1


def text_scorer() -> Scorer:
    """Who scores: ragas and the libraries that it computes with, each in its version."""
    return Scorer("text", {**versions(), "bleu": "effective order, whole texts"})


def score_texts(samples: Iterable[Sample]) -> Iterator[Scored]:
    """Two lines for each sample: the scores of its answer, and those of its passages.

    Raises `MissingExtraError` where ragas is not installed.
    """
    by, rater = text_scorer().fingerprint, _Rater()
    try:
        for sample in samples:
            for names, of in ((_ANSWER, sample.digest), (_PASSAGES, sample.pooled)):
                yield _scored(sample, names, of, by, rater)
    finally:
        rater.close()


def _scored(sample: Sample, names: Sequence[str], of: str, by: str, rater: _Rater) -> Scored:
    scores: dict[str, float] = {}
    missing: dict[str, str] = {}
    for name in names:
        known = unscorable(name, sample)
        match known:
            case str():
                missing[name] = known
            case None:
                value = rater.score(name, sample)
                if math.isfinite(value):
                    scores[name] = value
                else:
                    missing[name] = "ragas gives no number"
            case _:
                scores[name] = known
    return Scored(sample.key, by, of, scores, missing)


class _Rater:
    """ragas' metrics on a loop of their own; answers that many give are rated once."""

    def __init__(self) -> None:
        ragas = load()
        of = ragas.collections
        self._sample = ragas.SingleTurnSample
        self._answers: dict[str, Any] = {
            "exact_match": of.ExactMatch(),
            "string_similarity": of.NonLLMStringSimilarity(),
            "rouge_l": of.RougeScore(rouge_type="rougeL", mode="fmeasure"),
            "bleu": of.BleuScore(kwargs={"use_effective_order": True}),
            "chrf": of.CHRFScore(),
        }
        likeness = _Likeness(ragas)
        self._passages: dict[str, Any] = {
            "text_precision": ragas.passages["text_precision"](distance_measure=likeness),
            "text_recall": ragas.passages["text_recall"](_distance_measure=likeness),
            "id_precision": ragas.passages["id_precision"](),
            "id_recall": ragas.passages["id_recall"](),
        }
        self._known: dict[tuple[object, ...], float] = {}
        self._loop = BackgroundLoop()

    def score(self, name: str, sample: Sample) -> float:
        """The score of a sample that has all that the metric needs; of several references the best counts."""
        if name in self._passages:
            return self._remembered((name, sample.passages, sample.relevant), name, self._passage)
        response = (sample.response or "")[:_LONGEST]
        return max(
            self._remembered((name, response, reference[:_LONGEST]), name, self._answer)
            for reference in sample.references
        )

    def close(self) -> None:
        """End the loop."""
        self._loop.close()

    def _remembered(self, key: tuple[object, ...], name: str, rate: Any) -> float:  # noqa: ANN401
        if key not in self._known:
            value = float(self._loop.result(rate(name, *key[1:])))
            self._known[key] = min(1.0, value) if value < 1 + _ROUNDING else value
        return self._known[key]

    async def _answer(self, name: str, response: str, reference: str) -> float:
        if name == "bleu":
            response, reference = (_SPLIT.sub(".\n", text) for text in (response, reference))
        found = await self._answers[name].ascore(reference=reference, response=response)
        return float(found.value)

    async def _passage(
        self, name: str, passages: tuple[Passage, ...], relevant: tuple[Passage, ...]
    ) -> float:
        sample = self._sample(
            retrieved_contexts=[passage.text[:_LONGEST] for passage in passages],
            reference_contexts=[passage.text[:_LONGEST] for passage in relevant],
            retrieved_context_ids=[passage.document_id for passage in passages],
            reference_context_ids=[passage.document_id for passage in relevant],
        )
        # Its public method first writes an id of the user into their home, for statistics of its makers.
        return float(await self._passages[name]._single_turn_ascore(sample, None))  # noqa: SLF001


class _Likeness:
    """ragas' likeness of two texts as its metrics of passages ask for it, without that id."""

    def __init__(self, ragas: Any) -> None:  # noqa: ANN401  (of ragas)
        self._measure = ragas.collections.NonLLMStringSimilarity()

    async def single_turn_ascore(self, sample: Any, _: object = None) -> float:  # noqa: ANN401
        found = await self._measure.ascore(reference=sample.reference, response=sample.response)
        return float(found.value)
