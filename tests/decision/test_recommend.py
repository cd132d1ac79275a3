"""What the first page of a report says of a decision."""

from __future__ import annotations

from planting import DAYS, Script, planted_run

from harness.decision import Constraint, Needs, decide, recommendation
from harness.scoring import PriceBook
from harness.scoring.prices import HardwarePrice
from harness.statistics import summarise

BOOK = PriceBook("Planted", (HardwarePrice("*", 36.0, "planted", DAYS[0]),))
GOOD = Script("good", "hybrid", {"current": 0.97})
STALE = Script("stale", "fine-tuned", {"current": 0.5, "stale": 0.5})


def test_it_has_the_choice_the_checks_and_what_a_month_costs() -> None:
    run = planted_run(GOOD, STALE, groups=300)
    found = recommendation(decide(run, summarise(run, BOOK), BOOK, Needs()))
    assert (found.choice, found.tied, found.provisional) == ("good", (), False)
    missed = {(c.system, c.constraint.metric) for c in found.checks if c.kept == "missed"}
    assert missed == {("stale", "stale_rate")}
    assert [one.system for one in found.owned] == ["good", "stale"]


def test_an_unknown_figure_decides_nothing() -> None:
    run = planted_run(GOOD, groups=60)
    cheap = Constraint("cost_per_query", "at most", 0.005, "at most half a cent a query")
    free = PriceBook.empty()
    found = recommendation(decide(run, summarise(run, free), free, Needs(constraints=(cheap,))))
    assert [check.kept for check in found.checks] == ["undecided"]
