from __future__ import annotations

from dataclasses import replace

import pytest
from planting import DAYS, Script, planted_run

from harness.decision import Needs, Situation, decide, load_needs, measured, prior
from harness.decision.bounds import parse_constraint
from harness.fixtures import fixture_path
from harness.scoring import PriceBook
from harness.scoring.prices import HardwarePrice
from harness.statistics import summarise

STRICT, TIGHT = "valid_rate >= 99%", "latency_p95 <= 300 ms"


def needs(*constraints: str, **situation: object) -> Needs:
    return Needs(
        constraints=tuple(map(parse_constraint, constraints)),
        situation=Situation(**situation),  # type: ignore[arg-type]
    )


@pytest.mark.parametrize(
    ("asked", "mechanism"),
    [
        (needs(), "a base prompt"),
        (needs(change_days=365, corpus=False), "a base prompt"),
        (needs(change_days=7), "retrieval"),
        (needs(corpus=True), "retrieval"),
        (needs(STRICT), "fine-tuning"),
        (needs(TIGHT, change_days=365), "fine-tuning"),
        (needs(TIGHT, change_days=7), "retrieval"),
        (needs("latency_p95 <= 5 s", "valid_rate >= 50%"), "a base prompt"),
        (needs(STRICT, change_days=7), "hybrid"),
        (needs(STRICT, corpus=True), "hybrid"),
    ],
)
def test_the_prior_is_the_articles_mapping(asked: Needs, mechanism: str) -> None:
    assert prior(asked).mechanism == mechanism


def test_what_stands_in_its_way_is_said() -> None:
    assert "no" not in "".join(prior(needs(STRICT)).against)
    assert len(prior(needs(STRICT, labelled_examples=0)).against) == 1
    assert len(prior(needs(STRICT, TIGHT, change_days=7, corpus=False)).against) == 2


@pytest.mark.parametrize(
    ("name", "mechanism"),
    [("wiki", "retrieval"), ("classifier", "fine-tuning"), ("compliance", "hybrid")],
)
def test_the_shipped_needs_have_three_different_priors(name: str, mechanism: str) -> None:
    assert prior(load_needs(fixture_path(f"constraints/{name}.toml"))).mechanism == mechanism


BOOK = PriceBook("Planted", (HardwarePrice("*", 36.0, "planted", DAYS[0]),))
RAG = Script("search", "rag", {"current": 0.95}, seconds=0.05)
TUNED = Script("tuned", "fine-tuned", {"current": 0.5, "stale": 0.4}, seconds=0.02)


@pytest.mark.parametrize(
    ("asked", "mechanism", "verdict", "said"),
    [
        (needs("right_rate >= 80%", change_days=7), "retrieval", "agrees", "takes search too"),
        (
            needs("right_rate >= 80%", STRICT, change_days=365),
            "fine-tuning",
            "disagrees",
            "tuned: right rate is ",
        ),
        (needs("right_rate >= 99.9%", change_days=7), "retrieval", "disagrees", "takes none"),
        (needs(STRICT, change_days=7), "hybrid", "not measured", "no system of this kind (hybrid)"),
    ],
)
def test_a_run_says_whether_the_prior_holds(
    asked: Needs, mechanism: str, verdict: str, said: str
) -> None:
    run = planted_run(RAG, TUNED, groups=150, days=1)
    results = summarise(run, BOOK)
    found = prior(asked)
    assert found.mechanism == mechanism
    told = measured(found, decide(run, results, BOOK, asked, seed=1), results)
    assert told.verdict == verdict
    assert said in told.words


def test_a_prior_among_those_that_are_level_is_not_settled() -> None:
    run = planted_run(RAG, replace(RAG, name="twin", strategy="hybrid"), groups=60, days=1)
    results = summarise(run, BOOK)
    asked = needs("stale_rate <= 90%", change_days=7)
    told = measured(prior(asked), decide(run, results, BOOK, asked, seed=3), results)
    assert told.verdict == "open"
    assert told.words == "the run leaves it open: search may be the one beside twin"
