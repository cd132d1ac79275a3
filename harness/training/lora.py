"""LoRA fine-tuning with `peft`: answer-only loss, length-bucketed batches, seeded throughout."""

from __future__ import annotations

import contextlib
import hashlib
import json
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING, Any, Final

from harness.energy import EnergyMeter
from harness.errors import ArtefactError, MissingExtraError
from harness.models.fingerprint import adapter_fingerprint, model_fingerprint
from harness.models.lab.memory import keep_freed_memory
from harness.training.adapter import Adapter, AdapterKey, write_adapter
from harness.training.examples import Example, examples_fingerprint

if TYPE_CHECKING:
    import torch

__all__ = ["LoraSettings", "Progress", "TrainingStep", "can_train", "train_adapter"]

IGNORED: Final = -100  # the label that the loss passes over
_BUCKET: Final = 8  # batches whose examples are sorted by length together


@dataclass(frozen=True, slots=True)
class LoraSettings:
    """Rank and scale of the adapter on all linear layers, and the optimiser's course.

    The learning rate rises linearly over the first `warmup` share of the steps and falls linearly
    to nothing over the rest. A batch has at most `batch_size` examples and, padding included,
    `batch_tokens` tokens, which bounds the memory (some 2 GB for the lab model).
    """

    rank: int = 16
    alpha: int = 32
    learning_rate: float = 5e-3
    epochs: int = 1
    batch_size: int = 16
    batch_tokens: int = 4096
    warmup: float = 0.05
    gradient_norm: float = 1.0

    def fingerprint(self) -> str:
        """SHA-256 over all fields, first 16 hex digits."""
        return hashlib.sha256(json.dumps(asdict(self)).encode()).hexdigest()[:16]


@dataclass(frozen=True, slots=True)
class TrainingStep:
    """Where a training stands; times in seconds."""

    step: int
    steps: int
    loss: float
    elapsed: float

    @property
    def remaining(self) -> float:
        """Seconds left at the mean pace so far."""
        return self.elapsed / self.step * (self.steps - self.step)


Progress = Callable[[TrainingStep], None]
_Tokens = tuple[list[int], int]  # all token ids, and how many of them are the prompt's


def can_train() -> bool:
    """Whether the packages of the extra `train` are installed (none is imported)."""
    from importlib.util import find_spec  # noqa: PLC0415  (used here only)

    return all(find_spec(name) is not None for name in ("torch", "transformers", "peft"))


def train_adapter(
    base: Path,
    examples: Sequence[Example],
    settings: LoraSettings,
    key: AdapterKey,
    out: Path,
    *,
    progress: Progress | None = None,
) -> Adapter:
    """Train an adapter for the model in `base` on `examples` and write it into `out`.

    The same key on the same machine gives the same weights. Takes minutes for the lab model.

    Raises:
        MissingExtraError: torch, transformers or peft is not installed.
        ArtefactError: `base` is no readable model, or not the one of `key`.
    """
    if not can_train():
        raise MissingExtraError("training an adapter", "train")
    if model_fingerprint(base) != key.base or examples_fingerprint(examples) != key.data:
        raise ArtefactError(f"{out}: the base model or the examples are not those of the key")
    import torch  # noqa: PLC0415  (heavy, optional)

    keep_freed_memory()
    with torch.random.fork_rng(devices=[]), _quiet():
        torch.manual_seed(key.seed)
        model, tokenizer = _load(base, settings)
        data = [_tokenise(tokenizer, example) for example in examples]
        meter, started = EnergyMeter(), time.perf_counter()
        loss, tokens = _fit(model, data, settings, key.seed, progress)
        seconds, joules = time.perf_counter() - started, meter.joules()
        out.mkdir(parents=True, exist_ok=True)
        _save(model, out)
    weights = adapter_fingerprint(out)
    adapter = Adapter(out, key, len(examples), tokens, seconds, loss, weights, joules)
    write_adapter(adapter)
    return adapter


def _load(base: Path, settings: LoraSettings) -> tuple[Any, Any]:
    import torch  # noqa: PLC0415  (heavy, optional)
    from peft import LoraConfig, get_peft_model  # noqa: PLC0415  (heavy, optional)
    from transformers import AutoModelForCausalLM, AutoTokenizer  # noqa: PLC0415  (heavy, optional)

    try:
        tokenizer = AutoTokenizer.from_pretrained(base)
        # Written-out attention is the faster one in the backward pass on a CPU.
        model = AutoModelForCausalLM.from_pretrained(
            base, dtype=torch.float32, attn_implementation="eager"
        )
    except (OSError, ValueError) as error:
        raise ArtefactError(f"{base}: cannot be loaded as a model to train: {error}") from error
    config = LoraConfig(
        r=settings.rank,
        lora_alpha=settings.alpha,
        lora_dropout=0.0,
        target_modules="all-linear",
        task_type="CAUSAL_LM",
    )
    return get_peft_model(model, config), tokenizer


def _tokenise(tokenizer: Any, example: Example) -> _Tokens:  # noqa: ANN401  (from transformers)
    prompt = tokenizer.apply_chat_template(
        [{"role": "user", "content": example.prompt}],
        add_generation_prompt=True,
        tokenize=True,
        return_dict=False,
    )
    answer = tokenizer.encode(example.answer, add_special_tokens=False)
    return [*prompt, *answer, tokenizer.eos_token_id], len(prompt)


