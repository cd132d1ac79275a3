from __future__ import annotations

import pytest

from harness.decision import Needs, Situation, load_needs, prior
from harness.decision.bounds import parse_constraint
from harness.fixtures import fixture_path

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
