"""Inference for the Qwen3 architecture in numpy: greedy decoding with a key/value cache.

It gives the tokens that `transformers` gives in float32, without torch.

It runs on one BLAS thread: at this size a second one costs more in hand-over than it computes, and
the runner uses one worker process per core. The limit holds during a generation only, so that the
host program's own settings stay as they are. It needs `threadpoolctl`, the only portable way to
limit a BLAS that is loaded already; without it, start the process with OPENBLAS_NUM_THREADS=1.
"""

from __future__ import annotations

import functools
import importlib
import time
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from harness.errors import ArtefactError
from harness.models.base import ModelError
from harness.models.constraint import TokenFilter
from harness.models.lab.adapters import merge_adapter
from harness.models.lab.config import DecoderConfig, read_config
from harness.models.lab.decoder import Cache, Decoder, Ids, View
from harness.models.lab.weights import Array, read_safetensors

# Added to the score of a position that must not be seen; finite, so that a row of nothing but
# padding stays a number.
_HIDDEN = np.float32(-1e9)

Chooser = Callable[[Array], Ids]
"""From logits (rows, vocabulary) to the token of each row."""

# Prompts of one batch; more gains nothing on one core and costs memory.
_BATCH = 32


@dataclass(frozen=True, slots=True)
class Completion:
    """Generated token ids without the end token.

    `ended` says that the end token came (it counts in `steps`, the number of tokens generated).
    Seconds are from the call; those of a batch are the whole batch's.
    """

    ids: tuple[int, ...]
    ended: bool
    first_token_seconds: float
    total_seconds: float

    @property
    def steps(self) -> int:
        """Tokens the model generated, the end token included."""
        return len(self.ids) + self.ended


