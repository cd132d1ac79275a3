"""How a run reports how far it is: one event at a time, to a callable of the user's choice."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import Literal

Phase = Literal["start", "prepare", "answer", "note", "end"]


@dataclass(frozen=True, slots=True)
class Progress:
    """Where a run stands.

    `start` comes once, `prepare` before each system's preparation for `day`, `answer` after each
    journalled answer, `note` when something unusual happened (`message` says what), `end` once,
    finished or not. `done` of `total` records are journalled, earlier sessions of a resumed run
    included, `failed` of those of this session without an answer. `remaining` is the estimated
    number of seconds for the answers still missing, preparations apart; None while unknown.
    """

    phase: Phase
    done: int
    total: int
    failed: int = 0
    day: date | None = None
    system: str = ""
    remaining: float | None = None
    message: str = ""


ProgressCallback = Callable[[Progress], None]
"""Called in the runner's thread; it must return at once and not raise."""
