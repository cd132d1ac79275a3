"""pytest-xdist: the controller carries out the runs before any test begins, the workers read them.

They share a folder on this machine. A worker that has collected its tests writes down which runs they
need; the controller makes these before it hands out the first test, so that no other test disturbs
what is timed, and writes down where they lie.
"""

from __future__ import annotations

import json
import shutil
import tempfile
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import pytest

from harness.plugin.state import Problem, RunKey, State

if TYPE_CHECKING:
    from harness.api import Result

__all__ = ["announce", "heard", "invite", "publish", "read", "withdraw"]

_INPUT: Final = "harness_shared"
_RUNS: Final = "runs.json"


def invite(state: State, node: Any) -> None:  # noqa: ANN401  (xdist's)
    """Tell a worker that is about to start where the shared folder is."""
    if state.shared is None:
        state.shared = Path(tempfile.mkdtemp(prefix="harness-"))
    node.workerinput[_INPUT] = str(state.shared)


def withdraw(state: State) -> None:
    """Remove the shared folder."""
    if state.shared is not None:
        shutil.rmtree(state.shared, ignore_errors=True)


def announce(state: State) -> None:
    """In a worker: say which runs its tests need, or what is wrong with them."""
    needs = [{**asdict(key), "systems": systems} for key, systems in state.needs.items()]
    said = {"needs": needs, "tests": state.tests, "problems": state.problems}
    worker = _input(state.config)
    _write(Path(worker[_INPUT]) / f"{worker['workerid']}.json", said)


def heard(state: State, worker: str) -> None:
    """In the controller: take over what a worker has announced."""
    path = (state.shared or Path()) / f"{worker}.json"
    if not path.is_file():
        return
    said = json.loads(path.read_text(encoding="utf-8"))
    state.tests, state.problems = said["tests"], said["problems"]
    for need in said["needs"]:
        systems = need.pop("systems")
        state.needs[RunKey(**need)] = None if systems is None else tuple(systems)


def publish(state: State, make: Callable[[RunKey], Result | Problem]) -> None:
    """In the controller: make the runs that are needed and not there yet; say where they lie."""
    for key in state.needs:
        if key not in state.results:
            state.results[key] = make(key)
    found = [
        {**asdict(key), "problem": result.message}
        if isinstance(result, Problem)
        else {**asdict(key), "run": str(result.run.resolve())}
        for key, result in state.results.items()
    ]
    if state.shared is not None:
        _write(state.shared / _RUNS, found)


def read(config: pytest.Config, key: RunKey) -> Result | Problem:
    """In a worker: the run that the controller made."""
    from harness import api  # noqa: PLC0415  (heavy)

    path = Path(_input(config)[_INPUT]) / _RUNS
    for row in json.loads(path.read_text(encoding="utf-8")) if path.is_file() else ():
        problem, run = row.pop("problem", None), row.pop("run", None)
        if RunKey(**row) == key:
            return api.load(run) if run is not None else Problem(problem)
    return Problem(
        "under pytest-xdist the runs are made before the tests begin: ask for harness_run among "
        "the arguments of the test"
    )


def _input(config: pytest.Config) -> dict[str, Any]:
    given: dict[str, Any] = config.workerinput  # type: ignore[attr-defined]  # xdist sets it
    return given


def _write(path: Path, data: object) -> None:
    """All or nothing, for another process may be reading."""
    part = path.with_suffix(".part")
    part.write_text(json.dumps(data), encoding="utf-8")
    part.replace(path)
