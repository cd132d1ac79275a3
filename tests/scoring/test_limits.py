from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.running.load.sample import Sample
from harness.scoring.limits import LatencyLimits

# asked at 10 s, first token 0.3 s later, then nine tokens of 0.1 s each
ANSWERED = Sample(1, 0, "q", 10.0, 0.05, 1.2, queue=0.1, decode=0.9, completion_tokens=10)

limits = st.builds(LatencyLimits, *[st.none() | st.floats(0.01, 10)] * 3)


def test_the_first_token_counts_from_the_intended_start() -> None:
    assert ANSWERED.to_first_token == pytest.approx(0.3)
    assert ANSWERED.per_token == pytest.approx(0.1)


@pytest.mark.parametrize(
    ("given_limits", "met"),
    [
        (LatencyLimits(), True),
        (LatencyLimits(ttft=0.31, tpot=0.11, total=1.21), True),
        (LatencyLimits(ttft=0.29), False),
        (LatencyLimits(tpot=0.09), False),
        (LatencyLimits(total=1.19), False),
        (LatencyLimits(ttft=0.31, total=1.19), False),
    ],
)
def test_all_limits_must_be_met(given_limits: LatencyLimits, met: bool) -> None:
    assert given_limits.met(ANSWERED) is met


@given(limits)
def test_a_request_that_failed_has_met_none(given_limits: LatencyLimits) -> None:
    assert given_limits.met(replace(ANSWERED, failure="shed")) is False


@given(limits, st.floats(1, 10))
def test_what_is_met_is_met_under_wider_limits(given_limits: LatencyLimits, factor: float) -> None:
    wider = LatencyLimits(
        *(
            None if limit is None else limit * factor
            for limit in (given_limits.ttft, given_limits.tpot, given_limits.total)
        )
    )
    assert not given_limits.met(ANSWERED) or wider.met(ANSWERED)


def test_what_a_system_does_not_tell_is_unknown_unless_another_limit_is_broken() -> None:
    silent = replace(ANSWERED, decode=None)
    assert LatencyLimits(ttft=1.0).met(silent) is None
    assert LatencyLimits(tpot=1.0, total=2.0).met(silent) is None
    assert LatencyLimits(ttft=1.0, total=1.0).met(silent) is False
    assert LatencyLimits(total=2.0).met(silent) is True


def test_one_token_has_no_tokens_after_it() -> None:
    assert LatencyLimits(tpot=0.01).met(replace(ANSWERED, completion_tokens=1)) is True


@pytest.mark.parametrize(
    ("given_limits", "words"),
    [
        (LatencyLimits(), ""),
        (LatencyLimits(total=2.0), "all of it within 2 s"),
        (LatencyLimits(ttft=0.5, tpot=0.05), "a first token within 500 ms and 50 ms a token"),
        (
            LatencyLimits(0.5, 0.05, 2.5),
            "a first token within 500 ms, 50 ms a token and all of it within 2.5 s",
        ),
    ],
)
def test_limits_in_words(given_limits: LatencyLimits, words: str) -> None:
    assert str(given_limits) == words
