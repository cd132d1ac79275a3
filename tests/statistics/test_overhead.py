"""What was planted into the stages of two systems comes back, and adds up."""

from __future__ import annotations

import random

import pytest
from timed import NAMES, Plant, timed_run

from harness.running.record import Record
from harness.scoring import PriceBook
from harness.statistics import Results, summarise
from harness.statistics.overhead import Overhead
from harness.systems.base import Timing

BOOK = PriceBook.empty()
RAG = {"retrieve": 0.009, "first_token": 0.190, "decode": 0.073}
TUNED = {"retrieve": 0.0, "first_token": 0.040, "decode": 0.020}


def rag_over_tuned(results: Results) -> Overhead:
    (found,) = results.latency.overheads
    assert (found.a, found.b) == NAMES
    turned = found.reversed()
    assert turned.reversed() == found
    return turned


def added_up(found: Overhead) -> float:
    return sum(e.value or 0.0 for e in (*found.stages.values(), found.other))


def planted(**of_rag: float) -> Plant:
    """Both systems tell three stages; the first has the times `of_rag` besides, and what is left over."""
    rng = random.Random(1)

    def plant(system: str, _day: int, _place: int, _record: Record) -> Timing:
        means = RAG | of_rag if system == "rag" else TUNED
        told = {name: seconds * rng.uniform(0.5, 1.5) for name, seconds in means.items()}
        return Timing(**told, total=sum(told.values()) + 0.003 * rng.random())

    return plant


def test_planted_stages_come_back_and_add_up_to_the_whole() -> None:
    found = rag_over_tuned(summarise(timed_run(planted()), BOOK))
    assert tuple(found.stages) == ("retrieve", "first_token", "decode")
    for stage, estimate in found.stages.items():
        assert estimate.value == pytest.approx(RAG[stage] - TUNED[stage], rel=0.1)
    assert found.total.value == pytest.approx(0.212, rel=0.05)
    assert found.other.value == pytest.approx(0, abs=0.001)
    assert added_up(found) == pytest.approx(found.total.value)


def test_the_queue_is_apart() -> None:
    found = rag_over_tuned(summarise(timed_run(planted(queue=0.5)), BOOK))
    assert found.queue.value == pytest.approx(0.5, rel=0.05)
    assert found.total.value == pytest.approx(0.212, rel=0.05)
    assert added_up(found) == pytest.approx(found.total.value)


def test_a_stage_that_one_of_them_does_not_tell_is_in_other() -> None:
    results = summarise(timed_run(planted(connect=0.05)), BOOK)
    found = rag_over_tuned(results)
    assert "connect" not in found.stages
    assert found.other.value == pytest.approx(0.05, rel=0.1)
    assert added_up(found) == pytest.approx(found.total.value)
    assert results["rag"].metrics["connect_mean"].value == pytest.approx(0.05, rel=0.1)
    assert results["fine-tuned"].metrics["connect_mean"].method == "its answers do not tell it"
    assert [n for n in results.notes if "connect_mean" in n] == [
        "connect_mean is not shown for fine-tuned: its answers do not tell it."
    ]


def test_a_stage_that_is_told_of_some_answers_only_is_in_other_too() -> None:
    everywhere = planted()

    def plant(system: str, day: int, place: int, record: Record) -> Timing:
        told = everywhere(system, day, place, record)
        if system == "rag" and place == 7:
            return Timing(total=told.total, retrieve=told.retrieve, decode=told.decode)
        return told

    found = rag_over_tuned(summarise(timed_run(plant), BOOK))
    assert tuple(found.stages) == ("retrieve", "decode")
    assert added_up(found) == pytest.approx(found.total.value)


def test_systems_that_tell_no_stage_have_an_overhead_all_the_same() -> None:
    rng = random.Random(2)

    def plant(system: str, _day: int, _place: int, _record: Record) -> Timing:
        return Timing(total=(0.3 if system == "rag" else 0.1) * rng.uniform(0.9, 1.1))

    results = summarise(timed_run(plant), BOOK)
    found = rag_over_tuned(results)
    assert found.stages == {}
    assert found.other == found.total
    assert found.total.value == pytest.approx(0.2, rel=0.05)
    assert not any("_mean is not shown" in note for note in results.notes)


def test_without_a_measured_pair_nothing_is_stated() -> None:
    run = timed_run(planted(), groups=12)
    alone = tuple(record for record in run.records if record.system == "rag")
    results = summarise(type(run)(run.manifest, run.questions, alone, ()), BOOK)
    (found,) = results.latency.overheads
    assert found.total.value is None
    assert found.stages == {}
