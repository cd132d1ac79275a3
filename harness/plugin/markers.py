"""The marker `harness`: what one test, class or module has otherwise than the session."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import pytest

from harness.errors import nearest
from harness.plugin.options import INCONCLUSIVE

__all__ = ["LINE", "Marked", "marked"]

LINE: Final = (
    "harness(suite=None, systems=None, limit=None, seed=None, inconclusive=None): "
    "what this test takes otherwise than the command line says: the suite (a path from the test's "
    "folder, or a built-in one), its systems, questions a day, seed, and what inconclusive means."
)
_KEYS: Final = ("suite", "systems", "limit", "seed", "inconclusive")


@dataclass(frozen=True, slots=True)
class Marked:
    """What the markers of a test say; None where they say nothing."""

    suite: str | None = None
    systems: tuple[str, ...] | None = None
    limit: int | None = None
    seed: int | None = None
    inconclusive: str | None = None


def marked(node: pytest.Item | pytest.Collector, definition: Path) -> Marked:
    """The markers of a test, its class and its module: the closest that says something wins.

    Raises `pytest.UsageError` naming the test and what is wrong with an argument.
    """
    values: dict[str, Any] = {}
    for mark in node.iter_markers("harness"):
        if mark.args:
            _fail(definition, f"takes no positional argument, but was given {mark.args[0]!r}")
        for key, value in mark.kwargs.items():
            if key not in _KEYS:
                _fail(definition, f"has no argument {key!r}: {nearest(key, _KEYS)}")
            if value is not None:
                values.setdefault(key, _checked(key, value, definition))
    return Marked(**values)


def _checked(key: str, value: Any, where: Path) -> Any:  # noqa: ANN401  (any argument)
    if key == "systems":
        names = [value] if isinstance(value, str) else value
        if (
            not isinstance(names, Sequence)
            or not names
            or not all(isinstance(name, str) for name in names)
        ):
            _fail(where, f"systems must be names, such as ['rag', 'hybrid'], not {value!r}")
        return tuple(names)
    if key in {"limit", "seed"}:
        if not isinstance(value, int) or isinstance(value, bool):
            _fail(where, f"{key} must be a whole number, not {value!r}")
        if key == "limit" and value < 1:
            _fail(where, f"limit must be at least 1, not {value}")
        return value
    if not isinstance(value, str | Path) or (key == "inconclusive" and value not in INCONCLUSIVE):
        wanted = (
            f"one of {', '.join(INCONCLUSIVE)}" if key == "inconclusive" else "a path or a name"
        )
        _fail(where, f"{key} must be {wanted}, not {value!r}")
    return str(value)


def _fail(where: Path, what: str) -> None:
    raise pytest.UsageError(f"{where}: @pytest.mark.harness {what}")