def _fit(
    model: Any,  # noqa: ANN401  (from peft)
    data: Sequence[_Tokens],
    settings: LoraSettings,
    seed: int,
    progress: Progress | None,
) -> tuple[float, int]:
    """Train in place; the mean loss of the last tenth of the steps and the number of tokens seen."""
    import torch  # noqa: PLC0415  (heavy, optional)

    random = Random(seed)  # noqa: S311  (order of examples, no secret)
    batches = [b for _ in range(settings.epochs) for b in _batches(data, settings, random)]
    weights = [weight for weight in model.parameters() if weight.requires_grad]
    optimiser = torch.optim.AdamW(weights, lr=settings.learning_rate, weight_decay=0.0)
    schedule = torch.optim.lr_scheduler.LambdaLR(
        optimiser, lambda step: _rate(step, len(batches), settings.warmup)
    )
    started, losses = time.perf_counter(), []
    model.train()
    for step, batch in enumerate(batches, 1):
        loss = _loss(model, batch)
        loss.backward()  # type: ignore[no-untyped-call]
        torch.nn.utils.clip_grad_norm_(weights, settings.gradient_norm)
        optimiser.step()
        schedule.step()
        optimiser.zero_grad()
        losses.append(loss.item())
        if progress is not None:
            progress(TrainingStep(step, len(batches), losses[-1], time.perf_counter() - started))
    last = losses[-max(1, len(batches) // 10) :]
    return sum(last) / len(last), settings.epochs * sum(len(ids) for ids, _ in data)


def _rate(step: int, steps: int, warmup: float) -> float:
    rise = max(1.0, warmup * steps)
    return min((step + 1) / rise, (steps - step) / max(1.0, steps - rise), 1.0)


def _batches(
    data: Sequence[_Tokens], settings: LoraSettings, random: Random
) -> list[list[_Tokens]]:
    """Every example once, in random batches of similar length (little padding)."""
    order = list(data)
    random.shuffle(order)
    reach = settings.batch_size * _BUCKET
    batches: list[list[_Tokens]] = []
    for start in range(0, len(order), reach):
        batch: list[_Tokens] = []
        # Ascending lengths: the newest example is the longest, so it decides what padding costs.
        for example in sorted(order[start : start + reach], key=lambda tokens: len(tokens[0])):
            full = len(batch) == settings.batch_size
            if full or (batch and (len(batch) + 1) * len(example[0]) > settings.batch_tokens):
                batches.append(batch)
                batch = []
            batch.append(example)
        batches.append(batch)
    random.shuffle(batches)
    return batches


def _loss(model: Any, batch: Sequence[_Tokens]) -> torch.Tensor:  # noqa: ANN401  (from peft)
    """Mean cross-entropy of the answers' tokens."""
    import torch  # noqa: PLC0415  (heavy, optional)

    from harness.models.lab.precision import training_dtype  # noqa: PLC0415  (needs torch)

    longest = max(len(ids) for ids, _ in batch)
    pads = [longest - len(ids) for ids, _ in batch]
    # Half precision in the matrix products where the processor has it: half the time, and the
    # losses stay in single precision.
    narrow = training_dtype() is torch.bfloat16
    with torch.autocast("cpu", dtype=torch.bfloat16, enabled=narrow):
        loss: torch.Tensor = model(
            input_ids=torch.tensor(
                [ids + [0] * pad for (ids, _), pad in zip(batch, pads, strict=True)]
            ),
            attention_mask=torch.tensor([[1] * (longest - pad) + [0] * pad for pad in pads]),
            labels=torch.tensor(
                [
                    [IGNORED] * prompt + ids[prompt:] + [IGNORED] * pad
                    for (ids, prompt), pad in zip(batch, pads, strict=True)
                ]
            ),
        ).loss
    return loss


def _save(model: Any, out: Path) -> None:  # noqa: ANN401  (from peft)
    import torch  # noqa: PLC0415  (heavy, optional)

    # Half precision halves the file; float16 keeps three more bits than bfloat16 and numpy reads it.
    model.to(torch.float16).save_pretrained(out)
    config = out / "adapter_config.json"
    fields = json.loads(config.read_text(encoding="utf-8"))
    # Where the base lay on this machine is nobody's business, and modules come as a set.
    fields |= {"base_model_name_or_path": "", "target_modules": sorted(fields["target_modules"])}
    config.write_text(json.dumps(fields, indent=2, sort_keys=True) + "\n", encoding="utf-8")
    (out / "README.md").unlink(missing_ok=True)


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    """Keep transformers' loading bar and its future warnings off the terminal."""
    import warnings  # noqa: PLC0415  (used here only)

    from transformers.utils import logging  # noqa: PLC0415  (heavy, optional)

    shown = logging.is_progress_bar_enabled()
    logging.disable_progress_bar()  # type: ignore[no-untyped-call]
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", FutureWarning)
            yield
    finally:
        if shown:
            logging.enable_progress_bar()  # type: ignore[no-untyped-call]
