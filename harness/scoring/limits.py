"""Limits on the times of one answer, as whoever waits for it would state them."""

from __future__ import annotations

from dataclasses import dataclass

from harness.running.load.sample import Sample

__all__ = ["LatencyLimits"]


@dataclass(frozen=True, slots=True)
class LatencyLimits:
    """Seconds that an answer may take, from its intended start; None: no limit.

    `ttft` until its first token, `tpot` for each token after it on average, `total` until its last.
    """

    ttft: float | None = None
    tpot: float | None = None
    total: float | None = None

    def met(self, sample: Sample) -> bool | None:
        """Whether the request was answered within all limits; None where the system does not tell.

        A request that failed or was shed has met none.
        """
        if sample.failure:
            return False
        pairs = (
            (sample.total, self.total),
            (sample.to_first_token, self.ttft),
            (sample.per_token, self.tpot),
        )
        kept = [(time, limit) for time, limit in pairs if limit is not None]
        if any(time is not None and time > limit for time, limit in kept):
            return False
        return None if any(time is None for time, _ in kept) else True

    def __str__(self) -> str:
        """In words: `a first token within 0.5 s and all of it within 2 s`."""
        words = []
        if self.ttft is not None:
            words.append(f"a first token within {_seconds(self.ttft)}")
        if self.tpot is not None:
            words.append(f"{_seconds(self.tpot)} a token")
        if self.total is not None:
            words.append(f"all of it within {_seconds(self.total)}")
        return " and ".join([", ".join(words[:-1]), words[-1]] if len(words) > 1 else words)


def _seconds(seconds: float) -> str:
    return f"{seconds:g} s" if seconds >= 1 else f"{1000 * seconds:g} ms"
