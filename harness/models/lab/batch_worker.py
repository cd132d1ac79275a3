"""Batches made ahead by worker processes, so that the trainer never waits for data.

Apart from `pretrain`, and free of torch, so that the workers start quickly and stay small.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from itertools import cycle
from multiprocessing import get_context
from multiprocessing.process import BaseProcess
from multiprocessing.queues import Queue
from pathlib import Path
from queue import Empty
from typing import Final

from harness.errors import RunError
from harness.models.lab.batches import Batch, make_batch
from harness.models.lab.tokenizer import load_tokenizer

__all__ = ["BatchWorkers"]

_AHEAD: Final = 8
_PATIENCE: Final = 10.0


class BatchWorkers:
    """Batches in step order, made ahead by `count` processes that take turns."""

    def __init__(self, tokenizer: Path, seed: int, step: int, count: int = 1) -> None:
        context = get_context("spawn")
        self._queues: list[Queue[Batch]] = [context.Queue(_AHEAD) for _ in range(count)]
        self._workers = [
            context.Process(
                target=_produce, args=(queue, tokenizer, seed, step + turn, count), daemon=True
            )
            for turn, queue in enumerate(self._queues)
        ]

    def __enter__(self) -> Iterator[Batch]:
        for worker in self._workers:
            worker.start()
        return self._received()

    def __exit__(self, *_: object) -> None:
        for worker in self._workers:
            worker.terminate()
        for worker in self._workers:
            worker.join()

    def _received(self) -> Iterator[Batch]:
        for queue, worker in cycle(zip(self._queues, self._workers, strict=True)):
            yield _next(queue, worker)


def _next(queue: Queue[Batch], worker: BaseProcess) -> Batch:
    while True:
        try:
            return queue.get(timeout=_PATIENCE)
        except Empty:
            if not worker.is_alive():
                raise RunError(
                    "a process that makes batches has died: see its error above, then run "
                    "the same command again to go on from the last checkpoint"
                ) from None


def _produce(queue: Queue[Batch], tokenizer: Path, seed: int, step: int, stride: int) -> None:
    # Rows are short: threads inside the tokenizer would only take the trainer's cores.
    os.environ["TOKENIZERS_PARALLELISM"] = "false"
    loaded = load_tokenizer(tokenizer)
    while True:
        queue.put(make_batch(loaded, seed, step))
        step += stride
