from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

# `recall` is shared with the tests of retrieval.
sys.path.insert(0, str(Path(__file__).parents[1] / "retrieval"))

Show = Callable[[str], None]


@pytest.fixture
def show(request: pytest.FixtureRequest, capsys: pytest.CaptureFixture[str]) -> Show:
    """Print a line past pytest's capture, where benchmarks are what was asked for."""

    def show(line: str) -> None:
        if request.config.getoption("--benchmark-only"):
            with capsys.disabled():
                print(f"\n{line}")  # noqa: T201 - a benchmark's figures are its output

    return show


@pytest.fixture
def show_times(
    benchmark: Any,  # noqa: ANN401
    show: Show,
) -> Callable[[str, float], None]:
    """Print what was timed beside its bound, in milliseconds; the best says how busy it was."""

    def show_times(what: str, bound: float) -> None:
        if benchmark.enabled:
            stats = benchmark.stats.stats
            show(
                f"{what}: median {stats.median * 1e3:.1f} ms, best {stats.min * 1e3:.1f} ms "
                f"(bound {bound * 1e3:.0f} ms)"
            )

    return show_times


@pytest.fixture
def only_when_asked(request: pytest.FixtureRequest) -> None:
    if not request.config.getoption("--benchmark-only"):
        pytest.skip("takes a minute: tox -e benchmarks runs it")
