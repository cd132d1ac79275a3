"""When an index or an adapter is brought up to date: a clock that runs apart from the evaluation.

| text | on an evaluation day the artefact is the one made |
|---|---|
| `on-change` | on that very day |
| `every N days` | on the last of the days anchor, anchor + N, anchor + 2 N ... that is not later |
| `never` | on the anchor |

The anchor is the run's first day or, for a training with fixed days, the last of those.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

from harness.errors import ConfigError

__all__ = ["NEVER", "ON_CHANGE", "Refresh", "every"]

_EVERY: Final = re.compile(r"every ([1-9]\d{0,4}) days?", re.ASCII)


@dataclass(frozen=True, slots=True)
class Refresh:
    """A refresh policy: `days` between refreshes; 0 is on every change, None is never again."""

    days: int | None

    @classmethod
    def parse(cls, text: str) -> Refresh:
        """The policy of a text; raises `ConfigError` with the valid words."""
        if found := _EVERY.fullmatch(text):
            return cls(int(found.group(1)))
        for policy in (ON_CHANGE, NEVER):
            if text == str(policy):
                return policy
        raise ConfigError(
            f"unknown refresh {text!r}; valid: on-change, never, every N days (every 90 days)"
        )

    def __str__(self) -> str:
        if self.days is None:
            return "never"
        return f"every {self.days} days" if self.days else "on-change"

    def day(self, anchor: date, today: date) -> date:
        """The day of the artefact that is in use on `today`: never a later one.

        A day before the anchor has the artefact of that day.
        """
        if self.days == 0 or today <= anchor:
            return today
        if self.days is None:
            return anchor
        return today - timedelta(days=(today - anchor).days % self.days)

    def first_on_or_after(self, anchor: date, day: date) -> date | None:
        """The first refresh that sees what `day` brought; None when there is none."""
        if self.days == 0:
            return day
        if day <= anchor:
            return anchor
        if self.days is None:
            return None
        return day + timedelta(days=-(day - anchor).days % self.days)


ON_CHANGE: Final = Refresh(0)
NEVER: Final = Refresh(None)


def every(days: int) -> Refresh:
    """A refresh each `days` days; raises `ConfigError` for less than 1."""
    if days < 1:
        raise ConfigError(f"a refresh every {days} days: at least 1 is needed")
    return Refresh(days)
