"""Planted answers at each share come back as scores, losses and what a publication day is worth."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest
from clockwork import DAYS, Scripted, history, question, run, scores

from harness.running.folder import LoadedRun
from harness.statistics.hygiene import points, summarise_hygiene
from harness.world.questions import Question

DAY = DAYS[1]
ASKED = [question(history(f"p{n}", date(2025, 1, 1), date(2026, 2, 1))) for n in range(40)]
OLD, NEW = "1.0.{}", "2.0.{}"


def variant(share: float, *, show_days: bool, stale: int, abstains: int = 0) -> Scripted:
    """The first `stale` facts are answered outdated, the next `abstains` not at all."""

    def answer(asked: Question, _day: date) -> str:
        number, length = int(asked.id[1:]), len(asked.id)
        if number < stale:
            return OLD.format(length)
        return "I don't know." if number < stale + abstains else NEW.format(length)

    settings = {"retrieval": {"superseded": share, "show_days": show_days}}
    return Scripted(f"rag {share} {show_days}", answer, settings)


def swept(*variants: Scripted) -> LoadedRun:
    loaded = run(ASKED, variants, [DAY])
    settings = {"part_of": "r", "system": "rag"}
    return replace(loaded, manifest=replace(loaded.manifest, settings=settings))


def test_right_abstained_and_outdated_score_one_nothing_and_minus_one() -> None:
    loaded = run(ASKED[:3], [variant(0, show_days=True, stale=1, abstains=1)], [DAY])
    assert [points(score) for score in scores(loaded)] == [-1, 0, 1]
    wrong = run(ASKED[:1], [Scripted("w", lambda _q, _d: "9.9.9")], [DAY])
    assert [points(score) for score in scores(wrong)] == [-1]
    empty = run(ASKED[:1], [Scripted("e", lambda _q, _d: "")], [DAY])
    assert [points(score) for score in scores(empty)] == [0]


def test_a_sweep_tells_where_it_breaks_and_what_days_are_worth() -> None:
    found = summarise_hygiene(
        swept(
            variant(0.5, show_days=False, stale=40),
            variant(0.0, show_days=True, stale=0, abstains=4),
            variant(0.1, show_days=True, stale=1, abstains=3),
            variant(0.5, show_days=True, stale=20),
            variant(0.0, show_days=False, stale=0, abstains=4),
        )
    )
    assert (found.system, found.questions) == ("rag", 40)
    assert [(p.share, p.show_days) for p in found.points] == [
        (0.0, True),
        (0.1, True),
        (0.5, True),
        (0.0, False),
        (0.5, False),
    ]
    clean, little, half = found.points[:3]
    assert (clean.score.value, clean.lost) == (0.9, None)
    assert (half.score.value, half.outdated.value) == (0.0, 0.5)
    assert half.lost is not None
    assert half.lost.value == pytest.approx(-0.9)
    assert half.lost.high is not None
    assert half.lost.high < 0
    assert little.lost is not None
    assert little.lost.value == pytest.approx(-1 / 40)
    assert found.broken_from == {True: 0.5, False: 0.5}
    assert set(found.days_help) == {0.0, 0.5}
    assert found.days_help[0.5].value == 1.0
    assert found.point(0.5, show_days=False).score.value == -1.0
    with pytest.raises(KeyError, match=r"no share 0\.2"):
        found.point(0.2)


def test_a_loss_that_more_neglect_does_not_confirm_is_taken_for_chance() -> None:
    found = summarise_hygiene(
        swept(
            variant(0.0, show_days=True, stale=0),
            variant(0.1, show_days=True, stale=12),
            variant(0.5, show_days=True, stale=1),
        )
    )
    little = found.point(0.1).lost
    assert little is not None
    assert little.high is not None
    assert little.high < 0
    assert found.broken_from == {}


def test_a_sweep_that_has_only_begun_has_unknown_figures() -> None:
    whole = swept(variant(0.0, show_days=True, stale=0), variant(0.5, show_days=True, stale=9))
    begun = summarise_hygiene(replace(whole, records=whole.records[:1]))
    assert begun.points[1].score.value is None
    assert begun.points[1].lost is not None
    assert begun.points[1].lost.value is None
    assert begun.broken_from == {}
