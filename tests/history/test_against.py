"""What the nightly comparison promises: quiet where nothing changed, and no ratchet."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from making import DAY, manifest, snapshot

from harness.history import History, Night, Snapshot, judge, references
from harness.history.against import METRICS, Reference
from harness.reporting.figures import MINUS
from harness.reporting.history import night_line, night_lines, trained_lines
from harness.systems.base import Preparation


def night(now: Snapshot, *before: tuple[str, Snapshot], alpha: float = 0.01) -> Night:
    against = [Reference((role,), f"000{i}_x", run) for i, (role, run) in enumerate(before, 1)]
    return judge(now, "0009_nightly", against, alpha=alpha)


def test_a_planted_loss_is_told_with_system_size_and_place() -> None:
    before = np.ones(120, dtype=bool)
    after = before.copy()
    after[:36:3] = False
    kinds = ("room", "floor", "phone")
    found = night(
        snapshot({"rag": after, "base": before}, "b", kinds=kinds),
        ("pinned", snapshot({"rag": before, "base": before}, kinds=kinds)),
    )
    assert found.failed
    line = night_line(found)
    assert line.startswith(
        f"office 0009_nightly: WORSE: right rate of rag {MINUS}10.0 points [{MINUS}"
    )
    assert line.endswith(
        "to 90.0% against pinned 0001_x, mostly kind room (12 of 12); 1 more moved"
    )
    assert [m.change.metric for m in found.moves] == ["right_rate", "stale_rate"]
    assert next(night_lines(found)).startswith("WORSE: stale rate of rag +10.0 points")


def test_a_gain_is_told_and_does_not_fail() -> None:
    found = night(snapshot({"rag": [True] * 60}, "b"), ("last", snapshot({"rag": [False] * 20 + [True] * 40})))  # fmt: skip
    assert not found.failed
    assert "better: right rate of rag +33.3 points" in night_line(found)


def test_nothing_moved_says_how_much_could_be_hidden() -> None:
    run = {"rag": [True] * 50 + [False] * 10}
    found = night(snapshot(run, "b"), ("pinned", snapshot(run)))
    assert not found.failed
    assert night_line(found) == (
        "office 0009_nightly: no change is shown against pinned 0001_x (2 comparisons; in rates, "
        "less than 4.5 points may be hidden)"
    )


def test_the_first_run_has_nothing_to_be_compared_with() -> None:
    found = night(snapshot({"rag": [True]}))
    assert not found.failed
    assert "the first run" in night_line(found)


def test_a_missing_system_or_answer_fails_the_night() -> None:
    before = snapshot({"rag": [True] * 20, "base": [True] * 20})
    gone = night(snapshot({"rag": [True] * 20}, "b"), ("pinned", before))
    assert gone.failed
    assert night_line(gone) == "office 0009_nightly: MISSING: base (in pinned 0001_x)"
    fewer = night(snapshot({"rag": [True] * 15, "base": [True] * 20}, "b"), ("last", before))
    assert fewer.failed
    assert "MISSING: 5 of 20 answers of rag (in last 0001_x)" in night_line(fewer)


def test_a_new_system_is_no_reason_to_fail() -> None:
    now = snapshot({"rag": [True] * 9, "new": [True] * 9}, "b")
    assert not night(now, ("pinned", snapshot({"rag": [True] * 9}))).failed


def test_a_slow_drift_never_shows_against_the_last_run_but_does_against_the_pinned() -> None:
    """Each night one more question of 200 is lost: never more than chance, and 30 in a month."""
    runs = [snapshot({"rag": [False] * lost + [True] * (200 - lost)}, f"n{lost}") for lost in range(31)]  # fmt: skip
    last_only = [night(now, ("last", before)) for before, now in pairwise(runs)]
    assert not any(found.failed for found in last_only)
    both = [night(now, ("pinned", runs[0]), ("last", before)) for before, now in pairwise(runs)]
    failed = [found.failed for found in both]
    assert failed.index(True) == 9  # the tenth question: 2 / 2^10, the least in a family of four
    assert all(failed[9:])
    assert {m.against for found in both for m in found.moves} == {"pinned 0001_x"}


@pytest.mark.parametrize("size", [1, 3])
def test_nights_without_a_change_fail_no_more_often_than_stated(size: int) -> None:
    rng = np.random.default_rng(5)
    alpha, nights = 0.1, 150

    def answered(run_id: str) -> Snapshot:
        return snapshot({name: rng.random(90) < 0.8 for name in ("rag", "base")}, run_id, size=size)

    pinned = answered("pinned")
    false = 0
    for i in range(nights):
        last, now = answered(f"last{i}"), answered(f"now{i}")
        false += bool(night(now, ("pinned", pinned), ("last", last), alpha=alpha).moves)
    # Binomial(150, 0.1) is at most 25 with 99.5 %.
    assert false <= 25


def test_references_are_the_pinned_run_and_the_one_before(tmp_path: Path) -> None:
    history = History(tmp_path)
    saved = [history.save(snapshot({"rag": [True]}, f"r{i}"))[0] for i in range(4)]
    history.save(snapshot({"rag": [True]}, "other", suite="other"))

    def labels(roles: tuple[str, ...] = ("pinned", "last"), but: int = 3) -> list[str]:
        return [r.label for r in references(history, "office", roles, but=saved[but])]

    assert labels() == ["last 0003_office"]
    history.pin(saved[0])
    assert labels() == ["pinned 0001_office", "last 0003_office"]
    assert labels(but=1) == ["pinned and last 0001_office"]
    assert labels(but=0) == []
    assert labels(("2", "last")) == ["2 0002_office", "last 0003_office"]


def test_what_was_trained_tonight_is_told_and_what_was_there_is_not() -> None:
    made = Preparation(DAY, training_seconds=90.0)
    there = replace(made, reused=True)
    night_of = manifest(("rag", "ft"), "r", preparations={"rag": (there,), "ft": (there, made)})
    assert list(trained_lines(night_of)) == ["trained: ft for 2026-06-01, 1.50 min"]


def test_latency_is_not_judged_between_runs() -> None:
    assert not any("latency" in metric for metric in METRICS)
