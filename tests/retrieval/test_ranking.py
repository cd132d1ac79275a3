from __future__ import annotations

import random
from datetime import date, timedelta
from itertools import pairwise

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from harness.retrieval.base import Passage
from harness.retrieval.ranking import (
    Recency,
    best_first,
    favour_newest,
    fuse,
    judged,
    newest_first,
    relevance,
)

# No verdict may depend on how busy the machine is.
unhurried = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])

DAY = date(2026, 1, 1)


def passage(name: str, score: float = 1.0, age: int = 0) -> Passage:
    return Passage(name, DAY - timedelta(days=age), name, score)


def names(passages: list[Passage]) -> str:
    return "".join(p.document_id for p in passages)


passages = st.lists(
    st.builds(
        passage, st.sampled_from("abcdefgh"), st.floats(0.125, 9, width=16), st.integers(0, 3)
    ),
    unique_by=lambda p: p.document_id,
)


def test_equal_scores_go_newest_first_then_by_name() -> None:
    tied = [passage("b"), passage("c", age=3), passage("a"), passage("d", score=1 + 1e-9)]
    assert names(best_first(tied)) == "abdc"


@unhurried
@given(passages, st.integers(0, 99))
def test_order_does_not_depend_on_the_order_of_the_input(found: list[Passage], seed: int) -> None:
    shuffled = random.Random(seed).sample(found, len(found))
    assert best_first(shuffled) == best_first(found)
    assert favour_newest(shuffled, Recency(0.5)) == favour_newest(found, Recency(0.5))


def test_reciprocal_rank_fusion_by_hand() -> None:
    fused = fuse([[passage("a"), passage("b")], [passage("b"), passage("c")]])
    assert names(fused) == "bac"
    assert [p.score for p in fused] == pytest.approx([1 / 61 + 1 / 62, 1 / 61, 1 / 62])


@unhurried
@given(passages, passages)
def test_fusing_loses_and_invents_nothing(one: list[Passage], other: list[Passage]) -> None:
    fused = fuse([one, other])
    assert {p.document_id for p in fused} == {p.document_id for p in (*one, *other)}
    assert all(a.score >= b.score - 1e-6 for a, b in pairwise(fused))


def test_a_newer_passage_of_nearly_equal_relevance_wins() -> None:
    old, new, beside = passage("o", 10, age=400), passage("n", 9.5), passage("x", 2)
    assert names(favour_newest([old, new, beside], Recency(0.2))) == "nox"
    # A weight of zero is relevance alone; half a life later the bonus is half.
    assert names(favour_newest([old, new, beside], Recency(0.0))) == "onx"
    aged = favour_newest([passage("n", 1), passage("o", 1, age=365)], Recency(0.2, 365))
    assert [p.score for p in aged] == pytest.approx([1.2, 1.1])
    assert favour_newest([], Recency(1.0)) == []


def test_newest_first_keeps_the_order_of_a_day() -> None:
    assert names(newest_first([passage("a", age=1), passage("c"), passage("b")])) == "cba"


def test_relevance_is_the_share_of_the_best_score_or_of_its_logistic() -> None:
    assert relevance([0.2, 0.8, 0.0]) == pytest.approx([0.25, 1.0, 0.0])
    assert relevance([0.0, 2.0]) == pytest.approx([0.5 * (1 + 7.389056) / 7.389056, 1.0])
    assert relevance([-3.0, 0.5]) == pytest.approx([0.0474259 / 0.6224593, 1.0])
    assert relevance([-1e9, -1e9 - 1, 1e9]) == pytest.approx([0.0, 0.0, 1.0])
    assert relevance([0.0, 0.0]) == [1.0, 1.0]
    assert relevance([]) == []


scores = st.lists(st.floats(-40, 40) | st.floats(0, 1), min_size=1, max_size=8)


@unhurried
@given(scores)
def test_relevance_keeps_the_order_of_scores(found: list[float]) -> None:
    relevant = relevance(found)
    assert max(relevant) == 1.0
    assert min(relevant) >= 0.0
    by_score = sorted(range(len(found)), key=lambda place: found[place])
    assert all(relevant[a] <= relevant[b] for a, b in pairwise(by_score))


@unhurried
@given(scores)
def test_without_recency_the_rerankers_order_stands_however_small_the_scores(
    found: list[float],
) -> None:
    given_order = [passage(str(place), age=place) for place in range(len(found))]
    ranked = judged(given_order, found, None)
    expected = sorted(range(len(found)), key=lambda place: (-found[place], place))
    assert [int(p.document_id) for p in ranked] == expected


def test_recency_parts_what_the_reranker_finds_alike() -> None:
    alike = [passage("o", age=400), passage("n"), passage("x", age=1)]
    assert names(judged(alike, [0.91, 0.9, 0.1], None)) == "onx"
    assert names(judged(alike, [0.91, 0.9, 0.1], Recency(0.25))) == "nox"
    assert names(judged(alike, [7.2, 7.1, -9.0], Recency(0.25))) == "nox"
