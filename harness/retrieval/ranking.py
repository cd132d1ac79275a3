"""Pure ranking: fusing lists, favouring the newest, breaking ties the same way every time."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date

from harness.retrieval.base import Passage

RRF_K = 60

# Scores are sums of floats whose last digits depend on how an index is split: below this, equal.
SCORE_UNIT = 1e-6


@dataclass(frozen=True, slots=True)
class Recency:
    """How much a passage gains by being new.

    To the relevance (1 for the best candidate) is added `weight` for the newest candidate, half of
    it for one that is `half_life_days` older, and so on.
    """

    weight: float
    half_life_days: float = 365.0


def best_first(passages: Sequence[Passage]) -> list[Passage]:
    """By score; equal scores newest first, then by id."""

    def key(passage: Passage) -> tuple[int, int, str]:
        units = round(passage.score / SCORE_UNIT)
        return -units, -passage.day.toordinal(), passage.document_id

    return sorted(passages, key=key)


def newest_first(passages: Sequence[Passage]) -> list[Passage]:
    """By day; the same day keeps its order."""
    return sorted(passages, key=lambda passage: passage.day, reverse=True)


def fuse(rankings: Sequence[Sequence[Passage]]) -> list[Passage]:
    """Reciprocal rank fusion, the sum of 1 / (60 + rank) over the lists a passage is in.

    Cormack, Clarke and Buettcher 2009, "Reciprocal Rank Fusion outperforms Condorcet and individual
    Rank Learning Methods".
    """
    scores: dict[str, float] = {}
    passages: dict[str, Passage] = {}
    for ranking in rankings:
        for rank, passage in enumerate(ranking, 1):
            passages[passage.document_id] = passage
            score = scores.get(passage.document_id, 0.0)
            scores[passage.document_id] = score + 1 / (RRF_K + rank)
    return _rescored(passages, scores)


def favour_newest(passages: Sequence[Passage], recency: Recency) -> list[Passage]:
    """Passages with positive scores again, by relevance and age together."""
    if not passages:
        return []
    best = max(passage.score for passage in passages)
    newest: date = max(passage.day for passage in passages)
    scores = {
        p.document_id: p.score / best
        + recency.weight * 0.5 ** ((newest - p.day).days / recency.half_life_days)
        for p in passages
    }
    return _rescored({p.document_id: p for p in passages}, scores)


def judged(
    passages: Sequence[Passage], scores: Sequence[float], recency: Recency | None
) -> list[Passage]:
    """Passages by what a reranker makes of them, and by age together where that counts."""
    if recency is not None:
        relevant = zip(passages, relevance(scores), strict=True)
        return favour_newest([replace(p, score=score) for p, score in relevant], recency)
    found = [replace(p, score=score) for p, score in zip(passages, scores, strict=True)]
    # Not by units: what one call has scored differs as it says, however small the scores.
    return sorted(found, key=lambda p: (-p.score, -p.day.toordinal(), p.document_id))


def relevance(scores: Sequence[float]) -> list[float]:
    """A reranker's scores as shares of the best one, which is 1.

    Scores that are not all from 0 to 1 are logits, which some models and servers give: then it is
    their logistic that is shared.
    """
    best = max(scores, default=0.0)
    if any(not 0 <= score <= 1 for score in scores):
        return [math.exp(_log_logistic(score) - _log_logistic(best)) for score in scores]
    return [score / best if best else 1.0 for score in scores]


def _log_logistic(logit: float) -> float:
    """log(1 / (1 + exp(-logit))), however large the logit is."""
    return min(logit, 0.0) - math.log1p(math.exp(-abs(logit)))


def _rescored(passages: Mapping[str, Passage], scores: Mapping[str, float]) -> list[Passage]:
    return best_first([replace(p, score=scores[name]) for name, p in passages.items()])
