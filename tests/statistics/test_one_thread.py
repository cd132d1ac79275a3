"""Figures are the same on any number of threads, and the host's own setting stays."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from threadpoolctl import threadpool_info, threadpool_limits

from harness.statistics.intervals import ClusterSums, studentised
from harness.statistics.one_thread import on_one_thread


def threads() -> set[Any]:
    return {found["num_threads"] for found in threadpool_info() if found["user_api"] == "blas"}


@pytest.mark.parametrize("limit", [1, 2])
def test_one_thread_works_and_the_hosts_setting_holds_again(limit: int) -> None:
    with threadpool_limits(limit, user_api="blas"):
        before = threads()
        assert on_one_thread(threads)() == {1}
        assert threads() == before


def test_the_setting_holds_again_after_a_failure() -> None:
    def fails() -> None:
        raise ValueError("planted")

    before = threads()
    with pytest.raises(ValueError, match="planted"):
        on_one_thread(fails)()
    assert threads() == before


def test_a_bootstrap_has_the_same_bytes_on_any_number_of_threads() -> None:
    rng = np.random.default_rng(5)
    sums = ClusterSums(rng.random(700), rng.integers(1, 5, 700).astype(float))
    found = []
    for limit in (1, 2):
        with threadpool_limits(limit, user_api="blas"):
            found.append(studentised(sums, sums.ratio(), 3).tobytes())
    assert found[0] == found[1]
