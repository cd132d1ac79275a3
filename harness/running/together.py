"""Runs of the same questions on the same days, read as one, so that their systems stand side by side."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace

from harness.errors import RunError
from harness.running.folder import LoadedRun
from harness.running.manifest import Manifest, SystemManifest
from harness.running.record import Record
from harness.systems.base import Preparation

NOTE = (
    "the answers come from {count} runs ({names}) that were not interleaved: where latencies differ, the "
    "hour and the machine may be why"
)


def together(runs: Sequence[LoadedRun]) -> LoadedRun:
    """One run that has the systems of all; a name that several runs have gets its run's id.

    Everything else is that of the first. Raises `RunError` where the runs do not ask the same questions
    on the same days as often: figures over unlike questions must not stand in one table.
    """
    first, *others = runs
    for other in others:
        _refuse_unlike(first, other)
    systems: list[SystemManifest] = []
    preparations: dict[str, tuple[Preparation, ...]] = {}
    records: list[Record] = []
    offset = 0
    for run, names in zip(runs, names_together([run.manifest for run in runs]), strict=True):
        systems += [replace(system, name=names[system.name]) for system in run.manifest.systems]
        preparations |= {names[name]: made for name, made in run.manifest.preparations.items()}
        records += [
            replace(record, system=names[record.system], position=offset + record.position)
            for record in run.records
        ]
        offset += run.manifest.planned
    manifest = replace(
        first.manifest,
        systems=tuple(systems),
        preparations=preparations,
        planned=sum(run.manifest.planned for run in runs),
        loop_lag=tuple(lag for run in runs for lag in run.manifest.loop_lag),
    )
    ids = ", ".join(run.manifest.run_id for run in runs)
    notes = [NOTE.format(count=len(runs), names=ids)] if others else []
    books = {run.manifest.fingerprints.get("prices") for run in runs}
    if len(books) > 1:
        notes.append(
            f"the runs have different price books: all costs are by that of {first.manifest.run_id}"
        )
    notes += [note for run in runs for note in run.notes]
    return LoadedRun(manifest, first.questions, tuple(records), tuple(notes))


def names_together(manifests: Sequence[Manifest]) -> tuple[Mapping[str, str], ...]:
    """What each system of each run is called where the runs are read as one."""
    taken = Counter(system.name for manifest in manifests for system in manifest.systems)
    return tuple(
        {
            system.name: system.name if taken[system.name] == 1 else f"{system.name} ({manifest.run_id})"
            for system in manifest.systems
        }
        for manifest in manifests
    )  # fmt: skip


def _refuse_unlike(a: LoadedRun, b: LoadedRun) -> None:
    if a.manifest.run_id == b.manifest.run_id:
        raise RunError(f"run {a.manifest.run_id} is named twice")
    unlike = [
        name
        for name in ("days", "repeats")
        if getattr(a.manifest, name) != getattr(b.manifest, name)
    ]
    if a.manifest.fingerprints.get("questions") != b.manifest.fingerprints.get("questions"):
        unlike.insert(0, "questions")
    if unlike:
        raise RunError(
            f"runs {a.manifest.run_id} and {b.manifest.run_id} cannot stand in one report, these differ: "
            f"{', '.join(unlike)}; to compare what they have in common: harness diff, or --baseline"
        )
