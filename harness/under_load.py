"""Load tests from Python: how long answers take at a given rate of requests.

import harness

result = harness.load_test("releases", system="rag", rates=[1, 2, 4], total=2.0)
result.saturation.held
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, replace
from datetime import date
from pathlib import Path
from shutil import rmtree
from typing import Any

from harness.errors import ConfigError, RunError
from harness.load_result import LoadResult
from harness.running.background import run_in_background
from harness.running.folder import new_folder
from harness.running.job import (
    Inputs,
    Job,
    SystemChoice,
    load_inputs,
    make_arms,
    make_job,
    new_manifest,
    suite_reference,
)
from harness.running.load.arrivals import checked_arrivals
from harness.running.load.folder import LoadFolder, read_load_test
from harness.running.load.generator import LoadOptions, LoadTest, NextRate
from harness.running.load.sample import Step
from harness.running.load.servers import make_servers
from harness.running.manifest import Manifest
from harness.running.progress import ProgressCallback
from harness.running.suite import load_suite
from harness.running.workers import default_workers
from harness.scoring.limits import LatencyLimits
from harness.statistics.load import figures
from harness.statistics.saturation import next_rate
from harness.transport.limits import Limits

__all__ = ["load_test"]

_RUNS = Path("runs")
_WORK = "work"
_LOG = "workers.log"
_LEAST_REQUESTS = 20


def load_test(
    suite: str | Path = "releases",
    *,
    system: SystemChoice,
    rates: Sequence[float] | None = None,
    sweep: bool = False,
    arrivals: str = "poisson",
    requests: int = 500,
    seconds: float = 20.0,
    ttft: float | None = None,
    tpot: float | None = None,
    total: float | None = None,
    day: date | str | None = None,
    seed: int | None = None,
    workers: int | None = None,
    in_flight: int = 1000,
    out: Path | str | None = None,
    progress: ProgressCallback | None = None,
) -> LoadResult:
    """Put one system under load and measure from the intended start of each request.

    Args:
        suite: A built-in suite, a folder with a `suite.toml`, or such a file.
        system: A name from the suite, a `SystemSpec`, or a function `(question, day) -> text`.
        rates: Requests a second, one step each.
        sweep: Look for the rate at which the system saturates, beginning with the one rate that is
            given; without one, with half of what one question at a time comes to.
        arrivals: `poisson` (independent askers) or `constant`.
        requests: Send at least so many a step,
        seconds: and for at least so long.
        ttft: Limit on the time to the first token, in seconds, from the intended start.
        tpot: Limit on the mean time for each token after it.
        total: Limit on the time to the last token.
        day: The day that the system is prepared for; the last of the suite's default days when None.
        seed: Seed of questions and arrivals.
        workers: Processes for a local system: the servers of one queue. Default: one a core, and two
            at most.
        in_flight: Safety limit on requests under way; one more is shed, and counts as failed.
        out: Folder in which the test's folder is made; `runs` when None.
        progress: Told how far a step is.

    Raises:
        HarnessError: something is wrong with the suite, the system, an argument or the machine; the
            message says what, where, and what to do.
    """
    limits = LatencyLimits(ttft, tpot, total)
    loaded = load_suite(suite)
    options = LoadOptions(
        arrivals=checked_arrivals(arrivals),
        requests=requests,
        seconds=seconds,
        alone=min(LoadOptions().alone, requests),
        in_flight=in_flight,
        seed=loaded.seed if seed is None else seed,
    )
    rates = tuple(rates or ())
    _check(options, rates, limits, sweep=sweep)
    job = make_job(
        loaded,
        systems=[system],
        days=[day if day is not None else max(loaded.default_days)],
        seed=options.seed,
        hygiene=False,
    )
    if job.systems[0].replay is not None:
        raise ConfigError(
            f"system {job.systems[0].name!r} replays recorded answers, which no load slows down"
        )
    following = _sweep(rates, limits, options.seed) if sweep else _one_after_another(rates)
    asked = {"rates": rates, "sweep": sweep, "limits": asdict(limits)}
    return _carry_out(
        job,
        options,
        asked,
        following,
        workers=workers or default_workers(),
        home=Path(out) if out is not None else _RUNS,
        progress=progress,
    )


def _check(
    options: LoadOptions, rates: tuple[float, ...], limits: LatencyLimits, *, sweep: bool
) -> None:
    if not rates and not sweep:
        raise ConfigError("name rates, in requests a second, or sweep to look for the highest one")
    if sweep and len(rates) > 1:
        raise ConfigError(f"a sweep begins with one rate, not with {len(rates)}")
    if len(set(rates)) < len(rates):
        raise ConfigError("rates has a rate twice")
    if options.requests < _LEAST_REQUESTS:
        raise ConfigError(f"requests must be at least {_LEAST_REQUESTS}, not {options.requests}")
    if options.in_flight < 1:
        raise ConfigError(f"in_flight must be at least 1, not {options.in_flight}")
    if not 0 <= options.seconds < math.inf:
        raise ConfigError(f"seconds must be 0 or more, not {options.seconds}")
    named = {"rates": rates, **{name: (limit,) for name, limit in asdict(limits).items()}}
    for name, values in named.items():
        for value in values:
            if value is not None and not 0 < value < math.inf:
                raise ConfigError(f"{name} must be more than 0, and {value} is not")


def _one_after_another(rates: Sequence[float]) -> NextRate:
    def following(steps: Sequence[Step]) -> float | None:
        asked = len(steps) - 1  # the first one is the closed loop
        return rates[asked] if asked < len(rates) else None

    return following


def _sweep(rates: Sequence[float], limits: LatencyLimits, seed: int) -> NextRate:
    def following(steps: Sequence[Step]) -> float | None:
        found = figures(steps, limits, seed=seed)
        alone = steps[0]
        start = rates[0] if rates else float(f"{len(alone.samples) / alone.seconds / 2:.2g}")
        return next_rate(found, start)

    return following


def _carry_out(
    job: Job,
    options: LoadOptions,
    asked: Mapping[str, Any],
    following: NextRate,
    *,
    workers: int,
    home: Path,
    progress: ProgressCallback | None,
) -> LoadResult:
    inputs = load_inputs(job)
    path = new_folder(home, f"load-{job.suite.name}")
    # An open loop has no limits: whoever asks does not care what the server can bear.
    limits = Limits(options.in_flight)
    (arm,) = make_arms(job, inputs.world, path / _WORK, limits=limits)
    served = {"place": arm.place, "workers": workers if arm.place == "worker" else None}
    manifest = _manifest(job, inputs, path.name, {**asdict(options), **asked, **served})
    try:
        with LoadFolder(path, manifest) as folder, (path / _LOG).open("ab") as log:
            servers = make_servers(
                arm,
                workers=workers,
                in_flight=options.in_flight,
                deadline=job.suite.deadline,
                log=log,
                note=folder.note,
            )
            questions = tuple(inputs.questions)
            test = LoadTest(
                folder, servers, questions, following, options=options, progress=progress
            )
            run_in_background(test, precise=True)
    finally:
        _tidy(path)
    return LoadResult(path)


def _tidy(path: Path) -> None:
    """Remove indices, which are made again if needed, and all where no step was finished."""
    rmtree(path / _WORK, ignore_errors=True)
    with suppress(OSError):
        if not (path / _LOG).stat().st_size:
            (path / _LOG).unlink()
    steps: Sequence[Step] = ()
    with suppress(RunError):
        steps = read_load_test(path).steps
    if not steps:
        rmtree(path, ignore_errors=True)


def _manifest(job: Job, inputs: Inputs, run_id: str, settings: Mapping[str, Any]) -> Manifest:
    """As that of a run, with the settings of a load test; how many requests it takes is not known."""
    suite = suite_reference(job.suite)
    own = {"suite": suite, "deadline": job.suite.deadline, **settings}
    return replace(new_manifest(job, inputs, run_id=run_id), planned=0, settings=own)
