"""Energy from the processor's own counters, where the machine lets them be read.

Linux counts microjoules for each processor package under `/sys/class/powercap` (RAPL). The count is
of the whole package, so other programs on the machine are in it, and memory or a GPU is not. On
most machines only the administrator may read it: energy is then unknown, never 0.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Final

POWERCAP: Final = Path("/sys/class/powercap")
_MICRO: Final = 1e-6


class EnergyMeter:
    """Counts from its making on."""

    def __init__(self, root: Path | None = None) -> None:
        self._root = root or POWERCAP
        self._start = _counters(self._root)

    @property
    def tells(self) -> bool:
        """Whether this machine lets its counters be read."""
        return bool(self._start)

    def joules(self) -> float | None:
        """Joules since this meter was made; None where the machine does not tell.

        A counter starts again at 0 when it is full, after an hour or so at full load; one such turn
        is made good, more within one measurement cannot be seen.
        """
        now = _counters(self._root)
        if not self._start or now.keys() != self._start.keys():
            return None
        return sum(
            (count - before if count >= before else count + full - before) * _MICRO
            for (count, full), (before, _) in ((now[name], self._start[name]) for name in now)
        )


def total_joules(*parts: float | None) -> float | None:
    """The sum; unknown when a part is."""
    known = [part for part in parts if part is not None]
    return sum(known) if parts and len(known) == len(parts) else None


def _counters(root: Path) -> Mapping[str, tuple[int, int]]:
    """`(microjoules, where the counter starts again)` of each package; empty when one is hidden."""
    found: dict[str, tuple[int, int]] = {}
    try:
        for domain in sorted(root.glob("intel-rapl:*")):  # the name on AMD's processors too
            # A package holds its cores (intel-rapl:0:0); `psys` holds the packages.
            if domain.name.count(":") > 1 or not _read(domain / "name").startswith("package"):
                continue
            count, full = _read(domain / "energy_uj"), _read(domain / "max_energy_range_uj")
            found[domain.name] = (int(count), int(full))
    except (OSError, ValueError):
        return {}
    return found


def _read(path: Path) -> str:
    return path.read_text(encoding="ascii").strip()