class Runtime:
    """A decoder ready to generate. Not for use by several threads at once."""

    def __init__(self, config: DecoderConfig, decoder: Decoder) -> None:
        self.config = config
        self._decoder = decoder

    @classmethod
    def load(cls, folder: Path, adapter: Path | None = None) -> Runtime:
        """Load a model folder (`config.json`, `model.safetensors`), with a LoRA adapter merged in.

        Raises:
            ArtefactError: something is missing, damaged, of another architecture or does not fit.
        """
        config = read_config(folder)
        weights = read_safetensors(folder / "model.safetensors")
        if adapter is not None:
            weights = merge_adapter(weights, adapter)
        try:
            return cls(config, Decoder(config, weights))
        except (KeyError, ValueError) as error:
            raise ArtefactError(
                f"{folder}: model.safetensors does not fit config.json ({error})"
            ) from error

    def generate(
        self,
        prompt: Sequence[int],
        max_new_tokens: int,
        allowed: TokenFilter | None = None,
        on_token: Callable[[int], None] | None = None,
    ) -> Completion:
        """Continue one prompt greedily, by the tokens that `allowed` lets pass.

        `on_token` is called with each of the completion's ids before the next one is computed; what
        it raises ends the generation.

        Raises:
            ModelError: `context_length`, the prompt leaves no position for an answer; or what the
                filter raises.
        """
        choose: Chooser = _best if allowed is None else functools.partial(_best_allowed, allowed)
        if on_token is not None:
            choose = functools.partial(self._told, choose, on_token)
        return self._generate([prompt], max_new_tokens, choose)[0]

    def generate_batch(
        self, prompts: Sequence[Sequence[int]], max_new_tokens: int
    ) -> list[Completion]:
        """Continue many prompts, in batches of similar length; the same tokens as one at a time.

        Raises:
            ModelError: `context_length`, a prompt leaves no position for an answer.
        """
        order = sorted(range(len(prompts)), key=lambda index: len(prompts[index]))
        done: dict[int, Completion] = {}
        for start in range(0, len(order), _BATCH):
            batch = order[start : start + _BATCH]
            completions = self._generate([prompts[i] for i in batch], max_new_tokens, _best)
            done.update(zip(batch, completions, strict=True))
        return [done[index] for index in range(len(prompts))]

    def logits(self, prompt: Sequence[int]) -> Array:
        """Logits of the token that follows the prompt, shape (vocabulary,)."""
        with _one_thread()(), np.errstate(over="ignore"):
            return self._prefill(prompt, Cache.empty(self.config, 1, len(prompt)))

    def _generate(
        self, prompts: Sequence[Sequence[int]], max_new_tokens: int, choose: Chooser
    ) -> list[Completion]:
        begin = time.perf_counter()
        lengths = [len(prompt) for prompt in prompts]
        steps = self._steps(lengths, max_new_tokens)
        longest = max(lengths)
        padding = np.array([longest - length for length in lengths])
        with _one_thread()(), np.errstate(over="ignore"):
            cache = Cache.empty(self.config, len(prompts), longest + max(steps))
            logits = [
                self._prefill(prompt, cache.row(row, padding[row]))
                for row, prompt in enumerate(prompts)
            ]
            tokens = choose(np.stack(logits))
            first = time.perf_counter() - begin
            generated = self._decode(
                tokens, cache, padding, length=longest, steps=max(steps), choose=choose
            )
        total = time.perf_counter() - begin
        return [
            self._completion(row[:limit], first, total)
            for row, limit in zip(generated, steps, strict=True)
        ]

    def _steps(self, lengths: Sequence[int], max_new_tokens: int) -> list[int]:
        """The number of tokens each prompt may get, at least one."""
        if max_new_tokens < 1:
            raise ValueError(f"max_new_tokens is {max_new_tokens}, not at least 1")
        if min(lengths) < 1:
            raise ModelError("empty_prompt", "the prompt has no token")
        positions = self.config.positions
        if max(lengths) >= positions:
            raise ModelError(
                "context_length",
                f"the prompt has {max(lengths)} tokens; the model has room for {positions - 1} "
                "and one of an answer",
            )
        return [min(max_new_tokens, positions - length) for length in lengths]

    def _told(self, choose: Chooser, on_token: Callable[[int], None], logits: Array) -> Ids:
        """The token of the only row, which is told before it is returned."""
        tokens = choose(logits)
        if (token := int(tokens[0])) not in self.config.end_ids:
            on_token(token)
        return tokens

    def _completion(self, row: list[int], first: float, total: float) -> Completion:
        ended = row[-1] in self.config.end_ids
        return Completion(tuple(row[:-1] if ended else row), ended, first, total)

    def _prefill(self, prompt: Sequence[int], cache: Cache) -> Array:
        # One prompt at a time even in a batch: its products fill the caches of a core already,
        # and a batch of them would spill out of these.
        length = len(prompt)
        later = np.triu(np.full((length, length), _HIDDEN, np.float32), 1)
        ids, positions = np.asarray(prompt)[None], np.arange(length)[None]
        logits: Array = self._decoder.forward(ids, positions, cache, View(length, later))[0]
        return logits

    def _decode(
        self,
        tokens: Ids,
        cache: Cache,
        padding: Ids,
        *,
        length: int,
        steps: int,
        choose: Chooser,
    ) -> list[list[int]]:
        """The tokens of every row up to its end token or to `steps`, `tokens` being the first."""
        generated: list[list[int]] = [[token] for token in tokens.tolist()]
        rows = np.arange(len(tokens))
        hidden = np.where(np.arange(length + steps) < padding[:, None], _HIDDEN, np.float32(0))
        for end in range(length + 1, length + steps):
            running = np.array([generated[row][-1] not in self.config.end_ids for row in rows])
            if not running.any():
                break
            # Rows that ended are computed on until half are idle; dropping one copies the cache.
            if 2 * running.sum() <= len(rows):
                rows, tokens, hidden = rows[running], tokens[running], hidden[running]
                padding, cache = padding[running], cache.keep(running)
            mask = hidden[:, None, None, None, :end] if padding.any() else None
            # A row that has used its last position is cut afterwards; until then it repeats it.
            positions = np.minimum(end - 1 - padding[:, None], self.config.positions - 1)
            logits = self._decoder.forward(tokens[:, None], positions, cache, View(end, mask))
            tokens = choose(logits)
            for row, token in zip(rows, tokens.tolist(), strict=True):
                if generated[row][-1] not in self.config.end_ids:
                    generated[row].append(token)
        return generated


def _best(logits: Array) -> Ids:
    """The most likely token of every row."""
    tokens: Ids = logits.argmax(-1)
    return tokens


def _best_allowed(allowed: TokenFilter, logits: Array) -> Ids:
    """The most likely token that the filter of the only row lets pass."""
    allowed.restrict(logits[0])
    tokens = _best(logits)
    allowed.accept(int(tokens[0]))
    return tokens


@functools.cache
def _one_thread() -> Callable[[], AbstractContextManager[Any]]:
    """A maker of contexts in which BLAS uses one thread."""
    try:
        threadpoolctl = importlib.import_module("threadpoolctl")
    except ImportError:
        return nullcontext
    # Finding the libraries takes milliseconds, so it is done once, with numpy already loaded.
    controller = threadpoolctl.ThreadpoolController()
    return functools.partial(controller.limit, limits=1, user_api="blas")
