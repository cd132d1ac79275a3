"""What a load test keeps: a sample for each request, and a step for each rate."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, Literal

from harness.running.load.arrivals import Arrivals
from harness.running.load.lag import Lag

__all__ = ["SHED", "Sample", "Step", "step_from_dict", "step_to_dict"]

Loop = Literal["open", "closed"]
SHED = "shed"
"""The failure of a request that was not sent because too many were in flight."""


@dataclass(frozen=True, slots=True)
class Sample:
    """One request; its times are seconds.

    `intended` counts from the start of the step. `late` is what the client was late in sending it,
    `queue` what it waited in the client for a free server; `retrieve`, `first_token` and `decode` are
    the system's own times, None where it does not tell. `total` runs from `intended` to the last
    token and has all of it. `in_flight` others were under way when it was sent. `failure` is the kind
    of its failure, empty for an answer. `completion_tokens` were estimated where not `counted`.
    """

    step: int
    position: int
    question_id: str
    intended: float
    late: float
    total: float
    queue: float = 0.0
    retrieve: float | None = None
    first_token: float | None = None
    decode: float | None = None
    completion_tokens: int = 0
    counted: bool = True
    in_flight: int = 0
    failure: str = ""
    message: str = ""

    @property
    def done(self) -> float:
        """When it was over, in seconds from the start of the step."""
        return self.intended + self.total

    @property
    def to_first_token(self) -> float | None:
        """Seconds from the intended start to the first token (TTFT)."""
        return None if self.decode is None else self.total - self.decode

    @property
    def per_token(self) -> float | None:
        """Seconds per token after the first (TPOT); 0 where there is no token after it."""
        if self.decode is None:
            return None
        return self.decode / (self.completion_tokens - 1) if self.completion_tokens > 1 else 0.0


@dataclass(frozen=True, slots=True)
class Step:
    """All requests at one rate.

    An open step asks `rate` times a second, in a window of `seconds`. A closed one asks the next
    question when the one before is answered: `rate` and `arrivals` are None. `started` is the wall
    clock (ISO 8601, UTC).
    """

    number: int
    loop: Loop
    rate: float | None
    arrivals: Arrivals | None
    seconds: float
    started: str
    lag: Lag
    samples: tuple[Sample, ...] = field(default=(), repr=False)


def step_to_dict(step: Step) -> dict[str, Any]:
    """A JSON-ready dictionary without the samples, which have lines of their own."""
    data = asdict(step)
    del data["samples"]
    return data


def step_from_dict(data: Mapping[str, Any], samples: tuple[Sample, ...]) -> Step:
    """The inverse of `step_to_dict`; raises TypeError or KeyError on damaged data."""
    return Step(**{**data, "lag": Lag(**data["lag"])}, samples=samples)
