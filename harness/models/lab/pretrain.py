"""Pretraining of the lab model: seeded, measured in tokens, resumable from its last checkpoint.

The learning rate warms up, stays, and falls linearly to the end. Until it falls a run may be resumed
with another budget; the data of a step never depend on it.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any, Final

import torch

from harness.errors import ArtefactError
from harness.models.lab.architecture import LabConfig, LabModel
from harness.models.lab.batch_worker import BatchWorkers
from harness.models.lab.batches import Batch, tokens_before
from harness.models.lab.memory import keep_freed_memory
from harness.models.lab.probes import probe_scores
from harness.models.lab.steps import Rates, Steps, TrainingState, fresh_state
from harness.models.lab.tokenizer import load_tokenizer, train_tokenizer

__all__ = [
    "PretrainOptions",
    "PretrainProgress",
    "load_checkpoint",
    "pretrain",
    "progress_line",
]

CHECKPOINT: Final = "checkpoint.pt"
BEFORE_DECAY: Final = "checkpoint-before-decay.pt"
TOKENIZER: Final = "tokenizer.json"
LOG: Final = "log.jsonl"
_WARM_UP_STEPS: Final = 60
_FLOOR: Final = 0.02


@dataclass(frozen=True)
class PretrainOptions:
    """What is trained, on how much, and how often it is saved and probed (seconds).

    `constant` is the share of the tokens after which the learning rate falls.
    """

    folder: Path
    tokens: int = 64_000_000
    seed: int = 1
    threads: int = 2
    rates: Rates = field(default_factory=Rates)
    constant: float = 0.5
    checkpoint_seconds: float = 120.0
    probe_seconds: float = 300.0
    progress_steps: int = 25
    device: str = "cpu"
    workers: int = 1
    """Processes that make batches; one serves two cores, a GPU takes a dozen."""
    config: LabConfig = field(default_factory=LabConfig)


@dataclass(frozen=True)
class PretrainProgress:
    """Where a run stands; seconds are of this process, `remaining` an estimate."""

    step: int
    tokens: int
    seconds: float
    remaining: float
    loss: float
    answer_loss: float
    tokens_per_second: float
    rate: float
    scores: dict[str, float] | None = None


def pretrain(
    options: PretrainOptions, progress: Callable[[PretrainProgress], None] = lambda _: None
) -> LabModel:
    """Train until the token budget is used, from the last checkpoint if the folder has one.

    Raises:
        ArtefactError: the checkpoint belongs to another seed, shape or learning rate, or its budget
            can no longer be changed because the learning rate already falls.
    """
    torch.set_num_threads(options.threads)
    keep_freed_memory()
    options.folder.mkdir(parents=True, exist_ok=True)
    tokenizer_path = options.folder / TOKENIZER
    if not tokenizer_path.exists():
        vocabulary = options.config.vocabulary
        train_tokenizer(tokenizer_path, vocabulary=vocabulary, seed=options.seed)
    state = _restored(options) or _fresh(options)
    with BatchWorkers(tokenizer_path, options.seed, state.step, options.workers) as batches:
        _loop(options, state, batches, progress)
    _save(options, state, CHECKPOINT)
    return state.model


def load_checkpoint(path: Path) -> LabModel:
    """Return the model of a checkpoint file, on the CPU."""
    saved = torch.load(path, map_location="cpu", weights_only=True)
    model = LabModel(LabConfig(**saved["options"]["config"]))
    model.load_state_dict(saved["model"])
    return model


def _loop(
    options: PretrainOptions,
    state: TrainingState,
    batches: Iterator[Batch],
    progress: Callable[[PretrainProgress], None],
) -> None:
    started = saved = probed = time.monotonic()
    first_tokens = tokens_before(state.step)
    tokenizer = load_tokenizer(options.folder / TOKENIZER)
    steps = Steps(state, options.rates, options.device)
    decaying = tokens_before(state.step) >= _decay_start(options)
    while (tokens := tokens_before(state.step)) < options.tokens:
        if not decaying and tokens >= _decay_start(options):
            steps.read_losses()
            _save(options, state, BEFORE_DECAY)
            decaying = True
        steps(next(batches), learning_rate_factor(options, state.step))
        now = time.monotonic()
        if now - saved > options.checkpoint_seconds:
            steps.read_losses()
            _save(options, state, CHECKPOINT)
            saved = now
        probing = now - probed > options.probe_seconds
        if state.step % options.progress_steps and not probing:
            continue
        loss, tokens = steps.read_losses(), tokens_before(state.step)
        speed = (tokens - first_tokens) / max(now - started, 1e-9)
        report = PretrainProgress(
            state.step, tokens, now - started, (options.tokens - tokens) / speed, loss,
            state.answer_loss or 0.0, speed, learning_rate_factor(options, state.step),
        )  # fmt: skip
        if probing:
            report = replace(report, scores=probe_scores(state.model, tokenizer))
            probed = time.monotonic()
        _log(options, report)
        progress(report)
    steps.read_losses()


def learning_rate_factor(options: PretrainOptions, step: int) -> float:
    """Return the share of the full learning rate at a step: warm-up, constant, linear fall."""
    tokens, start = tokens_before(step), _decay_start(options)
    warm = min(1.0, (step + 1) / _WARM_UP_STEPS)
    if tokens < start:
        return warm
    left = (options.tokens - tokens) / max(1, options.tokens - start)
    return max(_FLOOR, min(warm, left))


def _decay_start(options: PretrainOptions) -> int:
    return int(options.tokens * options.constant)


def _fresh(options: PretrainOptions) -> TrainingState:
    return fresh_state(options.config, options.seed, options.rates, options.device)


_FIXED: Final = ("seed", "rates", "config", "device")


def _restored(options: PretrainOptions) -> TrainingState | None:
    path = options.folder / CHECKPOINT
    if not path.exists():
        return None
    saved = torch.load(path, map_location=options.device, weights_only=True)
    wanted = _plain(options)
    if "constant" not in saved["options"]:
        raise ArtefactError(f"{path}: made by an earlier version; use another folder")
    for key in _FIXED:
        if saved["options"][key] != wanted[key]:
            raise ArtefactError(
                f"{path}: made with {key} = {saved['options'][key]!r}, not {wanted[key]!r}: "
                "use those options or another folder"
            )
    # What the last step had seen decides: a checkpoint from before the fall may get another budget.
    done, before = tokens_before(max(0, saved["step"] - 1)), saved["options"]
    former = replace(options, tokens=before["tokens"], constant=before["constant"])
    falling = done >= min(_decay_start(options), _decay_start(former))
    if falling and (options.tokens, options.constant) != (former.tokens, former.constant):
        raise ArtefactError(
            f"{path}: the learning rate already falls at {done} tokens, the budget stays "
            f"{former.tokens}: start again from {BEFORE_DECAY}"
        )
    state = _fresh(options)
    state.model.load_state_dict(saved["model"])
    state.matrices.load_state_dict(saved["matrices"])
    state.others.load_state_dict(saved["others"])
    state.step, state.answer_loss = saved["step"], saved["answer_loss"]
    return state


def _save(options: PretrainOptions, state: TrainingState, name: str) -> None:
    """Write a checkpoint beside its place and rename it, so that a crash never leaves half of one."""
    path = options.folder / name
    partial = path.with_suffix(".partial")
    torch.save(
        {
            "options": _plain(options),
            "step": state.step,
            "answer_loss": state.answer_loss,
            "model": state.model.state_dict(),
            "matrices": state.matrices.state_dict(),
            "others": state.others.state_dict(),
        },
        partial,
    )
    partial.replace(path)


def _plain(options: PretrainOptions) -> dict[str, Any]:
    return {**asdict(options), "folder": str(options.folder)}


def _log(options: PretrainOptions, report: PretrainProgress) -> None:
    with (options.folder / LOG).open("a", encoding="utf-8") as log:
        log.write(json.dumps(asdict(report)) + "\n")


def progress_line(report: PretrainProgress) -> str:
    """Return where a run stands, in one line."""
    scores = " ".join(f"{name} {score:.2f}" for name, score in (report.scores or {}).items())
    return (
        f"step {report.step} tokens {report.tokens / 1e6:.2f}M loss {report.loss:.3f} "
        f"answers {report.answer_loss:.4f} {report.tokens_per_second:.0f} tok/s "
        f"{report.seconds / 60:.1f} min, {report.remaining / 60:.1f} min left {scores}"
    )
