"""The runner and its HTTP path against a stub server, each figure beside its bound.

Quick, and as busy as the machine is: `runner/main.py` measures the same at length.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from rich.console import Console
from runner.main import MEASURES, rows
from runner.rows import table

Show = Callable[[str], None]


@pytest.mark.slow
@pytest.mark.usefixtures("only_when_asked")
@pytest.mark.parametrize("name", MEASURES)
def test_the_runner(benchmark: Any, show: Show, name: str) -> None:  # noqa: ANN401
    found = benchmark.pedantic(lambda: rows(name, quick=True), rounds=1)

    console = Console(width=140)
    with console.capture() as text:
        console.print(table(found))
    show(text.get())
    assert found
