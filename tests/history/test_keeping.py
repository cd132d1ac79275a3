from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from making import entries

from harness.errors import ConfigError
from harness.history import Entry, read_policy, to_prune


def kept(runs: list[Entry], policy: str) -> list[int]:
    gone = {entry.number for entry in to_prune(runs, read_policy(policy))}
    return [entry.number for entry in runs if entry.number not in gone]


def test_the_last_runs_are_kept() -> None:
    assert kept(entries([0.5] * 10), "last=3") == [8, 9, 10]


def test_of_each_day_the_last_run_is_kept() -> None:
    # From 03:00 every eight hours: three a day, at 3, 11 and 19 o'clock.
    runs = entries([0.5] * 12, every=timedelta(hours=8))
    assert kept(runs, "daily=2") == [9, 12]
    assert kept(runs, "daily=2,last=2") == [9, 11, 12]


def test_of_each_week_and_month_the_last_run_is_kept() -> None:
    # From Thursday 2026-01-01 on: weeks end on the 4th, 11th, 18th; January on the 31st.
    runs = entries([0.5] * 40)
    assert kept(runs, "weekly=3") == [32, 39, 40]
    assert kept(runs, "monthly=2") == [31, 40]
    assert kept(runs, "yearly=5") == [40]


def test_a_pinned_run_stays_whether_or_not_the_policy_says_so() -> None:
    runs = entries([0.5] * 10, pinned=0)
    assert kept(runs, "last=2") == kept(runs, "last=2,pinned") == [1, 9, 10]


def test_suites_are_kept_apart() -> None:
    runs = entries([0.5] * 4) + [
        replace(entry, number=entry.number + 10) for entry in entries([0.5] * 4, suite="other")
    ]
    assert kept(runs, "last=1") == [4, 14]


@given(
    hours=st.integers(1, 100),
    count=st.integers(0, 40),
    last=st.integers(1, 12),
    daily=st.integers(1, 9),
    weekly=st.integers(1, 9),
)
def test_pruning_twice_is_pruning_once_and_the_latest_run_stays(
    hours: int, count: int, last: int, daily: int, weekly: int
) -> None:
    runs = entries([0.5] * count, every=timedelta(hours=hours))
    policy = f"last={last},daily={daily},weekly={weekly}"
    first = kept(runs, policy)
    left = [entry for entry in runs if entry.number in first]
    assert kept(left, policy) == first
    assert first[-last:] == [entry.number for entry in runs][-last:]
    assert len({entry.day for entry in left}) >= min(daily, len({entry.day for entry in runs}))


@pytest.mark.parametrize(
    ("policy", "complaint"),
    [
        ("", "keep none"),
        ("pinned", "keep none"),
        ("last", "last=30"),
        ("last=0", "from 1 on"),
        ("last=-3", "from 1 on"),
        ("last=many", "from 1 on"),
        ("lsat=3", "did you mean 'last'"),
        ("last=3,last=4", "twice"),
    ],
)
def test_a_policy_that_is_none_is_refused(policy: str, complaint: str) -> None:
    with pytest.raises(ConfigError, match=complaint):
        read_policy(policy)
