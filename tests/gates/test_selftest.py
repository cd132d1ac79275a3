"""A/A and planted regressions, in a fast version; `harness selftest gates` has the long one."""

from __future__ import annotations

import numpy as np
import pytest
from planting import Script, planted_run

from harness.errors import RunError
from harness.gates.coin import Coin, Records, synthetic_records
from harness.gates.selftest import _caught, selftest_gates
from harness.scoring import PriceBook
from harness.statistics import Results, summarise

SCRIPTS = (
    Script("rag", "rag", {"current": 0.8}, seconds=0.05, alike=0.4),
    Script("tuned", "fine-tuned", {"current": 0.65}, seconds=0.06, alike=0.4),
)


def results(*scripts: Script) -> Results:
    return summarise(planted_run(*scripts, groups=60, days=1), PriceBook.empty())


def test_nothing_changed_and_nothing_fails_more_often_than_stated() -> None:
    found = selftest_gates(simulations=40)
    assert found.silence.gates == 12
    assert found.silence.kept
    assert found.silence.judged <= found.silence.interval <= found.silence.points
    assert found.silence.points > 0.9  # what a bare threshold would do
    assert found.silence.passed < 0.06
    assert found.source.startswith("a synthetic set")


def test_planted_falls_are_caught_as_promised() -> None:
    found = list(_caught(synthetic_records(1, 100), 250, np.random.default_rng(3), sizes=(1, 4)))
    assert [one.drop for one in found] == [0.02, 0.05, 0.1] * 2
    for one in found:
        assert one.kept, one
        assert one.caught == pytest.approx(one.promised, abs=0.08)
    assert found[-1].caught > 0.99


def test_a_coin_of_a_real_run_is_one_system_against_itself() -> None:
    records = Records.of(results(*SCRIPTS), "rag", "tuned")
    coin = Coin(records, np.random.default_rng(0))
    drawn = coin.groups(4000)
    now, before = coin.session(drawn), coin.session(drawn)
    truth = records.truth("right_rate")
    for session in (now, before):
        assert session.values["right_rate"].mean() == pytest.approx(truth, abs=0.03)
    assert (now.values["right_rate"] != before.values["right_rate"]).mean() > 0.1
    assert np.array_equal(now.clusters, before.clusters)


def test_a_run_of_two_systems_is_measured_and_one_of_a_single_system_refused() -> None:
    found = selftest_gates(results(*SCRIPTS), source="planted", simulations=2, fast=True)
    assert (found.silence.gates, found.silence.simulations) == (10, 2)  # its costs are unknown
    assert len(found.caught) == 3
    with pytest.raises(RunError, match="two systems or more"):
        selftest_gates(results(SCRIPTS[0]), simulations=1)


def test_the_same_seed_gives_the_same_figures() -> None:
    assert selftest_gates(simulations=1, seed=5) == selftest_gates(simulations=1, seed=5)
