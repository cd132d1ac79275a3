"""Snapshots and entries with a planted truth, without a run."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any

import numpy as np

from harness.history.files import Header
from harness.history.snapshot import Kept, Snapshot
from harness.history.store import Entry
from harness.running.manifest import Manifest, SystemManifest
from harness.scoring.score import Cost, Freshness, Score, Strictness
from harness.statistics.estimate import Estimate
from harness.statistics.intervals import rate
from harness.systems.base import Timing, Usage

DAY = date(2026, 6, 1)
START = datetime(2026, 1, 1, 3, tzinfo=UTC)
LADDER = Strictness(
    strict=False, raw=False, extractable=False, schema_valid=False, formats_valid=False, right=False
)


def manifest(systems: Sequence[str], run_id: str, suite: str = "office", **more: Any) -> Manifest:  # noqa: ANN401  (any field)
    fields: dict[str, Any] = {
        "created": START.isoformat(),
        "days": (DAY,),
        "systems": tuple(SystemManifest(name, "external", {}, {}) for name in systems),
        "fingerprints": {"questions": "q1"},
        "versions": {"numpy": "2"},
        "machine": {"cores": "2"},
    }
    return Manifest(
        run_id=run_id,
        suite=suite,
        title=suite,
        seed=7,
        repeats=1,
        planned=1,
        **fields | more,
    )


def snapshot(
    right: Mapping[str, Sequence[bool]],
    run_id: str = "run",
    *,
    day: date = DAY,
    kinds: Sequence[str] = ("room",),
    size: int = 1,
    **more: Any,  # noqa: ANN401  (any field of a manifest)
) -> Snapshot:
    """Question i of each system is right as given, of kind `kinds[i % len(kinds)]`, in groups of `size`."""
    answers = []
    for system, outcomes in right.items():
        for i, good in enumerate(outcomes):
            label = "current" if good else "stale"
            text = f"Room {i}" if good else f"Room {i} of old"
            score = Score(
                system=system,
                question_id=f"q{i:03}",
                cluster=f"g{i // size:03}",
                kind=kinds[i % len(kinds)],
                day=day,
                repeat=0,
                answerable=True,
                right=bool(good),
                relaxed=bool(good),
                freshness=Freshness(label, matched=text),
                strictness=LADDER,
                timing=Timing(0.001, 0.01, 0.02, 0.03, 0.062),
                cost=Cost(None, "no price"),
            )
            answers.append(
                Kept(score, len(answers), "2026-06-01T00:00:00", f"Where is team {i}?", text, "",
                     "stop", ("d1",), Usage(10, 2), 1)
            )  # fmt: skip
    figures = {
        system: {
            "right_rate": rate(outcomes, np.arange(len(outcomes)) // size),
            "stale_rate": rate(~np.asarray(outcomes, dtype=bool), np.arange(len(outcomes)) // size),
        }
        for system, outcomes in right.items()
    }
    made = manifest(tuple(right), run_id, days=(day,), **more)
    return Snapshot(made, figures, (), tuple(answers))


def entries(
    values: Sequence[float | None],
    *,
    system: str = "rag",
    suite: str = "office",
    pinned: int | None = None,
    every: timedelta = timedelta(days=1),
) -> list[Entry]:
    """Saved runs, a night apart, whose right rate was as given; None where the system was missing."""
    made = []
    for i, value in enumerate(values):
        figures = (
            {}
            if value is None
            else {
                system: {
                    "right_rate": Estimate(value, value - 0.05, value + 0.05, 99, 99, "as told")
                }
            }
        )
        night = manifest((system,), f"run{i}", suite, created=(START + i * every).isoformat())
        header = Header(night, figures, (), START.isoformat(), 99, f"{i:064}")
        made.append(Entry(i + 1, "nightly", header, pinned=i == pinned))
    return made
