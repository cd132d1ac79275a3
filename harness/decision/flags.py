"""Needs from flags of the command line, on top of those of a file."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from types import MappingProxyType
from typing import Final

from harness.decision.bounds import excluding, parse_bound, parse_constraint
from harness.decision.constraints import Needs
from harness.decision.judged import Constraint
from harness.errors import ConfigError

__all__ = ["FLAGS", "with_flags"]

FLAGS: Final = MappingProxyType(
    {
        "--max-latency-p95": ("latency_p95", "at most"),
        "--max-stale": ("stale_rate", "at most"),
        "--min-valid": ("valid_rate", "at least"),
        "--min-right": ("right_rate", "at least"),
        "--max-cost": ("cost_per_query", "at most"),
    }
)
"""The metric and the direction of each flag."""


def with_flags(
    needs: Needs,
    *,
    flags: Mapping[str, str | None],
    require: Sequence[str] = (),
    change_days: float | None = None,
) -> Needs:
    """`needs` with the bounds of flags (values of `FLAGS`, and whole constraints in `require`).

    A flag takes the place of the file's bound of the same metric and direction. Raises `ConfigError`
    naming the flag.
    """
    stated = [_stated(flag, text) for flag, text in flags.items() if text is not None]
    stated += [_required(text) for text in require]
    taken = {(c.metric, c.direction) for c in stated}
    kept = [c for c in needs.constraints if (c.metric, c.direction) not in taken]
    if clash := excluding([*kept, *stated]):
        raise ConfigError(clash)
    if change_days is not None:
        if not 0 < change_days < float("inf"):
            raise ConfigError(f"--change-days: {change_days:g} is no number of days above 0")
        needs = replace(needs, situation=replace(needs.situation, change_days=change_days))
    return replace(needs, constraints=(*kept, *stated))


def _stated(flag: str, text: str) -> Constraint:
    metric, direction = FLAGS[flag]
    try:
        found = parse_bound(metric, text, direction)
    except ConfigError as error:
        raise ConfigError(f"{flag}: {error}") from error
    if found.direction != direction:
        raise ConfigError(f"{flag}: {text!r} is a bound in the other direction: leave the sign out")
    return found


def _required(text: str) -> Constraint:
    try:
        return parse_constraint(text)
    except ConfigError as error:
        raise ConfigError(f"--require: {error}") from error
