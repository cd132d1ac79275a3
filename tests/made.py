"""What a command has made, in order."""

from __future__ import annotations

from pathlib import Path

from harness.running.folder import MANIFEST


def runs_made(folder: Path) -> list[Path]:
    """The runs in `folder`, the oldest first; by name, two of the same second stand in any order."""
    return sorted(folder.glob("*"), key=lambda run: (run / MANIFEST).stat().st_mtime_ns)
