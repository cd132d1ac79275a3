"""Figures and texts of both conformance reports."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from harness.statistics.estimate import Estimate

__all__ = ["WIDTH", "cut", "estimate_dict", "percent", "plain", "printable"]

WIDTH: Final = 80


def cut(text: str, width: int) -> str:
    """The text, shortened to `width` characters where it is longer."""
    return text if len(text) <= width else text[: width - 3] + "..."


def printable(text: str) -> str:
    """The text with blanks for what a terminal would act on."""
    return "".join(character if character.isprintable() else " " for character in text)


def percent(estimate: Estimate) -> str:
    """A share with its interval, in percent."""
    return _with_interval(estimate, lambda share: f"{100 * share:.2f}")


def plain(estimate: Estimate) -> str:
    """A figure with its interval."""
    return _with_interval(estimate, lambda value: f"{value:.4f}")


def _with_interval(estimate: Estimate, show: Callable[[float], str]) -> str:
    if estimate.value is None or estimate.low is None or estimate.high is None:
        return f"unknown: {estimate.method}"
    return f"{show(estimate.value)} [{show(estimate.low)}, {show(estimate.high)}]"


def estimate_dict(estimate: Estimate) -> dict[str, Any]:
    """An estimate, JSON-ready."""
    return {name: getattr(estimate, name) for name in estimate.__slots__}
