"""How fast a model writes, once it has begun."""

from __future__ import annotations

from typing import Final

from harness.systems.base import Answer

__all__ = ["tokens_per_second"]

_LEAST: Final = 2  # the first token ends the prefill: only those that follow it are decoded


def tokens_per_second(answer: Answer) -> float | None:
    """Tokens after the first over the seconds of decoding, which began when the first was there.

    It is the inverse of what benchmarks of servers call TPOT, the time per output token. None where
    it is not told: no failure's, none with a single token, none of a reply that came in one piece, and
    none where tokens were estimated from the length of the text.
    """
    decode, usage = answer.timing.decode, answer.usage
    if answer.failure is not None or not usage.counted or usage.completion_tokens < _LEAST:
        return None
    return (usage.completion_tokens - 1) / decode if decode else None
