from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from planting import Script, planted_run

from harness.scoring import PriceBook
from harness.statistics import summarise
from harness.statistics.intervals import ClusterSums
from harness.statistics.repeats import repeat_variance
from harness.statistics.table import Sample


def sample(outcomes: np.ndarray) -> Sample:
    """Outcomes of shape (questions, repeats), each question its own group."""
    questions, repeats = outcomes.shape
    keys = tuple((f"q{q}", "2026-08-22", r) for q in range(questions) for r in range(repeats))
    return Sample(outcomes.ravel().astype(float), np.repeat(np.arange(questions), repeats), keys)


@pytest.mark.parametrize("share", [0.1, 0.5, 0.9])
@pytest.mark.parametrize("repeats", [2, 5])
def test_a_planted_share_comes_back_inside_its_interval(share: float, repeats: int) -> None:
    # A question's chance is Beta(s/2, s/2), so that 1 / (s + 1) of the variance is between questions.
    rng = np.random.default_rng(31)
    strength = share / (1 - share)
    covered, seen = 0, []
    for _ in range(100):
        chance = rng.beta(strength / 2, strength / 2, 150)
        found = repeat_variance(sample(rng.random((150, repeats)) < chance[:, None]), seed=0)
        assert found is not None
        assert found.share.value is not None
        assert found.share.low is not None
        assert found.share.high is not None
        covered += found.share.low <= share <= found.share.high
        seen.append(found.share.value)
    assert np.mean(seen) == pytest.approx(share, abs=0.02)
    assert covered >= 89  # 100 runs at 95 %: fewer happen once in a hundred times


def test_what_repeats_without_end_would_save_is_what_is_left_of_the_variance_of_the_mean() -> None:
    rng = np.random.default_rng(32)
    chance = rng.beta(0.5, 0.5, 4000)
    outcomes = rng.random((4000, 3)) < chance[:, None]
    found = repeat_variance(sample(outcomes), seed=0)
    assert found is not None
    clusters = np.repeat(np.arange(4000), 3)
    error = ClusterSums.of(outcomes.ravel(), clusters).variance() ** 0.5
    without_end = ClusterSums.of(chance, np.arange(4000)).variance() ** 0.5
    assert found.narrower == pytest.approx(1 - without_end / error, abs=0.02)


def test_answers_that_never_change_need_no_repeats() -> None:
    found = repeat_variance(sample(np.repeat(np.arange(60)[:, None] % 3 == 0, 4, axis=1)), seed=0)
    assert found is not None
    assert (found.share.value, found.narrower) == (0.0, 0.0)
    assert "more repeats would hardly help" in found.sentence


def test_coin_tosses_are_all_between_repeats() -> None:
    found = repeat_variance(sample(np.tile([[0, 1], [1, 0]], (40, 1))), seed=0)
    assert found is not None
    assert (found.share.value, found.narrower, found.repeats) == (1.0, 1.0, 2.0)
    assert "more repeats would help" in found.sentence


def test_without_repeats_or_without_variance_nothing_is_said() -> None:
    assert repeat_variance(sample(np.ones((50, 1))), seed=0) is None
    alike = repeat_variance(sample(np.ones((50, 2))), seed=0)
    assert alike is not None
    assert alike.share.value is None
    assert alike.sentence == ""


def test_a_question_that_was_asked_once_is_left_out() -> None:
    both = sample(np.tile([[0, 1], [1, 1]], (40, 1)))
    torn = Sample(
        np.append(both.values, 0.0),
        np.append(both.clusters, 80),
        (*both.keys, ("last", "2026-08-22", 0)),
    )
    assert repeat_variance(torn, seed=0) == repeat_variance(both, seed=0)


def test_a_run_with_repeats_says_so_in_its_notes_and_one_without_does_not() -> None:
    run = planted_run(Script("rag", "rag", {"current": 0.6}), groups=40)
    alone = summarise(run, PriceBook.empty())
    assert alone["rag"].repeats is None
    assert not any("repeats" in note for note in alone.notes)
    again = tuple(replace(record, repeat=1) for record in run.records)
    twice = summarise(replace(run, records=(*run.records, *again)), PriceBook.empty())
    found = twice["rag"].repeats
    assert found is not None
    assert found.share.value == 0
    assert any(
        note.startswith("rag: of the variance of right answers 0% [0%, 0%] is between repeats")
        for note in twice.notes
    )
