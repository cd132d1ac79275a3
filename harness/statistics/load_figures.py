"""All that is said of one load test: what its steps came to, and where its system saturates."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from harness.running.load.folder import LoadedTest
from harness.running.manifest import Manifest
from harness.scoring.limits import LatencyLimits
from harness.statistics.load import StepFigures, figures
from harness.statistics.saturation import Saturation, saturation

__all__ = ["LoadFigures", "load_figures"]


@dataclass(frozen=True, slots=True)
class LoadFigures:
    """One load test under some limits; `steps` in the order in which they were taken.

    `system` is what its system is called where the figures are shown, `notes` what a reader of them
    should know.
    """

    system: str
    manifest: Manifest
    limits: LatencyLimits
    steps: tuple[StepFigures, ...]
    saturation: Saturation
    notes: tuple[str, ...] = ()

    @property
    def by_rate(self) -> list[StepFigures]:
        """The steps, slowest rate first, and before them the closed loop."""
        return sorted(self.steps, key=lambda step: step.rate or 0.0)

    @property
    def open_steps(self) -> list[StepFigures]:
        """Those at a rate, slowest first."""
        return [step for step in self.by_rate if step.rate is not None]

    @property
    def place(self) -> str:
        """Where requests were served: `worker` processes behind one queue, or the `loop`, at once."""
        return str(self.manifest.settings["place"])


def load_figures(test: LoadedTest, limits: LatencyLimits) -> LoadFigures:
    """The figures of a stored test under these limits; a pure function of its arguments."""
    (system,) = test.manifest.systems
    steps = figures(test.steps, limits, seed=test.manifest.seed)
    notes = (*test.notes, *_estimated(test))
    return LoadFigures(system.name, test.manifest, limits, steps, saturation(steps), notes)


def _estimated(test: LoadedTest) -> Iterator[str]:
    count = sum(
        sample.decode is not None and not sample.counted and not sample.failure
        for step in test.steps
        for sample in step.samples
    )
    if count:
        yield f"the tokens of {count:,} answers were estimated: the time for each token hangs on that"
