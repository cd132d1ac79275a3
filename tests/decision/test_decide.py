"""Decisions on runs with a planted best, a dominated system, twins, and bounds that exclude."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from planting import DAYS, Script, planted_run

from harness.decision import Decision, Needs, Situation, decide, recommendation
from harness.decision.bounds import parse_constraint
from harness.decision.choice import choose
from harness.decision.draws import Draws, draw
from harness.running.folder import LoadedRun
from harness.scoring import PriceBook
from harness.scoring.prices import HardwarePrice
from harness.statistics import Results, summarise

BOOK = PriceBook("Planted", (HardwarePrice("*", 36.0, "planted", DAYS[0]),))
BEST = Script("best", "hybrid", {"current": 0.95}, seconds=0.03)
BEATEN = Script("beaten", "rag", {"current": 0.6, "stale": 0.2}, valid=0.7, seconds=0.06)
DEAR = Script("dear", "rag", {"current": 0.99}, seconds=0.6)
LOOSE = ("stale_rate <= 90%",)


def needs(*constraints: str, **rest: object) -> Needs:
    return Needs(constraints=tuple(map(parse_constraint, constraints or LOOSE)), **rest)  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def run() -> LoadedRun:
    return planted_run(BEATEN, BEST, DEAR, groups=150, days=2)


@pytest.fixture(scope="module")
def results(run: LoadedRun) -> Results:
    return summarise(run, BOOK)


@pytest.fixture(scope="module")
def sets(results: Results) -> list[Draws]:
    return [draw(results, ("right_rate",), seed=seed) for seed in (1, 2)]


def made(run: LoadedRun, results: Results, asked: Needs, seed: int = 1) -> Decision:
    return decide(run, results, BOOK, asked, seed=seed)


def test_the_planted_best_is_taken_whatever_the_weights_and_seed(
    run: LoadedRun, results: Results
) -> None:
    for seed in (1, 2):
        found = made(run, results, needs("latency_p95 <= 300 ms"), seed)
        assert (found.choice.system, found.choice.why) == ("best", "ahead")
        assert not found.provisional
        assert found.pool == ("beaten", "best")
        assert found.front is not None
        assert found.front.front == ("best",)
        assert found.front.dominated == (("beaten", "best"),)
        assert list(found.out) == ["dear"]
        assert found.text.startswith("Take best. It keeps all that was asked for.")


def test_everyone_is_ranked_whatever_was_asked_for(run: LoadedRun, results: Results) -> None:
    alone = made(run, results, needs("right_rate >= 80%", "latency_p95 <= 300 ms"))
    assert alone.pool == ("best",)
    everyone = alone.everyone
    assert everyone is not None
    assert everyone.systems == ("beaten", "best", "dear")
    assert everyone.front.front == ("best", "dear")
    assert everyone.front.dominated == (("beaten", "best"),)
    assert [one.system for one in everyone.standings] == ["beaten", "best", "dear"]
    assert all(sum(one.ranks) == pytest.approx(1) for one in everyone.standings)
    told = recommendation(alone)
    assert told.everyone is everyone
    assert told.compared is not None
    assert (told.compared.systems, told.compared.standings) == (("best",), ())
    all_of_them = recommendation(made(run, results, needs()))
    assert all_of_them.compared is all_of_them.everyone
    nobody = recommendation(made(run, results, needs("latency_p95 <= 1 ms")))
    assert nobody.compared is None
    assert nobody.everyone is not None


def test_a_trade_off_depends_on_what_counts_more_and_is_settled_by_saying_so(
    run: LoadedRun, results: Results
) -> None:
    # Right 4 points more often, at twenty times the cost.
    both = {"right_rate": (0.0, 1.0), "cost_per_query": (0.0, 1.0)}
    open_ = made(run, results, needs("right_rate >= 80%", weights=both))
    assert open_.choice.system is None
    assert open_.choice.why == "depends on weights"
    assert set(open_.choice.level) == {"best", "dear"}
    assert open_.text.startswith("It depends on what counts more")
    right = made(run, results, needs(prefer=("right_rate",)))
    assert right.choice.system == "dear"
    cheap = made(run, results, needs(prefer=("cost_per_query",)))
    assert cheap.choice.system == "best"


def test_when_everything_misses_nobody_is_taken(run: LoadedRun, results: Results) -> None:
    found = made(run, results, needs("latency_p95 <= 1 ms"))
    assert (found.choice.system, found.choice.why) == (None, "nobody")
    assert set(found.out) == {"beaten", "best", "dear"}
    assert any("best" in flip.then for flip in found.flips)


def test_the_only_one_left_is_taken(run: LoadedRun, results: Results) -> None:
    found = made(run, results, needs("right_rate >= 80%", "latency_p95 <= 300 ms"))
    assert (found.choice.system, found.choice.why) == ("best", "alone")


def test_the_situation_excludes_before_anything_is_compared(
    run: LoadedRun, results: Results
) -> None:
    found = made(run, results, needs(situation=Situation(corpus=False)))
    assert (found.choice.system, found.choice.why) == (None, "nobody")
    assert found.out["best"] == ("it searches a corpus, and there is none",)


def test_an_undecided_bound_makes_it_provisional_and_says_how_many_questions_tell(
    run: LoadedRun, results: Results
) -> None:
    low = results["best"].metrics["right_rate"].low
    value = results["best"].metrics["right_rate"].value
    assert low is not None
    assert value is not None
    bound = (low + value) / 2
    found = made(run, results, needs(f"right_rate >= {bound:.6f}", "latency_p95 <= 300 ms"))
    assert (found.choice.system, found.provisional) == ("best", True)
    (measure,) = found.measure
    # Half way to the bound: four times as many tell every second time; 4 times in 5 takes more.
    assert measure.questions is not None
    assert measure.questions > 4 * len(run.questions)
    assert "questions a day would tell, 4 times in 5; this run had 300" in found.text
    assert found.text.startswith("Take best, for now: it is the only one that may keep all")


def test_the_bounds_that_flip_the_choice_are_the_nearest_ones(
    run: LoadedRun, results: Results
) -> None:
    asked = needs("latency_p95 <= 300 ms", "right_rate >= 80%", prefer=("right_rate",))
    found = made(run, results, asked)
    assert found.choice.system == "best"
    assert found.flips
    for flip in found.flips:
        for share, same in ((0.999, True), (1.001, False)):
            # Just short of the bound the choice stands, just past it it does not.
            bound = flip.constraint.bound + (flip.bound - flip.constraint.bound) * share
            moved = replace(flip.constraint, bound=bound)
            constraints = tuple(moved if c == flip.constraint else c for c in asked.constraints)
            again = made(run, results, replace(asked, constraints=constraints))
            now = (again.choice.system, again.provisional) == ("best", False)
            assert now == same, flip
    looser = [flip for flip in found.flips if flip.constraint.metric == "latency_p95"]
    assert results["dear"].metrics["latency_p95"].low in {flip.bound for flip in looser} or (
        results["dear"].metrics["latency_p95"].high in {flip.bound for flip in looser}
    )


def test_a_measurement_that_moves_so_far_makes_the_rival_worth_as_much(
    run: LoadedRun, results: Results
) -> None:
    found = made(run, results, needs("latency_p95 <= 300 ms", prefer=("right_rate",)))
    (move,) = found.moves
    assert (move.metric, move.rival) == ("right_rate", "beaten")
    assert move.to == pytest.approx(results["beaten"].metrics["right_rate"].value)


def test_the_same_input_gives_the_same_decision(run: LoadedRun, results: Results) -> None:
    assert made(run, results, needs()) == made(run, results, needs())


def test_draws_that_disagree_leave_it_undecided(sets: list[Draws]) -> None:
    one = sets[0].among(("best", "beaten"))
    swapped = replace(one, values=one.values[:, ::-1], points=one.points[::-1])
    found = choose([one, swapped], needs(prefer=("right_rate",)), one.systems, seed=1)
    assert (found.system, found.why) == (None, "too close")
    assert set(found.level) == {"best", "beaten"}


@pytest.mark.parametrize("systems", [2, 3, 5])
def test_systems_that_are_alike_are_told_apart_no_more_often_than_stated(systems: int) -> None:
    """5 % at most: of 400 more than 34 would be a chance of one in a thousand."""
    rng = np.random.default_rng(systems)
    names = tuple("abcde"[:systems])
    told = 0
    for seed in range(400):
        # Measured with an error of one (of 100), and resampled with the same error.
        points = rng.normal(50.0, 1.0, (systems, 1))
        values = points + rng.normal(0.0, 1.0, (2000, systems, 1))
        drawn = Draws(names, ("latency_mean",), points, values)
        told += (
            choose([drawn], needs(prefer=("latency_mean",)), names, seed=seed).system is not None
        )
    assert told <= 34


def test_twins_of_a_run_are_seldom_told_apart() -> None:
    """Of 12 runs more than 3 would be a chance of one in five hundred at 5 %."""
    twin = Script("twin", "rag", {"current": 0.8}, alike=0.3)
    told = 0
    for seed in range(12):
        run = planted_run(twin, replace(twin, name="other"), groups=20, days=1, seed=seed)
        results = summarise(run, BOOK)
        sets = [draw(results, ("right_rate",), seed=s) for s in (seed, seed + 1)]
        found = choose(sets, needs(prefer=("right_rate",)), ("twin", "other"), seed=seed)
        told += found.system is not None
    assert told <= 3


def test_twins_in_everything_are_reported_as_level_with_what_would_tell() -> None:
    run = planted_run(BEST, replace(BEST, name="twin"), groups=60, days=1)
    found = made(run, summarise(run, BOOK), needs(), seed=3)
    assert found.choice.system is None
    assert set(found.choice.level) == {"best", "twin"}
    assert found.text.startswith(("Undecided", "It depends"))


def test_with_a_handful_of_groups_nothing_is_decided() -> None:
    run = planted_run(BEST, BEATEN, groups=4)
    found = made(run, summarise(run, BOOK), needs())
    assert (found.choice.system, found.choice.why) == (None, "too close")
