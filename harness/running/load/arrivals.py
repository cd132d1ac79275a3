"""When requests arrive, and what they ask."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from itertools import count
from typing import Final, Literal, get_args

from harness.errors import ConfigError, nearest
from harness.world.questions import Question

__all__ = ["ARRIVALS", "Arrivals", "arrival_times", "checked_arrivals", "endless"]

Arrivals = Literal["poisson", "constant"]
ARRIVALS: Final[tuple[Arrivals, ...]] = get_args(Arrivals)


def checked_arrivals(word: str) -> Arrivals:
    """The word, if it names a kind of arrivals; raises `ConfigError` where it does not."""
    for known in ARRIVALS:
        if word == known:
            return known
    raise ConfigError(f"unknown arrivals {word!r}: {nearest(word, ARRIVALS)}")


def arrival_times(arrivals: Arrivals, rate: float, rng: random.Random) -> Iterator[float]:
    """Seconds from the start of a step, without end, `rate` of them a second on average.

    Poisson arrivals have independent exponential gaps: many askers who do not know of one another.
    Constant ones come at an even pace, which no crowd does, and which spares the figures the noise
    of the arrivals.
    """
    if arrivals == "constant":
        yield from (number / rate for number in count())
    now = 0.0
    while True:
        now += rng.expovariate(rate)
        yield now


def endless(questions: Sequence[Question], rng: random.Random) -> Iterator[Question]:
    """All questions in random order, then all again in another one, without end."""
    while True:
        yield from rng.sample(questions, len(questions))
