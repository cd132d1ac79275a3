import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.statistics.estimate import Estimate
from harness.statistics.gates import at_least, at_most
from harness.statistics.intervals import rate


def estimate(low: float, value: float, high: float) -> Estimate:
    return Estimate(value, low, high, 100, 50, "planted")


def test_a_gate_passes_only_when_the_whole_interval_keeps_the_bound() -> None:
    assert at_most("stale rate", estimate(0.01, 0.02, 0.05), 0.05).verdict == "pass"
    assert at_most("stale rate", estimate(0.01, 0.02, 0.0501), 0.05).verdict == "inconclusive"
    assert at_most("stale rate", estimate(0.051, 0.06, 0.07), 0.05).verdict == "fail"


def test_an_unknown_figure_is_inconclusive_and_says_why() -> None:
    gate = at_most("p99", Estimate.unknown("299 samples are needed, there are 40", 40), 0.8)
    assert gate.verdict == "inconclusive"
    assert "299 samples are needed" in gate.sentence


def test_the_sentence_states_figure_interval_n_and_bound() -> None:
    sentence = at_least("valid rate of rag", estimate(0.9, 0.95, 0.98), 0.99).sentence
    assert sentence == "valid rate of rag is 0.95 [0.9, 0.98], n = 100; wanted at least 0.99"


def test_an_inconclusive_gate_says_what_would_decide() -> None:
    gate = at_least("valid rate", Estimate(0.9, 0.825, 0.945, 100, 100, "Wilson"), 0.85)
    assert gate.verdict == "inconclusive"
    assert gate.needed == 368
    assert gate.detectable == pytest.approx(0.0905, abs=0.0001)
    assert gate.sentence == (
        "valid rate is 0.9 [0.825, 0.945], n = 100; wanted at least 0.85; the interval holds the "
        "bound: n = 100 decides on figures 0.091 from it (80% power); if 0.9 is true, 3.7 times as "
        "many questions (n about 368) would decide"
    )


def test_a_bound_that_no_figure_of_this_n_could_keep_is_named_as_such() -> None:
    gate = at_most("stale rate", rate(np.zeros(100), np.arange(100)), 0.01)
    assert gate.detectable is None
    assert gate.needed == 381
    assert "n = 100 decides on no figure on this side of it" in gate.sentence
    assert "if 0 is true, 3.8 times as many questions (n about 381)" in gate.sentence


def test_a_figure_on_its_bound_is_not_promised_a_decision() -> None:
    gate = at_most("stale rate", estimate(0.01, 0.05, 0.09), 0.05)
    assert gate.needed is None
    assert "stays undecided with any number of questions" in gate.sentence


def test_a_gate_that_decides_needs_no_more() -> None:
    for gate in (
        at_most("x", estimate(0, 0.1, 0.2), 0.3),
        at_most("x", estimate(0.4, 0.5, 0.6), 0.3),
        at_most("x", Estimate.unknown("nothing was counted"), 0.3),
    ):
        assert (gate.detectable, gate.needed) == (None, None)


@given(st.lists(st.floats(0, 1), min_size=3, max_size=3).map(sorted), st.floats(0, 1))
def test_at_most_and_at_least_mirror_each_other(bounds: list[float], bound: float) -> None:
    low, value, high = bounds
    mirrored = at_least("x", estimate(-high, -value, -low), -bound)
    assert at_most("x", estimate(low, value, high), bound).verdict == mirrored.verdict
