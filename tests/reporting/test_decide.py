from __future__ import annotations

from dataclasses import replace

import pytest
from planting import DAYS, Script, planted_run

from harness.decision import Needs, Situation, decide, prior
from harness.decision.bounds import parse_constraint
from harness.reporting.decide import decision_lines, prior_lines
from harness.scoring import PriceBook
from harness.scoring.prices import HardwarePrice
from harness.statistics import summarise
from harness.systems.base import Preparation

BOOK = PriceBook("Planted", (HardwarePrice("*", 36.0, "planted", DAYS[0]),))
LONG = Script("a-system-with-a-very-long-name", "rag", {"current": 0.9}, seconds=0.2)
SHORT = Script("short", "fine-tuned", {"current": 0.8, "stale": 0.1}, seconds=0.05)
ASKED = ("latency_p95 <= 800 ms", "right_rate >= 79%", "valid_rate >= 90%")


@pytest.fixture(scope="module")
def lines() -> tuple[str, ...]:
    run = planted_run(LONG, SHORT, groups=60, days=1)
    run = replace(
        run,
        manifest=replace(
            run.manifest, preparations={"short": (Preparation(DAYS[0], training_seconds=600),)}
        ),
    )
    needs = Needs(
        constraints=tuple(map(parse_constraint, ASKED)),
        situation=Situation(change_days=7),
        assumptions=("Somebody reads the answers. " * 9,),
    )
    return decision_lines(decide(run, summarise(run, BOOK), BOOK, needs, seed=1))


def test_no_line_is_wider_than_a_terminal(lines: tuple[str, ...]) -> None:
    assert max(map(len, lines)) <= 80


def test_it_says_what_was_asked_what_a_month_costs_and_what_was_assumed(
    lines: tuple[str, ...],
) -> None:
    text = "\n".join(lines)
    assert "- right rate at least 79%" in text
    assert "- the facts change every 7 days" in text
    assert "1,000 questions" in text
    assert "short is cheaper than a-system-with-a-very-long-name from" in " ".join(text.split())
    assert "Noted, not measured:\n- Somebody reads" in text


def test_a_month_stands_at_every_rate_of_change(lines: tuple[str, ...]) -> None:
    """10 minutes at a cent a second are 6 dollars a refresh, some 30 times as many in a month daily."""
    start = lines.index("A month where the facts change every so many days, in dollars:")
    head, *rows = lines[start + 1 : start + 5]
    assert " ".join(head.split()) == "questions 1 day 7 days 30 days 90 days"
    assert [row.split()[-5] for row in rows] == ["1,000", "10,000", "100,000"]
    few = [float(cell) for cell in rows[0].split()[-4:]]
    asked = few[2] - 6 * 365.25 / 12 / 30
    assert few == pytest.approx([asked + 6 * 365.25 / 12 / d for d in (1, 7, 30, 90)], abs=0.02)
    assert "- the same at every change, as above: a-system" in lines[start + 5]


def test_storage_without_a_price_is_named_once_with_the_reason() -> None:
    run = planted_run(LONG, SHORT, groups=60, days=1)
    indexed = Preparation(DAYS[0], index_seconds=1.0, index_as_of=DAYS[0], index_bytes=2 * 10**6)
    kept = {script.name: (indexed,) for script in (LONG, SHORT)}
    run = replace(run, manifest=replace(run.manifest, preparations=kept))
    needs = Needs(constraints=(parse_constraint("stale_rate <= 90%"),))
    text = "\n".join(decision_lines(decide(run, summarise(run, BOOK), BOOK, needs, seed=1)))
    said = f"- without storage, an index of 0.002 GB, no usd_per_gb_month: {LONG.name}, short"
    assert said in " ".join(text.split())


def test_without_prices_it_is_silent_about_money() -> None:
    run = planted_run(LONG, SHORT, groups=60, days=1)
    free = PriceBook.empty()
    needs = Needs(constraints=(parse_constraint("stale_rate <= 90%"),))
    text = "\n".join(decision_lines(decide(run, summarise(run, free), free, needs, seed=1)))
    assert "dollars" not in text
    assert "not counted, because not known for every system: cost per query" in " ".join(
        text.split()
    )


def test_a_prior_says_that_it_is_one() -> None:
    lines = prior_lines(prior(Needs(situation=Situation(change_days=1))))
    assert lines[0].startswith("PRIOR, nothing was measured: retrieval")
    assert max(map(len, lines)) <= 80
