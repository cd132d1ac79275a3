"""What a stub server has really done: kept by the server, and read by whoever measures."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any, Final, NamedTuple

DROPPED: Final = 0
"""The status of a request whose connection the server closed before its answer was whole."""
GONE: Final = 499
"""The status of a request whose client had gone before its answer was whole (nginx's number)."""


class Served(NamedTuple):
    """One request. Times are seconds on the clock of `time.perf_counter`.

    `arrival` is when its last byte was read, `first_token` when that was written (None: never),
    `last_byte` when the answer was written, or given up. `attempt` counts the requests with this
    prompt, from 1.
    """

    arrival: float
    first_token: float | None
    last_byte: float
    status: int
    prompt: str
    attempt: int

    @property
    def service_seconds(self) -> float:
        """From the last byte of the request to the last one of the answer."""
        return self.last_byte - self.arrival

    @property
    def first_token_seconds(self) -> float | None:
        """From the last byte of the request to the first token."""
        return None if self.first_token is None else self.first_token - self.arrival

    def to_dict(self) -> dict[str, Any]:
        """What `GET /truth` says of it."""
        return {
            **self._asdict(),
            "service_seconds": self.service_seconds,
            "first_token_seconds": self.first_token_seconds,
        }


class State(NamedTuple):
    """How many requests have come, how many of them are not answered yet, and what all of it cost."""

    arrived: int
    in_flight: int
    cpu_seconds: float


class Truth:
    """The records of one server, and what it holds back."""

    def __init__(self, *, hold: bool) -> None:
        self.served: list[Served] = []
        self.arrived = 0
        self._attempts: dict[str, int] = {}
        self._held: list[Callable[[], None]] | None = [] if hold else None

    @property
    def state(self) -> State:
        """As of now."""
        return State(self.arrived, self.arrived - len(self.served), time.process_time())

    def arrive(self, prompt: str) -> int:
        """A request has come; the number of its attempt."""
        self.arrived += 1
        attempt = self._attempts[prompt] = self._attempts.get(prompt, 0) + 1
        return attempt

    def when_released(self, then: Callable[[], None]) -> None:
        """Call `then` at once, or when `release` is called where answers are held."""
        if self._held is None:
            then()
        else:
            self._held.append(then)

    def release(self) -> None:
        """Let go what is held, and hold nothing from now on."""
        held, self._held = self._held or [], None
        for then in held:
            then()
