"""A cost of which a part has no price: the interval holds every cost that it can be."""

from __future__ import annotations

import random
from dataclasses import replace

import pytest
from planting import DAYS, Script, planted_run

from harness.running.folder import LoadedRun
from harness.scoring import PriceBook
from harness.scoring.prices import TokenPrice
from harness.statistics import Results, summarise

CACHED = {"a": 0.0, "b": 0.8}
"""The share of each system's prompts that its provider had read before."""


def book(cached: float | None) -> PriceBook:
    return PriceBook("Planted", (TokenPrice("*", 10.0, 40.0, "planted", DAYS[0], cached=cached),))


@pytest.fixture(scope="module")
def run() -> LoadedRun:
    rng = random.Random(3)
    made = planted_run(
        Script("a", "base", {"current": 0.6}), Script("b", "rag", {"current": 0.7}), days=1
    )
    records = []
    for record in made.records:
        prompt = rng.randrange(80, 120) if record.system == "a" else rng.randrange(120, 180)
        usage = replace(
            record.answer.usage,
            prompt_tokens=prompt,
            cached_tokens=round(prompt * CACHED[record.system]),
        )
        records.append(replace(record, answer=replace(record.answer, usage=usage)))
    return replace(made, records=tuple(records))


def bounds(results: Results, metric: str) -> tuple[float, float]:
    found = results["b"].metrics[metric]
    assert found.low is not None
    assert found.high is not None
    return found.low, found.high


@pytest.mark.parametrize("metric", ["cost_per_query", "cost_per_right", "cost_per_pass"])
def test_the_interval_reaches_from_that_of_free_to_that_of_the_full_price(
    run: LoadedRun, metric: str
) -> None:
    free, full = (summarise(run, book(cached)) for cached in (0.0, 10.0))
    found = summarise(run, book(None))
    assert bounds(found, metric) == pytest.approx(
        (bounds(free, metric)[0], bounds(full, metric)[1])
    )
    assert "no price" in found["b"].metrics[metric].method
    assert found["b"].metrics[metric].value == full["b"].metrics[metric].value
    assert found["a"].metrics[metric] == full["a"].metrics[metric]


def test_a_difference_that_the_missing_price_decides_is_none(run: LoadedRun) -> None:
    """With free cached tokens b is cheaper than a, at the full price dearer; both surely."""
    free, full, found = (
        summarise(run, book(cached)).compare("a", "b", "cost_per_query")
        for cached in (0.0, 10.0, None)
    )
    assert free.difference.high is not None
    assert full.difference.low is not None
    assert free.difference.high < 0 < full.difference.low
    assert found.difference.low == pytest.approx(free.difference.low)
    assert found.difference.high == pytest.approx(full.difference.high)
    assert found.p_value == 1.0


def test_the_notes_say_it_of_the_system_that_has_such_answers(run: LoadedRun) -> None:
    said = [note for note in summarise(run, book(None)).notes if "cached tokens" in note]
    assert len(said) == 1
    assert said[0].startswith("b: 120 answers read cached tokens that have no price")
    assert not any("cached tokens" in note for note in summarise(run, book(1.0)).notes)
