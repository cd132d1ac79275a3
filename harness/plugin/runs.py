"""The runs of a session: one for each suite, made when a test first asks, and never by a worker."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from harness.errors import RunInterruptedError
from harness.plugin import workers
from harness.plugin.options import Settings
from harness.plugin.state import (
    SUITE_FILE,
    Problem,
    RunKey,
    Wanted,
    is_worker,
    state_of,
    told,
    wanted_by,
)

if TYPE_CHECKING:
    from harness.api import Result
    from harness.running.job import Job

__all__ = ["carry_out", "job_of", "names_of", "run_for", "run_of"]

_RUNS = Path("runs")


def run_for(request: pytest.FixtureRequest) -> Result:
    """The run that a test wants."""
    __tracebackhide__ = True
    wanted = wanted_by(request.config, request.node)
    if wanted.key.suite.endswith(SUITE_FILE) and not Path(wanted.key.suite).is_file():
        pytest.fail(missing(request.path, wanted.key.suite), pytrace=False)
    return run_of(request.config, wanted)


def missing(path: Path, suite: str) -> str:
    """What to say where a test asks for the figures of a suite that is not there."""
    return (
        f"{path}: asks for harness results, but {suite} is missing: put the test beside one, or "
        "name it: @pytest.mark.harness(suite=...)"
    )


def run_of(config: pytest.Config, wanted: Wanted) -> Result:
    """A run, made at most once; where it cannot be, the test fails with what is wrong."""
    __tracebackhide__ = True
    state = state_of(config)
    if wanted.key not in state.results:
        if is_worker(config):
            state.results[wanted.key] = workers.read(config, wanted.key)
        else:
            systems = state.needs.get(wanted.key, wanted.systems)
            state.results[wanted.key] = carry_out(state.settings, wanted.key, systems)
    found = state.results[wanted.key]
    if isinstance(found, Problem):
        pytest.fail(found.message, pytrace=False)
    return found


def carry_out(settings: Settings, key: RunKey, systems: tuple[str, ...] | None) -> Result | Problem:
    """Run a suite, go on with a broken run of it, or read a finished one; or say what is wrong."""
    from harness import api  # noqa: PLC0415  (heavy)

    def work() -> Result:
        if settings.run is not None:
            return api.load(settings.run)
        if settings.resume and (broken := _broken_off(settings, key, systems)) is not None:
            return api.resume(broken)
        return api.compare(
            key.suite, systems=systems, limit=key.limit, seed=key.seed, out=settings.out
        )

    try:
        found: Result | Problem = told(work)
    except RunInterruptedError as error:
        pytest.exit(f"{error}, or pytest --harness-resume")
    return found


def _broken_off(settings: Settings, key: RunKey, systems: tuple[str, ...] | None) -> Path | None:
    """The last run of the same suite, systems, seed and size that lacks answers."""
    from harness.running.folder import MANIFEST, load_run  # noqa: PLC0415  (heavy)
    from harness.running.job import suite_reference  # noqa: PLC0415  (heavy)

    job = job_of(key, systems)
    meant = (suite_reference(job.suite), [system.name for system in job.systems], job.seed)
    home = settings.out if settings.out is not None else _RUNS
    found = []
    for path in home.glob(f"*/{MANIFEST}"):
        run = told(partial(load_run, path.parent))
        if isinstance(run, Problem) or len(run.records) >= run.manifest.planned:
            continue
        of = run.manifest
        same = (of.settings.get("suite"), [system.name for system in of.systems], of.seed)
        if same == meant and of.settings.get("limit") == job.limit and of.days == job.days:
            found.append((of.created, path.parent))
    return max(found)[1] if found else None


def job_of(key: RunKey, systems: tuple[str, ...] | None) -> Job:
    """What a run would be; raises `HarnessError`."""
    from harness.running.job import make_job  # noqa: PLC0415  (heavy)
    from harness.running.suite import load_suite  # noqa: PLC0415  (only in harness sessions)

    return make_job(load_suite(key.suite), systems=systems, limit=key.limit, seed=key.seed)


def names_of(settings: Settings, wanted: Wanted) -> tuple[str, ...]:
    """The systems that a test is made for, in the order of the suite; raises `HarnessError`."""
    if settings.run is None:
        return tuple(spec.name for spec in job_of(wanted.key, wanted.systems).systems)
    from harness.running.folder import read_manifest  # noqa: PLC0415  (only in harness sessions)

    names = [system.name for system in read_manifest(settings.run).systems]
    return tuple(n for n in names if wanted.systems is None or n in wanted.systems)
