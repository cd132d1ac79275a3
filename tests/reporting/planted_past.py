"""Saved runs of a suite with a planted course of every figure, and the past of a report made of them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta

import numpy as np

from harness.history.files import Header
from harness.history.past import Past, look_back
from harness.history.store import Broken, Contents, Entry
from harness.running.manifest import Manifest, SystemManifest
from harness.statistics.estimate import Estimate

START = datetime(2026, 8, 1, 3, tzinfo=UTC)
SUITE = "releases"  # that of `planted`'s runs
LEVELS = {
    "right_rate": (0.82, 0.012),
    "stale_rate": (0.08, 0.008),
    "valid_rate": (0.93, 0.006),
    "latency_p50": (0.035, 0.0012),
    "cost_per_query": (5.2e-7, 4e-9),
}
"""The level of each figure of a flat history, and the standard deviation from run to run."""

Shift = Callable[[str, str, int], float | None]
"""By how much a figure of a system lies off its level in a run (0 is the first); None: it has none."""


def flat(_system: str, _metric: str, _run: int) -> float | None:
    return 0.0


def step(system: str, metric: str, at: int, by: float) -> Shift:
    """One figure of one system has another level from run `at` on."""
    return lambda s, m, run: by if (s, m) == (system, metric) and run >= at else 0.0


def planted_entries(
    runs: int = 14,
    systems: tuple[str, ...] = ("base", "rag", "fine-tuned"),
    shift: Shift = flat,
    *,
    pinned: int | None = 0,
    suite: str = SUITE,
    seed: int = 0,
    machines: Mapping[int, str] | None = None,
) -> tuple[Entry, ...]:
    """Nights of a suite; `machines` names the processor from a run on, and the last has the report's id."""
    rng = np.random.default_rng(seed)
    made, cpu = [], "Planted CPU"
    for run in range(runs):
        cpu = (machines or {}).get(run, cpu)
        figures: dict[str, dict[str, Estimate]] = {}
        for system in systems:
            for metric, (level, noise) in LEVELS.items():
                off, drawn = shift(system, metric, run), noise * float(rng.normal())
                if off is not None:
                    value = level + off + drawn
                    figures.setdefault(system, {})[metric] = Estimate(
                        value, value - 4 * noise, value + 4 * noise, 240, 80, "planted"
                    )
        manifest = Manifest(
            run_id="releases-planted" if run == runs - 1 else f"night{run}",
            suite=suite,
            title=suite,
            created=(START + timedelta(days=run)).isoformat(),
            seed=7,
            days=(),
            repeats=1,
            planned=1,
            systems=tuple(SystemManifest(name, "external", {}, {}) for name in figures),
            fingerprints={"questions": "q"},
            versions={},
            machine={"processor": cpu},
        )
        header = Header(manifest, figures, (), manifest.created, 240, f"{run:064}")
        made.append(Entry(run + 1, "nightly", header, pinned=run == pinned))
    return tuple(made)


def planted_past(*entries: Entry, run_id: str = "releases-planted", broken: int = 0) -> Past:
    damaged = tuple(Broken(f"runs/{i}.parquet", "damaged") for i in range(broken))
    return look_back(Contents(entries, damaged), SUITE, run_id)
