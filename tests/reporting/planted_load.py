"""Load tests of a planted run's systems: queues of one server whose capacity is known."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import queues

from harness.running.load.folder import LoadedTest
from harness.running.load.lag import Lag
from harness.running.load.sample import Sample, Step
from harness.running.manifest import Manifest
from harness.scoring.limits import LatencyLimits
from harness.statistics.load_figures import LoadFigures, load_figures

LIMITS = LatencyLimits(total=4.0)
RATES = (0.2, 0.5, 1.5)


def planted_load(
    manifest: Manifest,
    system: str,
    *,
    service: float = 1.0,
    rates: Sequence[float] = RATES,
    streamed: bool = False,
    limits: LatencyLimits = LIMITS,
    run_id: str = "",
    requests: int = 2000,
    notes: tuple[str, ...] = (),
) -> LoadFigures:
    """A test of a server that takes `service` seconds a request, at `rates` times its capacity.

    A streamed answer has ten tokens after the first, in half of the service time.
    """
    steps = [
        _alone(service),
        *(_step(rate, i, requests, service) for i, rate in enumerate(rates, 1)),
    ]
    if streamed:
        steps = [_streamed(step, service / 2) for step in steps]
    settings = {
        "suite": manifest.suite,
        "arrivals": "poisson",
        "limits": {},
        "place": "loop" if streamed else "worker",
        "workers": None if streamed else 1,
    }
    tested = replace(
        manifest,
        run_id=run_id or f"load-{system}",
        days=manifest.days[-1:],
        systems=tuple(own for own in manifest.systems if own.name == system),
        settings=settings,
    )
    return load_figures(LoadedTest(tested, tuple(steps), notes), limits)


def planted_loads(manifest: Manifest) -> tuple[LoadFigures, ...]:
    """A test of each system of the run, one of them streamed, at rates of one and more digits."""
    return tuple(
        planted_load(manifest, system.name, service=0.3 + 0.2 * place, streamed=place == 1)
        for place, system in enumerate(manifest.systems)
    )


def _alone(service: float) -> Step:
    samples = tuple(
        Sample(0, i, "q", i * service, 0.0, service, completion_tokens=11) for i in range(20)
    )
    lag = Lag(2000, 0.0, 0.001, 0.01)
    return Step(0, "closed", None, None, 20 * service, "", lag, samples)


def _step(rate: float, number: int, requests: int, service: float) -> Step:
    """The queue of capacity 1 a second, with time stretched to the service time."""
    step = queues.step(requests, rate, np.random.default_rng(number), number=number)
    samples = tuple(
        replace(s, intended=s.intended * service, total=s.total * service, completion_tokens=11)
        for s in step.samples
    )
    return replace(step, rate=rate / service, seconds=step.seconds * service, samples=samples)


def _streamed(step: Step, decode: float) -> Step:
    return replace(step, samples=tuple(replace(s, decode=decode) for s in step.samples))
