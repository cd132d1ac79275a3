"""A refresh policy never knows the future, and says exactly when it will know a change."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.errors import ConfigError
from harness.systems.refresh import NEVER, ON_CHANGE, Refresh, every

POLICIES = st.sampled_from([NEVER, ON_CHANGE]) | st.integers(1, 400).map(every)
DAYS = st.dates(date(2020, 1, 1), date(2030, 1, 1))


@given(POLICIES)
def test_a_policy_is_read_back_from_its_text(policy: Refresh) -> None:
    assert Refresh.parse(str(policy)) == policy


@pytest.mark.parametrize(
    "text", ["", "each-day", "every 0 days", "every -1 days", "every day", "7"]
)
def test_another_word_is_refused_with_the_valid_ones(text: str) -> None:
    with pytest.raises(ConfigError, match="valid: on-change, never, every N days"):
        Refresh.parse(text)
    assert Refresh.parse("every 1 day") == every(1)


@given(POLICIES, DAYS, DAYS)
def test_the_artefact_in_use_is_that_of_the_latest_refresh(
    policy: Refresh, anchor: date, today: date
) -> None:
    day = policy.day(anchor, today)
    assert day <= today
    if today >= anchor and policy.days:
        listed = [anchor]
        while listed[-1] + timedelta(days=policy.days) <= today:
            listed.append(listed[-1] + timedelta(days=policy.days))
        assert day == listed[-1]


@given(POLICIES, DAYS, st.integers(0, 900), st.integers(0, 900))
def test_a_change_is_known_from_its_first_refresh_on_and_not_before(
    policy: Refresh, anchor: date, changed: int, asked: int
) -> None:
    change, today = anchor + timedelta(days=changed), anchor + timedelta(days=asked)
    known_from = policy.first_on_or_after(anchor, change)
    knows = policy.day(anchor, today) >= change
    assert knows == (known_from is not None and known_from <= today)
