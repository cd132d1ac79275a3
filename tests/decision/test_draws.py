from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from planting import DAYS, Script, planted_run

from harness.decision.criteria import DEFAULT_CRITERIA, PREFERABLE, scales
from harness.decision.draws import Draws, draw
from harness.scoring import PriceBook
from harness.scoring.prices import HardwarePrice
from harness.statistics import Results, summarise

BOOK = PriceBook("Planted", (HardwarePrice("*", 36.0, "planted", DAYS[0]),))
RAG = Script("rag", "rag", {"current": 0.7, "stale": 0.2}, valid=0.8, seconds=0.1)


@pytest.fixture(scope="module")
def results() -> Results:
    return summarise(planted_run(RAG, replace(RAG, name="b", seconds=0.03), groups=120), BOOK)


@pytest.fixture(scope="module")
def drawn(results: Results) -> Draws:
    return draw(results, PREFERABLE, seed=1)


def test_draws_scatter_about_each_figure_as_its_interval_says(
    results: Results, drawn: Draws
) -> None:
    for i, name in enumerate(drawn.systems):
        for j, metric in enumerate(drawn.metrics):
            estimate = results[name].metrics[metric]
            low, high = np.quantile(drawn.values[:, i, j], [0.025, 0.975])
            assert estimate.low is not None
            assert estimate.high is not None
            assert drawn.points[i, j] == estimate.value
            assert low <= drawn.points[i, j] * 1.02 + 0.01
            assert high >= drawn.points[i, j] * 0.98 - 0.01
            # Rates near 0 or 1 have a Wilson interval, which leans inward more than a resample.
            assert high - low < 1.6 * (estimate.high - estimate.low) + 0.02
            assert high - low > 0.5 * (estimate.high - estimate.low) - 0.01


def test_the_same_groups_are_drawn_for_all_systems() -> None:
    """Where systems are right on the same groups, their resampled rates move together."""
    scripted = planted_run(replace(RAG, name="a"), groups=60, days=1, seed=3)
    copies = tuple(replace(record, system="b") for record in scripted.records)
    manifest = replace(
        scripted.manifest,
        systems=(*scripted.manifest.systems, replace(scripted.manifest.systems[0], name="b")),
    )
    both = replace(scripted, manifest=manifest, records=(*scripted.records, *copies))
    found = draw(summarise(both, BOOK), ("right_rate", "latency_p95"), seed=1)
    assert np.array_equal(found.values[:, 0, 1], found.values[:, 1, 1])
    assert np.corrcoef(found.values[:, :, 0].T)[0, 1] > 0.9


def test_what_is_alike_in_all_answers_still_has_a_width() -> None:
    perfect = summarise(planted_run(Script("p", "rag", {"current": 1.0}), groups=40, days=1), BOOK)
    found = draw(perfect, ("right_rate",), seed=1)
    assert found.points[0, 0] == 1.0
    assert found.values.std() > 0.005
    assert found.values.max() <= 1.0


def test_the_same_seed_gives_the_same_draws_and_another_others(
    results: Results, drawn: Draws
) -> None:
    again, other = (draw(results, PREFERABLE, seed=seed) for seed in (1, 2))
    assert np.array_equal(again.values, drawn.values)
    assert not np.array_equal(other.values, drawn.values)


def test_what_is_not_known_for_every_system_is_left_out() -> None:
    free = summarise(planted_run(RAG, groups=12, days=1), PriceBook.empty())
    found = draw(free, DEFAULT_CRITERIA, seed=1)
    assert "cost_per_query" not in found.metrics
    assert found.values.shape[1:] == (1, len(found.metrics))


def test_with_too_few_groups_there_are_no_draws() -> None:
    found = draw(summarise(planted_run(RAG, groups=5), BOOK), DEFAULT_CRITERIA, seed=1)
    assert len(found.values) == 0


def test_a_point_of_one_rate_weighs_as_a_point_of_another() -> None:
    points = np.array([[0.9, 0.02, 0.1], [0.5, 0.01, 0.11]])
    found = scales(("right_rate", "stale_rate", "latency_p95"), points)
    assert found == pytest.approx([0.4, 0.4, 0.25 * 0.11])
