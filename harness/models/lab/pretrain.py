"""Pretraining of the lab model: seeded, measured in tokens, resumable from its last checkpoint.

The learning rate warms up, stays, and falls linearly; then it rises again, to a part of its height,
and falls once more, as often as `falls` says. Until the first fall begins a run may be resumed with
another budget; the data of a step never depend on it.
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
from harness.models.lab.batch_worker import BatchWorker
from harness.models.lab.batches import Batch, step_at, tokens_before
from harness.models.lab.memory import keep_freed_memory
from harness.models.lab.muon import Muon
from harness.models.lab.precision import training_dtype
from harness.models.lab.probes import probe_scores
from harness.models.lab.tokenizer import load_tokenizer, train_tokenizer

__all__ = [
    "Fall",
    "PretrainOptions",
    "PretrainProgress",
    "TrainingState",
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
_SMOOTHING: Final = 0.98


@dataclass(frozen=True)
class Fall:
    """A linear fall of the learning rate from `height`; where it begins and ends, of all tokens."""

    begin: float
    end: float
    height: float = 1.0


# In millions of tokens, of 84.2 in all: the falls with which the shipped weights were made.
_FALLS: Final = (
    Fall(24.0 / 84.2, 34.0 / 84.2),
    Fall(34.0 / 84.2, 38.2 / 84.2, 0.4),
    Fall(38.2 / 84.2, 49.2 / 84.2, 0.5),
    Fall(49.2 / 84.2, 74.2 / 84.2, 0.5),
    Fall(74.2 / 84.2, 1.0, 0.4),
)


@dataclass(frozen=True)
class PretrainOptions:
    """What is trained, on how much, and how often it is saved and probed (seconds)."""

    folder: Path
    tokens: int = 84_200_000
    seed: int = 1
    threads: int = 2
    matrix_rate: float = 0.02
    other_rate: float = 4e-3
    falls: tuple[Fall, ...] = _FALLS
    checkpoint_seconds: float = 120.0
    probe_seconds: float = 300.0
    progress_steps: int = 25
    device: str = "cpu"
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


@dataclass
class TrainingState:
    """All that a checkpoint holds beside the options: changed in place by every step."""

    model: LabModel
    matrices: torch.optim.Optimizer
    others: torch.optim.Optimizer
    step: int = 0
    answer_loss: float | None = None


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
    with BatchWorker(tokenizer_path, options.seed, state.step) as batches:
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
    decaying = tokens_before(state.step) >= _decay_start(options)
    while (tokens := tokens_before(state.step)) < options.tokens:
        if not decaying and tokens >= _decay_start(options):
            _save(options, state, BEFORE_DECAY)
            decaying = True
        loss = train_step(options, state, next(batches))
        now = time.monotonic()
        if now - saved > options.checkpoint_seconds:
            _save(options, state, CHECKPOINT)
            saved = now
        probing = now - probed > options.probe_seconds
        if state.step % options.progress_steps and not probing:
            continue
        tokens = tokens_before(state.step)
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


def train_step(options: PretrainOptions, state: TrainingState, batch: Batch) -> float:
    """Make one optimiser step on the batch and return its weighted loss in nats."""
    factor = learning_rate_factor(options, state.step)
    for optimizer, rate in (
        (state.matrices, options.matrix_rate),
        (state.others, options.other_rate),
    ):
        for group in optimizer.param_groups:
            group["lr"] = rate * factor
    ids = torch.from_numpy(batch.ids).long().to(options.device)
    weights = torch.from_numpy(batch.weights).to(options.device)[:, 1:].reshape(-1)
    dtype = training_dtype(options.device)
    losses = state.model.token_losses(ids[:, :-1], ids[:, 1:], dtype)
    loss = (losses * weights).sum() / weights.sum()
    torch.autograd.backward(loss)
    others = [p for group in state.others.param_groups for p in group["params"]]
    torch.nn.utils.clip_grad_norm_(others, 1.0)
    for optimizer in (state.matrices, state.others):
        optimizer.step()
        optimizer.zero_grad()
    answer = losses.detach()[weights == 1.0].mean().item()
    before = answer if state.answer_loss is None else state.answer_loss
    state.answer_loss = _SMOOTHING * before + (1 - _SMOOTHING) * answer
    state.step += 1
    return float(loss.item())


def learning_rate_factor(options: PretrainOptions, step: int) -> float:
    """Return the share of the full learning rate at a step.

    Warm-up, constant, and the falls; each rise between two of them is a warm-up too.
    """
    tokens, warm = tokens_before(step), (step + 1) / _WARM_UP_STEPS
    for number, fall in enumerate(options.falls):
        begin, end = int(options.tokens * fall.begin), int(options.tokens * fall.end)
        if begin <= tokens < end:
            warm = (step - step_at(begin) + 1) / _WARM_UP_STEPS if number else 1.0
            return max(_FLOOR, fall.height * min(1.0, warm, (end - tokens) / (end - begin)))
    return min(1.0, warm) if tokens < _decay_start(options) else _FLOOR


def _decay_start(options: PretrainOptions) -> int:
    first = options.falls[0].begin if options.falls else 1.0
    return int(options.tokens * first)


def _fresh(options: PretrainOptions) -> TrainingState:
    torch.manual_seed(options.seed)
    model = LabModel(options.config).to(options.device)
    matrices: list[torch.nn.Parameter] = []
    others: list[torch.nn.Parameter] = []
    for name, parameter in model.named_parameters():
        # Muon is made for hidden matrices; embeddings and norm weights go to AdamW.
        matrix = parameter.dim() > 1 and "embed_tokens" not in name
        (matrices if matrix else others).append(parameter)
    muon = Muon(matrices, lr=options.matrix_rate, dtype=training_dtype(options.device))
    adam = torch.optim.AdamW(others, lr=options.other_rate, betas=(0.9, 0.95), weight_decay=0.0)
    return TrainingState(model, muon, adam)


_FIXED: Final = ("seed", "matrix_rate", "other_rate", "config")


def _restored(options: PretrainOptions) -> TrainingState | None:
    path = options.folder / CHECKPOINT
    if not path.exists():
        return None
    saved = torch.load(path, map_location=options.device, weights_only=True)
    wanted = _plain(options)
    for key in _FIXED:
        if saved["options"][key] != wanted[key]:
            raise ArtefactError(
                f"{path}: made with {key} = {saved['options'][key]!r}, not {wanted[key]!r}: "
                "use those options or another folder"
            )
    # What the last step had seen decides: a checkpoint from before the fall may get another budget.
    done, before = tokens_before(max(0, saved["step"] - 1)), saved["options"]
    if "falls" not in before:
        raise ArtefactError(f"{path}: made by an earlier version; use another folder")
    falls = tuple(Fall(**fall) for fall in before["falls"])
    former = replace(options, tokens=before["tokens"], falls=falls)
    falling = done >= min(_decay_start(options), _decay_start(former))
    if falling and (options.tokens, options.falls) != (former.tokens, former.falls):
        raise ArtefactError(
            f"{path}: the learning rate already falls at {done} tokens, the budget stays "
            f"{former.tokens} and the falls stay: start again from {BEFORE_DECAY}"
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
