"""A run as a pilot: what it promises of the next one is what the next one shows."""

from __future__ import annotations

import math
from dataclasses import replace
from functools import cache
from pathlib import Path

import pytest
from planting import Script, planted_run

import harness
from harness import api
from harness.errors import ConfigError
from harness.running.folder import LoadedRun
from harness.scoring import PriceBook
from harness.statistics import Results, summarise
from harness.statistics.planning import plan

RAG = Script("rag", "rag", {"current": 0.8}, seconds=0.05, alike=0.4)
TUNED = Script("tuned", "fine-tuned", {"current": 0.65}, seconds=0.06, alike=0.4)
HYBRID = Script("hybrid", "hybrid", {"current": 0.7}, seconds=0.06)
OFFICE = Path(__file__).resolve().parent.parent.parent / "docs" / "examples" / "your-own"
NAMES = ("rag", "tuned")


@pytest.fixture(scope="module")
def office_run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return harness.compare(OFFICE, out=tmp_path_factory.mktemp("runs")).run


@cache
def pilot(groups: int = 90, seed: int = 0) -> Results:
    return summarise(planted_run(RAG, TUNED, groups=groups, days=1, seed=seed), PriceBook.empty())


def test_the_half_width_at_the_pilots_size_is_that_of_its_interval() -> None:
    for metric in ("right_rate", "latency_mean"):
        for one in plan(pilot(), metric, NAMES).systems:
            low, high = one.estimate.low, one.estimate.high
            assert low is not None
            assert high is not None
            assert one.questions == one.pilot == 180
            # The interval of a mean comes from a bootstrap, hence within a tenth.
            assert one.half_width == pytest.approx((high - low) / 2, rel=0.1)


@pytest.mark.parametrize("metric", ["right_rate", "latency_mean"])
def test_what_is_detected_at_a_size_takes_that_size(metric: str) -> None:
    there = plan(pilot(), metric, NAMES, questions=700)
    pair, alone = there.comparisons[0], there.systems[0]
    assert pair.detectable is not None
    assert alone.half_width is not None
    again = plan(pilot(), metric, NAMES, difference=pair.detectable).comparisons[0]
    assert again.needed == pytest.approx(700, abs=2)
    again_alone = plan(pilot(), metric, NAMES, difference=alone.half_width).systems[0]
    assert again_alone.needed == pytest.approx(700, abs=2)


def test_a_larger_run_shows_the_half_width_that_was_promised() -> None:
    promised = plan(pilot(), "right_rate", NAMES, questions=720).systems[1].half_width
    shown = plan(pilot(360, seed=5), "right_rate", NAMES).systems[1].half_width
    assert promised == pytest.approx(shown, rel=0.15)


def test_as_many_questions_as_were_planned_detect_the_planted_difference() -> None:
    pair = plan(pilot(), "right_rate", NAMES, difference=0.15, power=0.8).comparisons[0]
    assert pair.needed is not None
    groups = math.ceil(pair.needed / 2)
    detected = 0
    for seed in range(30):
        found = pilot(groups, seed=100 + seed).compare("rag", "tuned", "right_rate")
        assert found.p_value is not None
        detected += found.p_value <= 0.05
    # 30 runs of 80 %: fewer than 18 happen once in a hundred times.
    assert 18 <= detected < 30


def test_groups_whose_answers_are_alike_raise_the_design_effect_and_the_questions() -> None:
    run = planted_run(RAG, HYBRID, groups=90, days=1)
    alone = plan(
        summarise(run, PriceBook.empty()), "right_rate", ("rag", "hybrid"), difference=0.05
    )
    rag, hybrid = alone.systems
    assert rag.design_effect is not None
    assert hybrid.design_effect is not None
    assert rag.design_effect > hybrid.design_effect


def test_more_repeats_of_the_same_answers_need_no_fewer_questions() -> None:
    run = planted_run(RAG, TUNED, groups=90, days=1)
    repeated = tuple(replace(record, repeat=1) for record in run.records)
    twice = replace(run, records=(*run.records, *repeated))

    def needed(of: LoadedRun) -> int:
        found = plan(summarise(of, PriceBook.empty()), "right_rate", NAMES, difference=0.05)
        pair = found.comparisons[0]
        assert pair.pilot == 180
        assert pair.needed is not None
        return pair.needed

    assert needed(twice) == pytest.approx(needed(run), rel=0.1)


def test_systems_that_never_differed_can_still_be_planned_for() -> None:
    run = planted_run(Script("a", "rag", {"current": 1.0}), Script("b", "rag", {"current": 1.0}))
    results = summarise(run, PriceBook.empty())
    pair = plan(results, "right_rate", ("a", "b"), difference=0.02).comparisons[0]
    assert pair.discordant == 0
    assert pair.needed is not None
    assert pair.needed > 400


def test_what_the_pilot_does_not_know_is_unknown() -> None:
    found = plan(pilot(), "cost_per_query", NAMES, difference=0.001)
    for one in (*found.systems, *found.comparisons):
        assert one.design_effect is None
        assert one.needed is None
    assert found.systems[0].half_width is found.comparisons[0].detectable is None


@pytest.mark.parametrize(
    ("wrong", "complaint"),
    [
        ({"metric": "latency_p50"}, "did you mean 'latency_mean'"),
        ({"systems": ["handbok"]}, "did you mean 'handbook'"),
        ({"difference": 2.0}, "cannot be 2"),
        ({"difference": 0.0}, "cannot be 0"),
        ({"power": 1.5}, "power must be between 0 and 1"),
        ({"power": 0.04}, "more than alpha"),
        ({"questions": 0}, "at least 1"),
    ],
)
def test_a_plan_that_cannot_be_made_says_why(
    office_run: Path, wrong: dict[str, object], complaint: str
) -> None:
    with pytest.raises(ConfigError, match=complaint):
        api.plan(office_run, **wrong)  # type: ignore[arg-type]
