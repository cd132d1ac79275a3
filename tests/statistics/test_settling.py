"""A planted warm-up leaves the latencies, and nothing else."""

from __future__ import annotations

import random
from dataclasses import replace

import pytest
from timed import NAMES, noisy, timed_run, with_manifest

from harness.running.folder import LoadedRun
from harness.running.record import Record
from harness.scoring import PriceBook
from harness.statistics import Results, summarise
from harness.statistics.settling import Settling
from harness.statistics.table import RATES
from harness.systems.base import Timing

BOOK = PriceBook.empty()


def settling(results: Results, system: str) -> Settling:
    return next(found for found in results.latency.settling if found.system == system)


@pytest.fixture(scope="module")
def warm() -> Results:
    return summarise(timed_run(noisy(1, {})), BOOK)


@pytest.fixture(scope="module")
def cold() -> Results:
    return summarise(timed_run(noisy(1, {"rag": 4})), BOOK)


def test_the_planted_answers_are_left_out_of_that_systems_latencies(
    cold: Results, warm: Results
) -> None:
    rag, tuned = settling(cold, "rag"), settling(cold, "fine-tuned")
    assert rag.warm_up.first_day == rag.warm_up.later_days == 4
    assert tuned.cut == 0
    assert 11 <= rag.cut <= 12  # a failure is not timed
    assert rag.slowest_cut is not None
    assert rag.slowest_cut > 0.4
    answered = cold["rag"].counts.answered
    assert rag.measured == answered
    for name in ("latency_p50", "latency_p95", "latency_mean", "other_mean"):
        assert cold["rag"].metrics[name].n == answered - rag.cut
        assert cold["fine-tuned"].metrics[name] == warm["fine-tuned"].metrics[name]
    mean = cold["rag"].metrics["latency_mean"].value
    assert mean == pytest.approx(warm["rag"].metrics["latency_mean"].value, rel=0.03)
    pairs, before = (results.compare(*NAMES, "latency_mean").pairs for results in (cold, warm))
    assert before - rag.cut <= pairs < before


def test_every_rate_counts_them(cold: Results, warm: Results) -> None:
    for system in NAMES:
        for name in RATES:
            assert cold[system].metrics[name] == warm[system].metrics[name]
        assert cold[system].counts == warm[system].counts
    assert cold.compare(*NAMES, "right_rate") == warm.compare(*NAMES, "right_rate")


def test_a_note_says_how_many_and_why(cold: Results, warm: Results) -> None:
    (note,) = [note for note in cold.notes if "warm-up" in note]
    cut, measured = settling(cold, "rag").cut, settling(cold, "rag").measured
    assert "left out of all latencies as warm-up; every rate counts them." in note
    assert f"Of rag: the first 4 answers of each day, {cut} of {measured} (p = " in note
    assert not [note for note in warm.notes if "warm-up" in note]


def test_the_order_is_that_of_asking_and_not_of_the_plan() -> None:
    run = timed_run(noisy(2, {"rag": 5}))
    moved = [
        replace(record, position=len(run.records) - record.position, started=f"{place:06}")
        for place, record in enumerate(run.records)
    ]
    found = summarise(replace(run, records=tuple(moved)), BOOK)
    assert settling(found, "rag").warm_up.first_day == 5


def test_cached_and_recorded_answers_tell_nothing_of_a_warm_up() -> None:
    run = timed_run(noisy(3, {"rag": 5, "fine-tuned": 5}))
    rag, tuned = run.manifest.systems
    replayed = replace(tuned, settings={"replay": "answers.jsonl"})
    cached = tuple(
        replace(r, cached=r.cached or (r.system == "rag" and r.day == run.manifest.days[0]))
        for r in run.records
    )
    found = summarise(with_manifest(replace(run, records=cached), systems=(rag, replayed)), BOOK)
    assert [s.system for s in found.latency.settling] == ["rag"]
    assert settling(found, "rag").measured < 240
    assert settling(found, "rag").cut <= 10
    assert found.latency.overheads == ()
    assert not any(s.in_warm_up for s in found.scores if s.system == "fine-tuned")
    assert not any(s.in_warm_up for s in found.scores if s.day == run.manifest.days[0])


def test_hard_questions_that_happen_to_come_first_are_no_warm_up() -> None:
    rng = random.Random(4)
    hard = {f"g{group}q0" for group in range(6)}

    def plant(_system: str, _day: int, _place: int, record: Record) -> Timing:
        seconds = 0.8 if record.question_id in hard else 0.1
        return Timing(total=seconds * rng.lognormvariate(0, 0.1))

    def hardest_first(day: int, ids: list[str]) -> list[str]:
        return sorted(ids, key=lambda name: name not in hard) if day == 0 else ids

    found = summarise(timed_run(plant, order=hardest_first), BOOK)
    assert [s.cut for s in found.latency.settling] == [0, 0]


def drifting(rise: float) -> LoadedRun:
    rng = random.Random(5)

    def plant(system: str, _day: int, place: int, _record: Record) -> Timing:
        grown = 1 + (rise * place / 119 if system == "rag" else 0.0)
        return Timing(total=0.1 * grown * rng.lognormvariate(0, 0.05))

    return timed_run(plant)


@pytest.mark.parametrize(("rise", "words"), [(0.4, "longer"), (-0.3, "less")])
def test_drift_is_told_as_such_and_never_cut(rise: float, words: str) -> None:
    found = summarise(drifting(rise), BOOK)
    rag, tuned = found.latency.settling
    assert (rag.cut, tuned.cut) == (0, 0)
    assert (rag.drifts, tuned.drifts) == (True, False)
    assert rag.drift.low is not None
    assert rag.drift.high is not None
    assert rag.drift.low <= rise <= rag.drift.high
    (note,) = [note for note in found.notes if "At the end of a day" in note]
    assert f"{words} than at its beginning: rag {abs(rag.drift.value or 0):.0%} [" in note
    assert "fine-tuned" not in note


def test_what_holds_of_several_systems_is_told_once() -> None:
    rng = random.Random(5)

    def plant(_system: str, _day: int, place: int, _record: Record) -> Timing:
        return Timing(total=0.1 * (1 + 0.4 * place / 119) * rng.lognormvariate(0, 0.05))

    found = summarise(timed_run(plant), BOOK)
    assert all(s.drifts for s in found.latency.settling)
    (note,) = [note for note in found.notes if "At the end of a day" in note]
    names = [s.system for s in found.latency.settling]
    assert len(names) == 2
    assert all(f"{name} " in note for name in names)


def test_a_small_drift_is_not_worth_a_note() -> None:
    found = summarise(drifting(0.03), BOOK)
    assert not any("At the end of a day" in note for note in found.notes)


def test_a_start_that_does_not_end_is_told_and_left_in() -> None:
    found = summarise(timed_run(noisy(6, {"rag": 25}, times=3.0)), BOOK)
    assert settling(found, "rag").cut == 0
    assert not settling(found, "rag").warm_up.ended
    (note,) = [note for note in found.notes if "too long for a warm-up" in note]
    assert "more than 10% of a day" in note
    assert found["rag"].metrics["latency_mean"].n == found["rag"].counts.answered


def test_a_day_that_was_broken_off_does_not_spoil_the_others() -> None:
    run = timed_run(noisy(7, {"rag": 4}))
    broken = replace(run, records=run.records[: 2 * 240 + 12])
    found = settling(summarise(broken, BOOK), "rag")
    assert found.warm_up.later_days == 4
    assert 7 <= found.cut <= 8
    assert found.measured <= 240  # of the first two days
