"""What two runs do not have in common, so that "we changed" and "it drifted" differ (DESIGN rule 8)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from harness.running.manifest import Manifest, SystemManifest

__all__ = ["unlike"]


def unlike(
    before: Manifest, now: Manifest, systems: Iterable[tuple[str, str]] | None = None
) -> tuple[str, ...]:
    """A phrase for each thing that differs, the shared ones first; empty where runs are alike.

    `systems` are the pairs that are compared, by their names in either run; those of the same name when None.
    """
    found = [name for name, _ in _changed(before.fingerprints, now.fingerprints)]
    found += [
        name for name in ("suite", "days", "repeats") if getattr(before, name) != getattr(now, name)
    ]
    if systems is None:
        own = {system.name for system in now.systems}
        systems = ((s.name, s.name) for s in before.systems if s.name in own)
    for a, b in systems:
        parts = _system_parts(_named(before, a), _named(now, b))
        if parts:
            name = a if a == b else f"{a} and {b}"
            found.append(f"{name} ({', '.join(parts)})")
    found += [f"{name} {a} and {b}" for name, (a, b) in _changed(before.versions, now.versions)]
    found += [f"the machine's {name}" for name, _ in _changed(before.machine, now.machine)]
    return tuple(found)


def _named(manifest: Manifest, name: str) -> SystemManifest | None:
    return next((system for system in manifest.systems if system.name == name), None)


def _system_parts(a: SystemManifest | None, b: SystemManifest | None) -> list[str]:
    if a is None or b is None:
        return []
    parts = [name for name, _ in _changed(a.fingerprints, b.fingerprints)]
    settings = _changed(a.settings, b.settings)
    return list(dict.fromkeys([*parts, *(name for name, _ in settings)]))


def _changed(a: Mapping[str, Any], b: Mapping[str, Any]) -> list[tuple[str, tuple[Any, Any]]]:
    """What differs, by name; a thing that one of them lacks is None there."""
    return [
        (name, (a.get(name), b.get(name)))
        for name in sorted(a.keys() | b.keys())
        if _plain(a.get(name)) != _plain(b.get(name))
    ]


def _plain(value: Any) -> Any:  # noqa: ANN401  (any JSON)
    """As JSON has it: a manifest that was read has lists where a new one has tuples."""
    if isinstance(value, Mapping):
        return {str(key): _plain(item) for key, item in value.items()}
    return [_plain(item) for item in value] if isinstance(value, list | tuple) else value
