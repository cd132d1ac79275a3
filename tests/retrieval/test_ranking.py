from __future__ import annotations

import random
from datetime import date, timedelta
from itertools import pairwise

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from harness.retrieval.base import Passage
from harness.retrieval.ranking import Recency, best_first, favour_newest, fuse

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
