"""What the stub server does with a request: a pure function of its settings, prompt and attempt.

So the same questions meet the same service times and the same faults in every run, whatever the
order in which they come, and a test can say beforehand what a server will do.
"""

from __future__ import annotations

import json
import math
import struct
from dataclasses import dataclass
from hashlib import blake2b
from statistics import NormalDist
from typing import Final, Literal, NamedTuple

Outcome = Literal["answered", "failed", "limited", "dropped", "broken", "refused"]
"""`dropped`: closed without a byte; `broken`: closed after the first token (or half a body)."""

_TWO_DRAWS: Final = struct.Struct("<QQ")
_SCALE: Final = 2.0**-52
_STANDARD: Final = NormalDist()


@dataclass(frozen=True, slots=True)
class Behaviour:
    """The settings of a stub server; each is an option of its command line.

    `seconds` pass until the first token: always (`mode` fixed), or as their median (lognormal, with
    `sigma`). `tokens` follow each other every `gap` seconds; who does not stream gets all of them
    when the last one would come.

    `failing` (500), `limited` (429, with `retry_after` seconds), `dropped` and `broken` are the
    shares of requests that meet that fault, on each of the first `faulty` attempts at a prompt; later
    ones are answered. A prompt with `marker` in it is always refused, with the status `refusal`.

    `text` is the answer; where it is empty, it is the JSON of `answer_text`. With `hold` nothing is
    answered before `POST /release`.
    """

    mode: Literal["fixed", "lognormal"] = "fixed"
    seconds: float = 0.0
    sigma: float = 0.5
    tokens: int = 8
    gap: float = 0.0
    failing: float = 0.0
    limited: float = 0.0
    retry_after: float = 1.0
    dropped: float = 0.0
    broken: float = 0.0
    faulty: int = 1
    marker: str = ""
    refusal: int = 400
    text: str = ""
    hold: bool = False
    seed: int = 0


class Fate(NamedTuple):
    """What becomes of a request, and the seconds until its first token."""

    outcome: Outcome
    seconds: float


def prompt_hash(prompt: str) -> str:
    """16 hex digits that name a prompt in the server's records."""
    return blake2b(prompt.encode(), digest_size=8).hexdigest()


def answer_value(prompt: str) -> str:
    """The value that the server's JSON answer holds; three words, so that others are plainly wrong."""
    return f"value of {prompt_hash(prompt)}"


def answer_text(behaviour: Behaviour, name: str) -> str:
    """The answer to the prompt with this hash."""
    return behaviour.text or json.dumps({"answer": f"value of {name}"})


def fate(behaviour: Behaviour, prompt: str, name: str, attempt: int) -> Fate:
    """What becomes of the `attempt`-th request (from 1) with the prompt whose hash is `name`."""
    if behaviour.marker and behaviour.marker in prompt:
        return Fate("refused", 0.0)
    fault, pace = _draws(behaviour.seed, name, attempt)
    seconds = behaviour.seconds
    if behaviour.mode == "lognormal":
        seconds *= math.exp(behaviour.sigma * _STANDARD.inv_cdf(pace))
    return Fate(_outcome(behaviour, fault) if attempt <= behaviour.faulty else "answered", seconds)


def _outcome(behaviour: Behaviour, draw: float) -> Outcome:
    shares: tuple[tuple[Outcome, float], ...] = (
        ("failed", behaviour.failing),
        ("limited", behaviour.limited),
        ("dropped", behaviour.dropped),
        ("broken", behaviour.broken),
    )
    for outcome, share in shares:
        if draw < share:
            return outcome
        draw -= share
    return "answered"


def _draws(seed: int, name: str, attempt: int) -> tuple[float, float]:
    """Two uniform numbers, neither 0 nor 1."""
    digest = blake2b(f"{seed}/{name}/{attempt}".encode(), digest_size=_TWO_DRAWS.size).digest()
    first, second = _TWO_DRAWS.unpack(digest)
    return ((first >> 12) + 0.5) * _SCALE, ((second >> 12) + 0.5) * _SCALE
