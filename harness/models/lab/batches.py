"""Batches of the pretraining mix: each a pure function of the seed and the step.

A run that stops and resumes therefore sees the same data as one that never stopped.
"""

from __future__ import annotations

from dataclasses import dataclass
from random import Random
from typing import Final

import numpy as np
from numpy.typing import NDArray
from tokenizers import Tokenizer

from harness.models.lab.synthetic.mix import STAGES, Stage, conversation
from harness.models.lab.synthetic.turns import Turn
from harness.models.lab.tokenizer import BEGIN, PAD, encode_turns

__all__ = ["Batch", "make_batch", "stage_of", "step_at", "tokens_before"]

_SHORTEST_ROOM: Final = 40
_TRIES: Final = 12


@dataclass(frozen=True)
class Batch:
    """Token ids (rows, length + 1) and the loss weight of each id as a target, same shape."""

    step: int
    ids: NDArray[np.int32]
    weights: NDArray[np.float32]


def step_at(tokens: int) -> int:
    """Return the first step at which at least `tokens` tokens have been seen."""
    step = done = 0
    for stage in STAGES:
        per_step = stage.rows * stage.length
        steps = max(0, -(-(min(stage.until, tokens) - done) // per_step))
        step, done = step + steps, done + steps * per_step
    return step


def tokens_before(step: int) -> int:
    """Return how many tokens the steps before `step` hold, padding included."""
    first = done = 0
    for stage in STAGES:
        per_step = stage.rows * stage.length
        last = first + -(-(stage.until - done) // per_step)
        if step <= last:
            return done + (step - first) * per_step
        first, done = last, done + (last - first) * per_step
    raise AssertionError("the last stage has no end")


def stage_of(step: int) -> Stage:
    """Return the stage of the curriculum that `step` belongs to."""
    done = tokens_before(step)
    return next(stage for stage in STAGES if done < stage.until)


def make_batch(tokenizer: Tokenizer, seed: int, step: int) -> Batch:
    """Return the batch of a step; nothing but `seed` and `step` enters."""
    stage = stage_of(step)
    r = Random(f"pretraining:{seed}:{step}")  # noqa: S311 - reproducible data
    rows = [_row(tokenizer, r, stage) for _ in range(stage.rows)]
    ids = np.array([row for row, _ in rows], dtype=np.int32)
    weights = np.array([weight for _, weight in rows], dtype=np.float32)
    return Batch(step, ids, weights)


def _row(tokenizer: Tokenizer, r: Random, stage: Stage) -> tuple[list[int], list[float]]:
    """Return one row of `stage.length + 1` ids, packed with whole exchanges, and the weights."""
    size = stage.length + 1
    ids: list[int] = []
    weights: list[float] = []
    for _ in range(_TRIES):
        if len(ids) > size - _SHORTEST_ROOM:
            break
        more, loss = _packed(tokenizer, conversation(r, stage), stage.reading, size - len(ids))
        ids += more
        weights += loss
    padding = size - len(ids)
    return ids + [PAD] * padding, weights + [0.0] * padding


def _packed(
    tokenizer: Tokenizer, turns: list[Turn], reading: float, room: int
) -> tuple[list[int], list[float]]:
    """Return the conversation up to the last exchange that fits; empty when none does."""
    ids, weights, kept = [BEGIN], [0.0], 0
    for (role, _), encoded in zip(turns, encode_turns(tokenizer, turns), strict=True):
        answer = role == "assistant"
        # The role mark is given, never predicted; the end mark only where the model must stop.
        weight = 1.0 if answer else reading
        ids += encoded
        weights += [0.0] + [weight] * (len(encoded) - 2) + [1.0 if answer else 0.0]
        if len(ids) > room:
            break
        if answer:
            kept = len(ids)
    return ids[:kept], weights[:kept]
