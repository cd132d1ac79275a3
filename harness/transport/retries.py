"""How often, and after how long, a call that failed is made again."""

from __future__ import annotations

import random
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

__all__ = ["Retries", "retry_after"]


@dataclass(frozen=True, slots=True)
class Retries:
    """Up to `attempts` calls, with pauses that double from `first_seconds` to `longest_seconds`.

    A pause is drawn from the upper half of that, so that callers who failed together do not come
    back together. What the server asks for counts instead, up to `longest_asked`: nobody waits for
    a limit that ends tomorrow. Of calls that only came too early there may be `throttled`.
    """

    attempts: int = 4
    first_seconds: float = 0.5
    longest_seconds: float = 30.0
    longest_asked: float = 120.0
    throttled: int = 12

    def pause(self, attempt: int, asked: float | None = None) -> float | None:
        """Seconds to wait after the failed call number `attempt`, from 1; None: give up.

        `asked` is what the server asks to wait.
        """
        if attempt >= self.attempts:
            return None
        if asked is None:
            return self.backoff(attempt)
        return None if asked > self.longest_asked else asked + self.jitter()

    def backoff(self, attempt: int) -> float:
        """Seconds to wait after the failed call number `attempt`, however many they are."""
        bound = min(self.longest_seconds, self.first_seconds * 2.0 ** min(attempt - 1, 60))
        return bound * (1 + random.random()) / 2  # noqa: S311  (to part callers, no secret)

    def jitter(self) -> float:
        """Seconds by which callers are parted that wait for the same moment."""
        return self.first_seconds * random.random()  # noqa: S311  (as above)


def retry_after(header: str | None) -> float | None:
    """Seconds of a `Retry-After` header (RFC 9110, 10.2.3), given as such or as a date; else None."""
    if header is None:
        return None
    try:
        seconds = float(header)
    except ValueError:
        return _until(header)
    return seconds if 0 <= seconds < float("inf") else None


def _until(text: str) -> float | None:
    try:
        moment = parsedate_to_datetime(text)
    except ValueError:
        return None
    if moment.tzinfo is None:  # "-0000": UTC that claims no zone
        moment = moment.replace(tzinfo=UTC)
    return max(0.0, (moment - datetime.now(UTC)).total_seconds())
