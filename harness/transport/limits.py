"""What may be asked of one server: calls in flight, calls and tokens a minute."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

__all__ = ["Limits", "Pace"]

_MINUTE = 60.0


@dataclass(frozen=True, slots=True)
class Limits:
    """`concurrency` calls in flight; what is None has no limit.

    `request_seconds` is how long one call may take before it is made again, `outage_seconds` for how
    long a server that was up may be down before the run ends.
    """

    concurrency: int = 1
    requests_per_minute: float | None = None
    tokens_per_minute: float | None = None
    request_seconds: float | None = None
    outage_seconds: float = 120.0

    def problems(self) -> Iterator[tuple[str, str]]:
        """What is wrong, as (key, message)."""
        if self.concurrency < 1:
            yield "concurrency", f"must be at least 1, not {self.concurrency}"
        for key in (
            "requests_per_minute",
            "tokens_per_minute",
            "request_seconds",
            "outage_seconds",
        ):
            value = getattr(self, key)
            if value is not None and not 0 < value < float("inf"):
                yield key, f"must be more than 0, not {value}"


class Pace:
    """Spreads an amount evenly over each minute, with `burst_seconds` worth of it at once.

    The generic cell rate algorithm (ITU-T I.371, annex A.1), which is a leaky bucket without a timer: `_due`
    is when all that was taken so far would have been let through at the even pace. Times are the
    event loop's, in seconds.
    """

    def __init__(self, per_minute: float | None, burst_seconds: float = 1.0) -> None:
        self._each = 0.0 if per_minute is None else _MINUTE / per_minute
        self._burst = burst_seconds
        self._due = 0.0

    def wait(self, now: float) -> float:
        """Seconds until something may be taken; 0: now."""
        return max(0.0, self._due - self._burst - now) if self._each else 0.0

    def take(self, now: float, amount: float = 1.0) -> None:
        """Take so much; a negative amount gives back what was taken too much."""
        if self._each:
            self._due = max(self._due, now) + amount * self._each
