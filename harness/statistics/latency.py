"""What a run says about time, beyond the figures of each system."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from harness.running.manifest import Manifest
from harness.statistics.overhead import Overhead, overheads
from harness.statistics.settling import Settling
from harness.statistics.table import ScoreTable

__all__ = ["Latency", "latency"]


@dataclass(frozen=True, slots=True)
class Latency:
    """`settling` and `overheads` leave out the systems whose times were not measured in the run."""

    settling: tuple[Settling, ...] = ()
    overheads: tuple[Overhead, ...] = ()


def latency(
    manifest: Manifest,
    tables: Mapping[str, ScoreTable],
    settling: tuple[Settling, ...],
    *,
    seed: int,
) -> Latency:
    """All of it; `tables` are those of the run's systems, in their order."""
    recorded = {system.name for system in manifest.systems if system.recorded}
    measured = {name: table for name, table in tables.items() if name not in recorded}
    return Latency(settling, overheads(measured, seed=seed))
