"""The folder of a load test: `load.json`, `samples.jsonl`, `steps.jsonl`.

Samples are appended as answers arrive, a step's line when all its samples are there. A step that has
no line was not finished and counts for nothing: its slowest requests may be the ones that are missing.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, Final, Self, TypeVar

from harness.errors import RunError, located
from harness.running.folder import disk_errors, read_manifest, write_manifest
from harness.running.journal import Journal
from harness.running.load.sample import Sample, Step, step_from_dict, step_to_dict
from harness.running.manifest import Manifest

__all__ = ["LoadFolder", "LoadedTest", "read_load_test"]

MANIFEST: Final = "load.json"
SAMPLES: Final = "samples.jsonl"
STEPS: Final = "steps.jsonl"
_SETTINGS: Final = ("arrivals", "limits", "place", "workers")

_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class LoadedTest:
    """All of a load test: its manifest, the steps that were finished, and what happened to it."""

    manifest: Manifest
    steps: tuple[Step, ...]
    notes: tuple[str, ...]


class LoadFolder:
    """The folder of a load test that is under way; use as a context manager."""

    def __init__(self, path: Path, manifest: Manifest) -> None:
        """Make the folder; raises `RunError` where it exists or cannot be made."""
        self.path = path
        self._manifest = manifest
        with disk_errors(path):
            path.mkdir(parents=True)
            write_manifest(path, manifest, MANIFEST)
            again = f"harness load {manifest.settings['suite']} ..."
            self._samples = Journal(path / SAMPLES, again)
            self._steps = Journal(path / STEPS, again)

    @property
    def manifest(self) -> Manifest:
        """As last written."""
        return self._manifest

    def update(self, **changes: Any) -> None:  # noqa: ANN401  (fields of Manifest)
        """Write the manifest anew with some fields changed, all or nothing."""
        manifest = replace(self._manifest, **changes)
        with disk_errors(self.path):
            write_manifest(self.path, manifest, MANIFEST)
        self._manifest = manifest

    def note(self, note: str) -> None:
        """Add what a reader of the figures should know."""
        self.update(notes=(*self._manifest.notes, note))

    def append(self, sample: Sample) -> None:
        """Add a sample. Raises `RunError` when the disk is full."""
        self._samples.append(_line(asdict(sample)))

    def finish(self, step: Step) -> None:
        """Add the step whose samples are all there."""
        self._samples.sync()
        self._steps.append(_line(step_to_dict(step)))
        self._steps.sync()

    def close(self) -> None:
        """Force everything to disk."""
        try:
            self._samples.close()
        finally:
            self._steps.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def read_load_test(path: Path) -> LoadedTest:
    """Read the folder of a load test; raises `RunError` naming file and line for what is damaged."""
    manifest = read_manifest(path, MANIFEST, what="load test")
    for key in _SETTINGS:
        if key not in manifest.settings:
            raise RunError(located(path / MANIFEST, None, f"the setting {key!r} is missing"))
    samples: dict[int, list[Sample]] = defaultdict(list)
    for sample in _read(path / SAMPLES, lambda data: Sample(**data)):
        samples[sample.step].append(sample)
    steps = []
    for data in _read(path / STEPS, dict):
        own = sorted(samples.pop(data["number"], ()), key=lambda sample: sample.position)
        try:
            steps.append(step_from_dict(data, tuple(own)))
        except (KeyError, TypeError) as error:
            raise RunError(located(path / STEPS, None, f"not a step: {error}")) from error
    notes = list(manifest.notes)
    if left := sum(map(len, samples.values())):
        notes.append(f"the last step was not finished; its {left} requests are not counted")
    return LoadedTest(manifest, tuple(steps), tuple(notes))


def _line(data: Mapping[str, Any]) -> bytes:
    return json.dumps(data, separators=(",", ":"), allow_nan=False).encode("ascii") + b"\n"


def _read(path: Path, parse: Callable[[Any], _T]) -> Iterator[_T]:
    """What every whole line holds; a last one that was cut short is left out."""
    try:
        lines = path.read_bytes().splitlines(keepends=True)
    except OSError as error:
        raise RunError(located(path, None, error.strerror or str(error))) from error
    for number, line in enumerate(lines, 1):
        if not line.endswith(b"\n"):
            return
        try:
            yield parse(json.loads(line))
        except (TypeError, ValueError) as error:
            raise RunError(located(path, number, f"damaged: {error}")) from error
