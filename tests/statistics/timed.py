"""Runs whose every answer takes a planted time."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from dataclasses import replace

from planting import Script, planted_run

from harness.running.folder import LoadedRun
from harness.running.manifest import Manifest
from harness.running.record import Record
from harness.systems.base import Timing

Plant = Callable[[str, int, int, Record], Timing]
"""The timing of a record, from its system, the number of its day, and how many came before it then."""

NAMES = ("rag", "fine-tuned")


def timed_run(
    plant: Plant,
    *,
    groups: int = 60,
    days: int = 3,
    order: Callable[[int, list[str]], list[str]] | None = None,
) -> LoadedRun:
    """Two systems answer two questions a group on each day, one after the other.

    `order` orders the questions of a day; at random, as a plan does, where it is None.
    """
    scripts = [Script(name, "rag", {"current": 0.7, "failed": 0.02}) for name in NAMES]
    run = planted_run(*scripts, groups=groups, days=days)
    given = {record.key: record for record in run.records}
    ids = [question.id for question in run.questions]
    records: list[Record] = []
    for number, day in enumerate(run.manifest.days):
        shuffled = random.Random(number).sample(ids, len(ids))
        for place, question in enumerate(order(number, shuffled) if order else shuffled):
            for name in NAMES:
                record = given[name, question, day.isoformat(), 0]
                answer = replace(record.answer, timing=plant(name, number, place, record))
                records.append(replace(record, answer=answer, position=len(records)))
    return replace(run, records=tuple(records))


def noisy(seed: int, first: Mapping[str, int], times: float = 8.0) -> Plant:
    """A tenth of a second or so; the `first` answers of a system on each day take `times` as long."""
    rng = random.Random(seed)

    def plant(system: str, _day: int, place: int, _record: Record) -> Timing:
        seconds = 0.1 * rng.lognormvariate(0, 0.3)
        return Timing(total=seconds * (times if place < first.get(system, 0) else 1))

    return plant


def with_manifest(run: LoadedRun, **changes: object) -> LoadedRun:
    manifest: Manifest = replace(run.manifest, **changes)  # type: ignore[arg-type]
    return replace(run, manifest=manifest)
