"""Reproducibility: what exactly ran, and how to run it again."""

from __future__ import annotations

import json
import shlex
from collections.abc import Mapping
from typing import Any

from harness.reporting.components import Block, Column, Commands, Facts, Lines, Section, Table
from harness.reporting.figures import count
from harness.reporting.sections.context import Context


def reproduction(context: Context) -> Section:
    """Fingerprints, versions, machine, seeds and commands."""
    manifest = context.run.manifest
    blocks: list[Block] = [
        Commands("Commands", _commands(context)),
        Facts("Run", _run_facts(context)),
        Facts("Shared fingerprints", _entries(manifest.fingerprints)),
        _systems_table(context),
        *_tuned_models(context),
        Facts("Machine", _entries(manifest.machine)),
        Facts("Versions", _entries(manifest.versions)),
    ]
    if manifest.settings:
        blocks.append(Facts("Settings", _entries(manifest.settings)))
    if context.run.notes:
        blocks.append(
            Facts(
                "Notes of the run", tuple((str(i), n) for i, n in enumerate(context.run.notes, 1))
            )
        )
    return Section(
        id="reproduce",
        title="Reproduce",
        sentence=(
            f"The run {manifest.run_id} can be repeated with the commands below; its figures can be "
            "computed again from the stored answers without any model."
        ),
        reading=(
            "A fingerprint is a hash of the content. Two runs whose fingerprints agree measured the "
            "same thing; where one differs, that part changed and the difference between the runs "
            "is not the systems' alone."
        ),
        blocks=tuple(blocks),
        noted=False,
    )


def _commands(context: Context) -> tuple[str, ...]:
    manifest = context.run.manifest
    options = {
        "systems": ",".join(system.name for system in manifest.systems),
        "days": ",".join(day.isoformat() for day in manifest.days),
        "limit": manifest.settings.get("limit"),
        "repeats": manifest.repeats,
        "seed": manifest.seed,
    }
    suite = str(manifest.settings.get("suite") or manifest.suite)
    words = ["harness", "compare", suite]
    for name, value in options.items():
        if value is not None:
            words += [f"--{name}", str(value)]
    if manifest.settings.get("hygiene") is False:
        words.append("--no-hygiene")
    return shlex.join(words), shlex.join(["harness", "report", f"runs/{manifest.run_id}"])


def _run_facts(context: Context) -> tuple[tuple[str, str], ...]:
    manifest = context.run.manifest
    return (
        ("run", manifest.run_id),
        ("created", manifest.created),
        ("finished", manifest.finished or "not finished"),
        ("seed", str(manifest.seed)),
        ("repeats", str(manifest.repeats)),
        ("planned answers", count(manifest.planned)),
        ("recorded answers", count(len(context.run.records))),
    )


def _systems_table(context: Context) -> Table:
    counts = {
        system.name: " / ".join(
            map(count, (system.counts.attempted, system.counts.answered, system.counts.failed))
        )
        for system in context.results.systems
    }
    return Table(
        caption="Systems: settings, fingerprints and answers",
        columns=(
            Column("System", numeric=False),
            Column("Strategy", numeric=False),
            Column("Settings", numeric=False),
            Column("Fingerprints", numeric=False),
            Column("Answers", "attempted / answered / failed"),
        ),
        rows=tuple(
            (
                context.labels.get(system.name, system.name),
                system.strategy,
                Lines(tuple(f"{key}: {text}" for key, text in _entries(system.settings))),
                Lines(tuple(f"{key}: {text}" for key, text in _entries(system.fingerprints))),
                counts.get(system.name, "none"),
            )
            for system in context.run.manifest.systems
        ),
    )


def _tuned_models(context: Context) -> tuple[Facts, ...]:
    """By which names models can be asked again that a provider fine-tuned for the run."""
    preparations = context.run.manifest.preparations
    names = tuple(
        (f"{system}, {preparation.day}", preparation.fingerprints["tuned_model"])
        for system in sorted(preparations)
        for preparation in preparations[system]
        if "tuned_model" in preparation.fingerprints
    )
    return (Facts("Fine-tuned by the provider", names),) if names else ()


def _entries(mapping: Mapping[str, Any]) -> tuple[tuple[str, str], ...]:
    """What is set, by name; None is not set, nor is a table without entries."""
    return tuple((key, _plain(v)) for key, v in sorted(mapping.items()) if v not in (None, {}))


def _plain(value: object) -> str:
    """A setting as text: strings as they are, a table as its entries, anything else as JSON."""
    if isinstance(value, Mapping):
        return ", ".join(f"{key} {text}" for key, text in _entries(value))
    return value if isinstance(value, str) else json.dumps(value, sort_keys=True, default=str)
