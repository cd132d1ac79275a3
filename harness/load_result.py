"""A load test that was carried out or is read from its folder, alone or beside a run."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, replace
from functools import cached_property
from pathlib import Path
from typing import Any

from harness.errors import ConfigError
from harness.running.load.beside import beside
from harness.running.load.folder import LoadedTest, read_load_test
from harness.running.manifest import Manifest
from harness.scoring.limits import LatencyLimits
from harness.statistics.load import StepFigures
from harness.statistics.load_figures import LoadFigures, load_figures
from harness.statistics.saturation import Saturation

__all__ = ["LoadResult", "beside_runs"]


class LoadResult:
    """A load test that was carried out or is read from its folder.

    `limits` are those of the test, unless others are given: what was measured stays, what counts as
    good enough may change.
    """

    def __init__(self, path: Path | str, *, limits: LatencyLimits | None = None) -> None:
        self.path = Path(path)
        self.loaded: LoadedTest = read_load_test(self.path)
        self.limits = limits or LatencyLimits(**self.loaded.manifest.settings["limits"])

    @cached_property
    def figures(self) -> LoadFigures:
        """All figures, and what a reader of them should know."""
        return load_figures(self.loaded, self.limits)

    @property
    def steps(self) -> tuple[StepFigures, ...]:
        """The figures of every step; the first one is a closed loop with one question in flight."""
        return self.figures.steps

    @property
    def saturation(self) -> Saturation:
        """Between which rates the system saturates, and which one it holds."""
        return self.figures.saturation

    def to_dict(self) -> dict[str, Any]:
        """A JSON-ready dictionary of the figures; an infinite bound is null."""
        (system,) = self.loaded.manifest.systems
        return {
            "test": str(self.path),
            "system": system.name,
            "day": self.loaded.manifest.days[0].isoformat(),
            "settings": dict(self.loaded.manifest.settings),
            "limits": asdict(self.limits),
            "steps": [_finite(asdict(step)) for step in self.steps],
            "saturation": _finite(asdict(self.saturation)),
            "notes": list(self.figures.notes),
        }

    def __repr__(self) -> str:
        return f"LoadResult({str(self.path)!r}: {len(self.loaded.steps)} steps)"


def beside_runs(
    tests: Iterable[LoadResult | Path | str], runs: Sequence[Manifest]
) -> tuple[LoadFigures, ...]:
    """The figures of load tests, each under the name that its system has beside these runs.

    Raises:
        ConfigError: a test is named twice, or two of one system have unlike limits.
        RunError: a folder is no load test, or a test is unlike the runs; said before figures are formed.
    """
    read = [test if isinstance(test, LoadResult) else LoadResult(test) for test in tests]
    placed = [(test, *beside(test.loaded.manifest, runs)) for test in read]
    _check([(name, test) for test, name, _ in placed])
    return tuple(
        replace(test.figures, system=name, notes=(*test.figures.notes, *notes))
        for test, name, notes in placed
    )


def _check(placed: Sequence[tuple[str, LoadResult]]) -> None:
    first: dict[str, LoadResult] = {}
    ids: set[str] = set()
    for name, test in placed:
        run_id = test.loaded.manifest.run_id
        if run_id in ids:
            raise ConfigError(f"load test {run_id} is named twice")
        ids.add(run_id)
        other = first.setdefault(name, test)
        if other.limits != test.limits:
            words = [str(found.limits) or "no limits" for found in (other, test)]
            raise ConfigError(
                f"load tests {other.path} and {test.path} of {name!r} have unlike limits ({words[0]}; "
                f"{words[1]}): name one of them, or give both the same in Python, as "
                "harness.LoadResult(path, limits=...)"
            )


def _finite(value: Any) -> Any:  # noqa: ANN401  (any JSON)
    """The same with None for what is infinite, which JSON cannot say."""
    if isinstance(value, Mapping):
        return {key: _finite(item) for key, item in value.items()}
    if isinstance(value, float) and math.isinf(value):
        return None
    return value
