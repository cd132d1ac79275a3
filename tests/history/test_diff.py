from __future__ import annotations

from dataclasses import replace
from datetime import date

import numpy as np
import pytest
from making import snapshot
from scipy import stats

from harness.errors import ConfigError
from harness.history import Diff, Snapshot, diff, pair_up
from harness.running.manifest import SystemManifest


def compared(a: Snapshot, b: Snapshot, a_system: str = "rag", b_system: str = "rag") -> Diff:
    return diff(a, b, [(a_system, b_system)], names=("a", "b"))


def test_every_planted_flip_is_found_and_no_other() -> None:
    before = np.arange(100) % 5 > 0
    after = before.copy()
    after[[1, 2, 3, 4, 6, 7, 8]] = False
    after[[0, 5]] = True
    found = compared(snapshot({"rag": before}), snapshot({"rag": after}, "b"))
    (rag,) = found.systems
    assert [flip.question_id for flip in rag.flips if not flip.won] == [
        f"q{i:03}" for i in (1, 2, 3, 4, 6, 7, 8)
    ]
    assert [flip.question_id for flip in rag.flips if flip.won] == ["q000", "q005"]
    lost = rag.flips[0]
    assert (lost.question, lost.a_text, lost.b_text) == (
        "Where is team 1?", "Room 1", "Room 1 of old",
    )  # fmt: skip
    assert (lost.a_class, lost.b_class) == ("current", "stale")
    right = rag.changes[0]
    assert right.metric == "right_rate"
    assert (right.only_a, right.only_b, right.pairs) == (7, 2, 100)
    assert right.difference.value == pytest.approx(-0.05)
    assert right.p_value == pytest.approx(stats.binomtest(2, 9).pvalue)


def test_all_tests_of_a_diff_are_one_family() -> None:
    before = {"rag": [True] * 40, "base": [True] * 40}
    after = {"rag": [False] * 8 + [True] * 32, "base": [True] * 40}
    a, b = snapshot(before), snapshot(after, "b")
    found = diff(a, b, pair_up(a, b)[0], names=("a", "b"), metrics=("right_rate", "stale_rate"))
    right = found.systems[0].changes[0]
    assert right.p_value == pytest.approx(2 * 0.5**8)
    assert right.p_adjusted == pytest.approx(4 * 2 * 0.5**8)


def test_two_systems_of_one_run_are_compared_and_nothing_is_unlike() -> None:
    run = snapshot({"rag": [True] * 10, "base": [False] * 10})
    found = compared(run, run, "base", "rag")
    assert found.unlike == ()
    assert len(found.systems[0].flips) == 10
    assert all(flip.won for flip in found.systems[0].flips)


def test_answers_without_a_partner_are_counted_not_hidden() -> None:
    found = compared(snapshot({"rag": [True] * 10}), snapshot({"rag": [True] * 7}, "b"))
    (rag,) = found.systems
    assert (rag.pairs, rag.a_alone, rag.b_alone) == (7, 3, 0)


def test_runs_on_other_days_are_paired_by_their_order_and_labelled() -> None:
    later = snapshot({"rag": [True, False]}, "b", day=date(2026, 7, 1))
    found = compared(snapshot({"rag": [True, True]}), later)
    assert found.systems[0].pairs == 2
    assert [flip.question_id for flip in found.systems[0].flips] == ["q001"]
    assert "days" in found.unlike
    assert any("no day in common" in note for note in found.notes)


def test_what_is_unlike_is_named() -> None:
    a = snapshot({"rag": [True]})
    b = snapshot({"rag": [True]}, "b", fingerprints={"questions": "q2"}, machine={"cores": "64"})
    settings = SystemManifest("rag", "external", {"prompt": "new"}, {"model": "m2"})
    b = replace(b, manifest=replace(b.manifest, systems=(settings,)))
    assert compared(a, b).unlike == ("questions", "rag (model, prompt)", "the machine's cores")
    assert compared(a, replace(a, manifest=replace(a.manifest, run_id="c"))).unlike == ()


def test_most_of_the_flips_are_placed_in_their_kind() -> None:
    before = np.ones(60, dtype=bool)
    after = before.copy()
    after[[0, 3, 6, 9, 12, 1]] = False  # kinds go round by three: five of room, one of floor
    kinds = ("room", "floor", "phone")
    found = compared(
        snapshot({"rag": before}, kinds=kinds), snapshot({"rag": after}, "b", kinds=kinds)
    )
    right, stale = found.systems[0].changes[:2]
    assert right.fell_in == "kind room (5 of 6)"
    assert stale.rose_in == "kind room (5 of 6)"
    assert right.rose_in == ""


def test_systems_are_paired_by_name_and_those_without_a_partner_named() -> None:
    a = snapshot({"rag": [True], "base": [True]})
    b = snapshot({"rag": [True], "hybrid": [True]}, "b")
    assert pair_up(a, b) == ((("rag", "rag"),), ("base", "hybrid"))
    assert pair_up(a, b, "base", "hybrid")[0] == (("base", "hybrid"),)
    assert pair_up(a, b, "rag")[0] == (("rag", "rag"),)
    for arguments, complaint in (
        (("bsae", None), "did you mean 'base'"),
        (("base", None), "only one of the runs"),
    ):
        with pytest.raises(ConfigError, match=complaint):
            pair_up(a, b, *arguments)
    with pytest.raises(ConfigError, match="no system in common"):
        pair_up(a, snapshot({"x": [True]}, "b"))


def test_nothing_in_common_is_refused() -> None:
    a = snapshot({"rag": [True] * 3})
    b = replace(
        a,
        answers=tuple(
            replace(k, score=replace(k.score, question_id=f"other{i}"))
            for i, k in enumerate(a.answers)
        ),
    )
    with pytest.raises(ConfigError, match="nothing to compare"):
        compared(a, b)
