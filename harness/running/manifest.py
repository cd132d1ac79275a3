"""The manifest: what was run, with what, on which machine; enough to tell like from unlike."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from harness.systems.base import Preparation, Strategy


@dataclass(frozen=True, slots=True)
class SystemManifest:
    """One system of the run with the fingerprints of all that shapes its answers."""

    name: str
    strategy: Strategy
    settings: Mapping[str, Any]
    fingerprints: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Manifest:
    """Written before the first answer; `preparations` and `finished` are added as they happen.

    `fingerprints` has those shared by all systems: questions, facts, corpus, prices (DESIGN rule 8).
    `planned` is the number of records of a full run. `machine` names the processor, cores, memory,
    operating system; `versions` the packages that shape a figure.
    """

    run_id: str
    suite: str
    title: str
    created: str
    seed: int
    days: tuple[date, ...]
    repeats: int
    planned: int
    systems: tuple[SystemManifest, ...]
    fingerprints: Mapping[str, str]
    versions: Mapping[str, str]
    machine: Mapping[str, str]
    settings: Mapping[str, Any] = field(default_factory=dict)
    preparations: Mapping[str, tuple[Preparation, ...]] = field(default_factory=dict)
    finished: str | None = None
