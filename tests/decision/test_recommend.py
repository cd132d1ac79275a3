from __future__ import annotations

from dataclasses import replace

from planting import DAYS, Script, planted_run

from harness.decision import Constraint, Recommendation, recommend
from harness.scoring import PriceBook
from harness.scoring.prices import HardwarePrice
from harness.statistics import summarise

BOOK = PriceBook("Planted", (HardwarePrice("*", 36.0, "planted", DAYS[0]),))
GOOD = Script("good", "hybrid", {"current": 0.97})
SLOPPY = replace(GOOD, name="sloppy", classes={"current": 1.0}, valid=0.5)
STALE = Script("stale", "fine-tuned", {"current": 0.5, "stale": 0.5})
WORSE = Script("worse", "rag", {"current": 0.6})
SLOW = replace(GOOD, name="slow", classes={"current": 1.0}, seconds=2.0)


def chosen(*scripts: Script, groups: int = 300) -> Recommendation:
    return recommend(summarise(planted_run(*scripts, groups=groups), BOOK))


def test_the_best_system_that_keeps_every_constraint_is_chosen() -> None:
    found = chosen(WORSE, SLOPPY, STALE, SLOW, GOOD)
    assert (found.choice, found.tied, found.provisional) == ("good", (), False)
    missed = {(c.system, c.constraint.metric) for c in found.checks if c.kept == "missed"}
    assert missed == {("sloppy", "valid_rate"), ("stale", "stale_rate"), ("slow", "latency_p95")}
    assert "Excluded: sloppy (at least 95% valid format)" in found.text
    assert "good is right most often" in found.text


def test_twins_are_reported_as_tied() -> None:
    found = chosen(GOOD, replace(GOOD, name="twin"), WORSE)
    assert found.choice is None
    assert set(found.tied) == {"good", "twin"}
    assert "cannot be told apart" in found.text


def test_with_few_questions_the_choice_is_provisional() -> None:
    found = chosen(WORSE, GOOD, groups=9)
    assert found.provisional
    assert {check.kept for check in found.checks} == {"undecided"}
    assert "No system surely keeps all of this" in found.text


def test_nothing_is_chosen_when_everything_is_excluded() -> None:
    found = chosen(STALE, SLOPPY)
    assert (found.choice, found.tied) == (None, ())
    assert "No system can be recommended" in found.text


def test_an_unknown_figure_decides_nothing() -> None:
    results = summarise(planted_run(GOOD, groups=60), PriceBook.empty())
    cheap = Constraint("cost_per_query", "at most", 0.005, "at most half a cent a query")
    (check,) = recommend(results, [cheap]).checks
    assert check.kept == "undecided"
