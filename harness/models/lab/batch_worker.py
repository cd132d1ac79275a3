"""Batches made ahead by a worker process, so that the trainer never waits for data.

Apart from `pretrain`, and free of torch, so that the worker starts quickly and stays small.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from multiprocessing import get_context
from multiprocessing.queues import Queue
from pathlib import Path
from queue import Empty
from typing import Final

from harness.errors import RunError
from harness.models.lab.batches import Batch, make_batch
from harness.models.lab.tokenizer import load_tokenizer

__all__ = ["BatchWorker"]

_AHEAD: Final = 8
_PATIENCE: Final = 10.0


class BatchWorker:
    """Batches in step order, made ahead by one worker process."""

    def __init__(self, tokenizer: Path, seed: int, step: int) -> None:
        context = get_context("spawn")
        self._queue: Queue[Batch] = context.Queue(_AHEAD)
        arguments = (self._queue, tokenizer, seed, step)
        self._worker = context.Process(target=_produce, args=arguments, daemon=True)

    def __enter__(self) -> Iterator[Batch]:
        self._worker.start()
        return self._received()

    def __exit__(self, *_: object) -> None:
        self._worker.terminate()
        self._worker.join()

    def _received(self) -> Iterator[Batch]:
        while True:
            try:
                yield self._queue.get(timeout=_PATIENCE)
            except Empty:
                if not self._worker.is_alive():
                    raise RunError(
                        "the process that makes batches has died: see its error above, then run "
                        "the same command again to go on from the last checkpoint"
                    ) from None


def _produce(queue: Queue[Batch], tokenizer: Path, seed: int, step: int) -> None:
    # Rows are short: threads inside the tokenizer would only take the trainer's cores.
    os.environ["TOKENIZERS_PARALLELISM"] = "false"
    loaded = load_tokenizer(tokenizer)
    while True:
        queue.put(make_batch(loaded, seed, step))
        step += 1
