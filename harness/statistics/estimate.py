"""The result every statistic returns: a figure with its interval, its n and its method."""

from __future__ import annotations

from dataclasses import dataclass, replace


@dataclass(frozen=True, slots=True)
class Estimate:
    """`value` with a `confidence` interval `[low, high]` from `method` over `n` units.

    `groups` is the number of independent clusters behind the n. A figure that cannot be stated is
    None together with its bounds, and `method` then says why.
    """

    value: float | None
    low: float | None
    high: float | None
    n: int
    groups: int
    method: str
    confidence: float = 0.95

    @classmethod
    def unknown(cls, reason: str, n: int = 0) -> Estimate:
        """A figure that is not known, with the reason; never 0."""
        return cls(None, None, None, n, 0, reason)

    def negated(self) -> Estimate:
        """The estimate of the negative figure: bounds change places."""
        if self.value is None or self.low is None or self.high is None:
            return self
        return replace(self, value=-self.value, low=-self.high, high=-self.low)
