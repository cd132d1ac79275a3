"""Planted truth: the best is taken, what misses is excluded, what is alike is tied, at the stated rates."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from planting import DAYS, Script, planted_run

from harness.decision import Constraint, Needs, Situation, decide, load_needs, recommendation
from harness.decision.bounds import parse_constraint
from harness.decision.choice import choose
from harness.decision.decide import Decision
from harness.decision.draws import Draws
from harness.decision.judged import kept
from harness.decision.pareto import pareto
from harness.fixtures import fixture_path
from harness.running.folder import LoadedRun
from harness.scoring import PriceBook
from harness.scoring.prices import HardwarePrice
from harness.statistics import summarise
from harness.statistics.intervals import rate
from harness.systems.base import Preparation

BOOK = PriceBook("Planted", (HardwarePrice("*", 0.05, "planted", DAYS[0]),))
NAMES = ("a", "b", "c")
BASE = Script("base", "base", {"current": 0.1, "abstained": 0.2}, valid=0.6, seconds=0.02)
RAG = Script("rag", "rag", {"current": 0.93, "stale": 0.01}, valid=1.0, seconds=0.05)
TUNED = Script("fine-tuned", "fine-tuned", {"current": 0.55, "stale": 0.35}, seconds=0.02)
HYBRID = Script("hybrid", "hybrid", {"current": 0.93, "stale": 0.01}, seconds=0.05)
SHIPPED = ("wiki", "classifier", "compliance")


def drawn(truth: np.ndarray, rng: np.random.Generator) -> Draws:
    """What a run of these true values measures with an error of one, and its resamples."""
    points = truth + rng.normal(0.0, 1.0, truth.shape)
    values = points + rng.normal(0.0, 1.0, (200, *truth.shape))
    return Draws(NAMES[: len(truth)], ("latency_mean", "latency_p50"), points, values)


def counted(metrics: int) -> Needs:
    return Needs(prefer=("latency_mean", "latency_p50")[:metrics])


def test_a_planted_best_is_taken_and_a_dominated_one_never() -> None:
    """Ahead by six errors on everything: of 60 runs fewer than 5 may miss it, none may take another."""
    rng = np.random.default_rng(3)
    truth = np.array([[40.0, 40.0], [46.0, 46.0], [52.0, 52.0]])
    taken = [choose([drawn(truth, rng)], counted(2), NAMES, seed=seed).system for seed in range(60)]
    assert taken.count("a") > 55
    assert set(taken) <= {"a", None}


def test_twins_ahead_of_a_third_are_tied_at_the_stated_rate() -> None:
    """5 % at most: of 80 more than 11 would be a chance of one in a thousand."""
    rng = np.random.default_rng(4)
    truth = np.array([[40.0, 40.0], [40.0, 40.0], [60.0, 60.0]])
    found = [choose([drawn(truth, rng)], counted(2), NAMES, seed=seed) for seed in range(80)]
    assert sum(choice.system is not None for choice in found) <= 11
    assert all(choice.system != "c" and "c" not in choice.level for choice in found)


def test_domination_is_claimed_of_what_is_dominated_and_seldom_of_twins() -> None:
    rng = np.random.default_rng(5)
    beaten = np.array([[40.0, 40.0], [50.0, 50.0]])
    twins = np.array([[40.0, 40.0], [40.0, 40.0]])
    found = [pareto(drawn(beaten, rng)).dominated for _ in range(100)]
    assert sum(one == (("b", "a"),) for one in found) > 90
    assert sum(bool(pareto(drawn(twins, rng)).dominated) for _ in range(200)) <= 20


@pytest.mark.parametrize("n", [60, 300])
def test_a_rate_at_its_bound_is_decided_no_more_often_than_stated(n: int) -> None:
    """An interval of 95 %: of 400 runs more than 36 decisions would be a chance of one in a thousand."""
    rng = np.random.default_rng(n)
    bound = Constraint("right_rate", "at least", 0.8, "")
    decided = 0
    for _ in range(400):
        values = (rng.random(n) < 0.8).astype(float)
        decided += kept(rate(values, np.arange(n)), bound) != "undecided"
    assert decided <= 36


def test_a_rate_well_off_its_bound_is_met_or_missed() -> None:
    rng = np.random.default_rng(8)
    bound = Constraint("right_rate", "at least", 0.8, "")
    for truth, wanted in ((0.65, "missed"), (0.92, "met")):
        found = [
            kept(rate((rng.random(200) < truth).astype(float), np.arange(200)), bound)
            for _ in range(200)
        ]
        assert found.count(wanted) > 180
        assert not {"met", "missed"} - {wanted} & set(found)


# The three shipped files of constraints, on two runs of the same systems with different seeds


def trained(run: LoadedRun, examples: int) -> LoadedRun:
    made = {
        script.name: (Preparation(DAYS[0], training_seconds=60.0, examples=examples, tokens=9),)
        for script in (TUNED, HYBRID)
    }
    indexed = {RAG.name: (Preparation(DAYS[0], index_seconds=3.0, documents=9),), BASE.name: ()}
    return replace(run, manifest=replace(run.manifest, preparations=indexed | made))


@pytest.fixture(scope="module")
def reruns() -> list[LoadedRun]:
    scripts = (BASE, RAG, TUNED, HYBRID)
    return [
        trained(planted_run(*scripts, groups=150, size=1, days=1, seed=seed), 3_000)
        for seed in (1, 2)
    ]


def decided(run: LoadedRun, name: str, seed: int = 1) -> Decision:
    needs = load_needs(fixture_path(f"constraints/{name}.toml"))
    return decide(run, summarise(run, BOOK), BOOK, needs, seed=seed)


@pytest.mark.parametrize("name", SHIPPED)
def test_the_shipped_needs_get_a_reasoned_answer_and_the_same_on_a_rerun(
    reruns: list[LoadedRun], name: str
) -> None:
    first, second = (decided(run, name, seed) for seed, run in enumerate(reruns, 1))
    named = {found.choice.system for found in (first, second)} - {None}
    assert len(named) <= 1  # another seed may leave it undecided, never turn it round
    for found in (first, second):
        assert found.text.startswith(("Take ", "Undecided", "It depends", "None of these"))
        assert found.flips or found.shifts or found.choice.why == "nobody"
        assert all(reasons for reasons in found.out.values())
    expected = {
        "wiki": {"rag", "hybrid"},  # alike by planting: either, or both level
        "classifier": set(),  # no corpus, and the tuned one is right too seldom
        "compliance": {"rag", "hybrid"},  # as above: there are the examples that the hybrid takes
    }[name]
    assert named <= expected
    for found in (first, second):
        assert set(found.choice.level) <= expected | named


def test_what_is_so_flips_the_choice_too(reruns: list[LoadedRun]) -> None:
    asked = Needs(
        constraints=(parse_constraint("right_rate >= 85%"),),
        situation=Situation(corpus=False, labelled_examples=1_000),
    )
    run = reruns[0]
    found = decide(run, summarise(run, BOOK), BOOK, asked, seed=1)
    assert found.choice.why == "nobody"
    (shift,) = found.shifts
    assert shift.then == ("rag",)  # the hybrid would need more examples as well
    assert shift.words == "if there were a corpus to search: the choice is rag"
    again = replace(asked, situation=Situation(corpus=True, labelled_examples=1_000))
    assert decide(run, summarise(run, BOOK), BOOK, again, seed=1).choice.system == "rag"


def test_the_first_page_says_what_the_decision_says(reruns: list[LoadedRun]) -> None:
    found = decided(reruns[0], "compliance")
    page = recommendation(found)
    assert page.choice == found.choice.system
    assert page.checks == found.checks
    assert found.text in page.text
    assert set(page.changes) == {one.words for one in (*found.flips, *found.shifts)}


def test_from_answers_to_the_choice_the_stated_rates_hold() -> None:
    """Eight runs, each decided from its answers on; at 5 % more than 3 wrong are a chance of 1 in 2,000.

    Of 100 such runs (60 groups, 5 metrics) one told the twins apart, 97 took the best and none was
    for what is beaten, which was called dominated in all.
    """
    twin = Script("twin", "rag", {"current": 0.85, "stale": 0.03}, alike=0.3, seconds=0.05)
    beaten = Script("beaten", "fine-tuned", {"current": 0.6, "stale": 0.3}, 0.7, seconds=0.12)
    best = Script("best", "hybrid", {"current": 0.97}, seconds=0.03)
    needs = Needs(constraints=(parse_constraint("stale_rate <= 90%"),))
    told = missed = 0
    for seed in range(8):
        tie, lead = (
            planted_run(*scripts, groups=60, days=1, seed=seed)
            for scripts in ((twin, replace(twin, name="other"), beaten), (best, twin, beaten))
        )
        level = decide(tie, summarise(tie, BOOK), BOOK, needs, seed=seed)
        told += level.choice.system is not None
        assert "beaten" not in {level.choice.system, *level.choice.level}
        ahead = decide(lead, summarise(lead, BOOK), BOOK, needs, seed=seed)
        missed += ahead.choice.system != "best"
        assert ahead.choice.system in {"best", None}
        assert ahead.front is not None
        assert "beaten" in dict(ahead.front.dominated)
    assert told <= 3
    assert missed <= 3
