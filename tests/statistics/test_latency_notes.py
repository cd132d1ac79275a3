"""When the client was the bottleneck, the reader is told."""

from __future__ import annotations

import random

import pytest
from timed import timed_run, with_manifest

from harness.running.folder import LoadedRun
from harness.running.lag import LoopLag
from harness.running.record import Record
from harness.scoring import PriceBook
from harness.statistics import summarise
from harness.systems.base import Timing


def run(queue: float = 0.0) -> LoadedRun:
    rng = random.Random(1)

    def plant(system: str, _day: int, _place: int, _record: Record) -> Timing:
        waited = queue * rng.uniform(0.8, 1.2) if system == "rag" else 0.0
        return Timing(queue=waited, total=waited + 0.2 * rng.uniform(0.9, 1.1))

    return timed_run(plant, groups=30)


def told(of: LoadedRun, word: str) -> list[str]:
    return [note for note in summarise(of, PriceBook.empty()).notes if word in note]


def lagging(p99: float, *systems: str) -> LoadedRun:
    calm = LoopLag(("rag", "fine-tuned"), 100, 0.0, 0.0, 0.5)
    return with_manifest(run(), loop_lag=(calm, LoopLag(systems, 100, 0.0, p99, 0.5)))


def test_a_client_that_was_late_names_the_systems_that_were_asked_from_its_loop() -> None:
    (note,) = told(lagging(0.03, "rag"), "client")
    assert note.startswith("rag: the client itself was late.")
    assert "30 ms late or more" in note
    assert "concurrency" in note


@pytest.mark.parametrize("of", [lagging(0.015, "rag"), lagging(5.0), run()])
def test_a_client_that_was_in_time_or_asked_nobody_is_not_mentioned(of: LoadedRun) -> None:
    assert told(of, "client") == []


def test_a_queue_in_the_client_is_told_beside_the_latency_without_it() -> None:
    (note,) = told(run(queue=0.1), "waited")
    assert note.startswith("rag: before it was asked a question waited 100 ms [")
    assert note.endswith(" ms on average) are without that.")


@pytest.mark.parametrize("queue", [0.0, 0.01])
def test_a_short_queue_is_not_worth_a_note(queue: float) -> None:
    assert told(run(queue=queue), "waited") == []
