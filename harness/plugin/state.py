"""What the plugin knows in a session, and which run each test wants."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import pytest

from harness.errors import HarnessError
from harness.plugin.markers import Marked, marked
from harness.plugin.options import Settings, read_settings

if TYPE_CHECKING:
    from harness.api import Result
    from harness.history import Entry

__all__ = [
    "RUN_FIXTURES",
    "SUITE_FILE",
    "Problem",
    "RunKey",
    "State",
    "Wanted",
    "is_worker",
    "state_of",
    "told",
    "wanted",
    "wanted_by",
]

SUITE_FILE: Final = "suite.toml"
RUN_FIXTURES: Final = frozenset(
    {"harness_run", "harness_results", "harness_system", "harness_answer", "harness_gate"}
)
"""What a test asks for that needs a finished run."""
_KEY: Final = pytest.StashKey["State"]()


@dataclass(frozen=True, slots=True)
class Problem:
    """Why there is no result: what a user can mend, in one line."""

    message: str


@dataclass(frozen=True, slots=True)
class RunKey:
    """What makes one run another: its suite (a path or a built-in name) and how much is asked."""

    suite: str
    limit: int | None = None
    seed: int | None = None


@dataclass(frozen=True, slots=True)
class Wanted:
    """A run that a test wants, and the systems that must be in it; None is all of the suite's."""

    key: RunKey
    systems: tuple[str, ...] | None


@dataclass
class State:
    """Grows through a session: which runs are needed, what came of them, what was judged.

    `asking` counts the tests that judge a figure of each suite, for they share one error rate.
    `verdicts` are in the order of the tests' reports; `saved` has the run to compare with, by suite;
    `red` says that the session fails although no test did.
    """

    config: pytest.Config
    needs: dict[RunKey, tuple[str, ...] | None] = field(default_factory=dict)
    results: dict[RunKey, Result | Problem] = field(default_factory=dict)
    asking: Counter[str] = field(default_factory=Counter)
    tests: int = 0
    verdicts: list[dict[str, Any]] = field(default_factory=list)
    saved: dict[str, Entry | None] = field(default_factory=dict)
    lines: list[str] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)
    red: bool = False
    shared: Path | None = None
    cache: dict[Any, Any] = field(default_factory=dict)

    @cached_property
    def settings(self) -> Settings:
        """The options, read when a test of the harness first asks; raises `pytest.UsageError`."""
        return read_settings(self.config)

    @property
    def runs(self) -> dict[RunKey, Result]:
        """The runs that there are by now."""
        return {key: found for key, found in self.results.items() if not isinstance(found, Problem)}

    def need(self, wanted: Wanted) -> None:
        """Note a run; the systems of all who want it are in it."""
        if wanted.key not in self.needs or wanted.systems is None:
            self.needs[wanted.key] = wanted.systems
        elif (before := self.needs[wanted.key]) is not None:
            self.needs[wanted.key] = tuple(dict.fromkeys((*before, *wanted.systems)))


def state_of(config: pytest.Config) -> State:
    """The state of a session."""
    if _KEY not in config.stash:
        config.stash[_KEY] = State(config)
    return config.stash[_KEY]


def is_worker(config: pytest.Config) -> bool:
    """Whether this process is one of pytest-xdist's workers."""
    return hasattr(config, "workerinput")


def wanted_by(config: pytest.Config, node: pytest.Item | pytest.Collector) -> Wanted:
    """The run that a test or a file wants; raises `pytest.UsageError` for a bad marker."""
    said = marked(node, node.path)
    return wanted(config, said, _suite(said, node.path.parent))


def wanted(config: pytest.Config, said: Marked, suite: str) -> Wanted:
    """The run of a suite as markers and options have it."""
    settings = state_of(config).settings
    systems = said.systems if said.systems is not None else settings.systems
    if settings.run is not None:
        return Wanted(RunKey(suite), systems)
    limit = said.limit if said.limit is not None else settings.limit
    seed = said.seed if said.seed is not None else settings.seed
    return Wanted(RunKey(suite, limit, seed), systems)


def _suite(said: Marked, folder: Path) -> str:
    if said.suite is None:
        return str(folder / SUITE_FILE)
    path = folder / said.suite
    if path.is_dir():
        path /= SUITE_FILE
    return str(path.resolve()) if path.is_file() else said.suite


def told(work: Callable[[], Any]) -> Any:  # noqa: ANN401  (what the work gives, or why it did not)
    """What `work` returns, or the problem that a user can mend."""
    try:
        return work()
    except HarnessError as error:
        return Problem(str(error))
