from __future__ import annotations

import pytest

from harness.scoring.speed import tokens_per_second
from harness.systems.base import STAGES, Answer, Failure, Timing, Usage


def answer(tokens: int, decode: float | None, *, counted: bool = True) -> Answer:
    usage = Usage(100, tokens, counted=counted)
    return Answer("text", usage=usage, timing=Timing(first_token=0.5, decode=decode, total=2.0))


def test_it_is_the_tokens_after_the_first_over_the_time_after_the_first() -> None:
    assert tokens_per_second(answer(21, 0.5)) == pytest.approx(40)


@pytest.mark.parametrize(
    "untold",
    [
        answer(1, 0.0),
        answer(0, 0.0),
        answer(21, None),
        answer(21, 0.0),
        answer(21, 0.5, counted=False),
        Answer(None, usage=Usage(1, 21), timing=Timing(decode=1.0), failure=Failure("error", "")),
    ],
)
def test_what_is_not_told_is_unknown(untold: Answer) -> None:
    assert tokens_per_second(untold) is None


def test_other_is_what_is_left_of_the_service_time() -> None:
    told = Timing(queue=1.0, connect=0.1, retrieve=0.2, first_token=0.3, decode=0.4, total=2.25)
    assert told.other == pytest.approx(0.25)
    assert sum(getattr(told, stage) for stage in STAGES) + told.other == told.service
    assert Timing(queue=1.0, total=3.0).other == 2.0
