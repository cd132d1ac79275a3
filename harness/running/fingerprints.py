"""Content fingerprints of what all systems of a run share (DESIGN rule 8)."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import astuple
from pathlib import Path
from typing import Any

from harness.world.corpus import Corpus
from harness.world.facts import Timeline


def facts_fingerprint(timeline: Timeline) -> str:
    """SHA-256 (first 16 hex digits) of all histories, whatever their order."""
    histories = sorted(timeline, key=lambda history: history.key)
    return _digest(astuple(history) for history in histories)


def corpus_fingerprint(corpus: Corpus) -> str:
    """SHA-256 (first 16 hex digits) of all documents, oldest first."""
    return _digest(astuple(document) for document in corpus)


def file_fingerprint(path: Path) -> str:
    """SHA-256 (first 16 hex digits) of a file's bytes."""
    return hashlib.sha256(path.read_bytes()).hexdigest()[:16]


def differences(before: Mapping[str, str], now: Mapping[str, str]) -> list[str]:
    """What changed, one phrase each: `corpus (was 1f2e..., is 9a8b...)`; empty when nothing did."""
    return [
        f"{name} (was {before.get(name, 'absent')}, is {now.get(name, 'absent')})"
        for name in differing(before, now)
    ]


def differing(before: Mapping[str, str | None], now: Mapping[str, str | None]) -> list[str]:
    """The names of what is not the same in both, in alphabetical order."""
    return [n for n in sorted(before.keys() | now.keys()) if before.get(n) != now.get(n)]


def _digest(items: Iterable[Any]) -> str:
    digest = hashlib.sha256()
    for item in items:
        digest.update(json.dumps(item, default=str).encode())
    return digest.hexdigest()[:16]
