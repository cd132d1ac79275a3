"""Any causal language model that `transformers` loads: the general local path.

Needs the extra `train` (torch, transformers, peft). The lab folder gives the same text here as in
the numpy runtime.
"""

from __future__ import annotations

import importlib
import time
import warnings
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from harness.errors import ArtefactError, ConfigError, MissingExtraError, first_line, nearest
from harness.models.base import Generation, Message, ModelError
from harness.models.chat import ChatEncoder
from harness.models.constraint import Constrainer, TokenFilter
from harness.models.fingerprint import (
    adapter_fingerprint,
    check_adapter_base,
    joint_fingerprint,
    model_fingerprint,
)
from harness.models.gathering import Gatherer
from harness.world.formats import OutputFormat

DTYPES = ("float32", "bfloat16", "float16")


class TransformersModel:
    """A causal language model with its tokenizer and chat template.

    Up to `batch` prompts that tasks of one loop ask for at once are continued together, shorter ones
    padded on their left. Each gets what it would get alone, but for rounding.
    """

    def __init__(
        self,
        name: str,
        fingerprint: str,
        model: Any,  # noqa: ANN401 - the library's classes are made at run time
        tokenizer: Any,  # noqa: ANN401 - as above
        batch: int = 1,
    ) -> None:
        self._name = name
        self._fingerprint = fingerprint
        self._model = model
        self._tokenizer = tokenizer
        self._chat = ChatEncoder(self._render, self._encode, tokenizer.all_special_tokens)
        self._positions: int = model.config.get_text_config().max_position_embeddings
        self._end_ids = _end_ids(model)
        self._together = Gatherer(self._continue_all, batch)

    @classmethod
    def load(
        cls,
        model: str,
        adapter: Path | None = None,
        *,
        device: str | None = None,
        dtype: str = "float32",
        batch: int = 1,
    ) -> TransformersModel:
        """Load a folder or a name on the hub, with a `peft` adapter merged in.

        Weights are safetensors, and code that comes with a model is not run.

        `device` is torch's word ("cpu", "cuda:0"); None takes a GPU where there is one.

        Raises:
            MissingExtraError: torch, transformers or peft is not installed.
            ConfigError: the device or the dtype is none.
            ArtefactError: the model or the adapter is missing, damaged or does not fit.
        """
        torch, transformers = _library("torch"), _library("transformers")
        if dtype not in DTYPES:
            raise ConfigError(f"unknown dtype {dtype!r}: {nearest(dtype, DTYPES)}")
        target = _device(device)
        with _quiet():
            try:
                tokenizer = transformers.AutoTokenizer.from_pretrained(
                    model, trust_remote_code=False
                )
                network = transformers.AutoModelForCausalLM.from_pretrained(
                    model,
                    dtype=getattr(torch, dtype),
                    trust_remote_code=False,
                    use_safetensors=True,
                )
            except (OSError, ValueError) as error:
                raise ArtefactError(f"{model}: cannot be loaded ({first_line(error)})") from error
        if tokenizer.chat_template is None:
            raise ArtefactError(f"{model}: no chat template; the harness evaluates chat models")
        name, fingerprint = Path(model).name, model_fingerprint(_folder(model))
        if adapter is not None:
            check_adapter_base(adapter, fingerprint)
            fingerprint = joint_fingerprint(fingerprint, adapter_fingerprint(adapter))
            network = _merged(network, adapter)
            name = f"{name}+{adapter.name}"
        return cls(name, fingerprint, network.to(target).eval(), tokenizer, batch)

    @property
    def name(self) -> str:
        """The last part of the model's name, and the adapter's."""
        return self._name

    def fingerprint(self) -> str:
        """Content of weights, tokenizer, template and adapter."""
        return self._fingerprint

    def encode(self, messages: Sequence[Message]) -> list[int]:
        """Token ids of the prompt, up to the start of the assistant's turn."""
        return self._chat(messages)

    async def generate(
        self,
        messages: Sequence[Message],
        *,
        max_tokens: int,
        enforced: OutputFormat | None = None,
    ) -> Generation:
        """Continue the chat greedily, computing in the calling thread.

        The times of an answer that is computed with others are those of all of them.

        Raises:
            ModelError: the prompt is too long (`context_length`), the template refuses it, or a
                grammar cannot enforce the format (`grammar`).
        """
        begin = time.perf_counter()
        prompt = self._chat(messages)
        room = self._positions - len(prompt)
        if room < 1:
            raise ModelError(
                "context_length",
                f"the prompt has {len(prompt)} tokens; the model has room for "
                f"{self._positions - 1} and one of an answer",
            )
        if enforced is not None:
            self._constrainer.start(enforced)  # a format that cannot be enforced is refused here
        done = await self._together.result(_Asked(prompt, min(max_tokens, room), enforced))
        if isinstance(done, ModelError):
            raise done
        tokens = done.tokens
        ended = tokens[-1] in self._end_ids
        return Generation(
            text=self._tokenizer.decode(tokens[:-1] if ended else tokens, skip_special_tokens=True),
            prompt_tokens=len(prompt),
            completion_tokens=len(tokens),
            first_token_seconds=done.first - begin,
            total_seconds=done.end - begin,
            finish_reason="stop" if ended else "length",
            batch=done.batch,
        )

    def enforce(self, formats: Iterable[OutputFormat]) -> None:
        """Compile the formats' grammars, so that no answer's time has that in it."""
        self._constrainer.compile(formats)

    @cached_property
    def _constrainer(self) -> Constrainer:
        vocabulary = self._model.get_output_embeddings().weight.shape[0]
        return Constrainer(self._tokenizer.backend_tokenizer.to_str(), vocabulary, self._end_ids)

    def _continue_all(self, asked: Sequence[_Asked]) -> list[_Continued | ModelError]:
        """All at once, or each alone where there is no room for that or one of them fails."""
        # Room: the longest prompt may be followed by the longest answer.
        most = max(len(one.prompt) for one in asked) + max(one.most for one in asked)
        if len(asked) > 1 and most <= self._positions:
            with suppress(ModelError):
                return [*self._continue(asked)]
        return [self._continued(one) for one in asked]

    def _continued(self, asked: _Asked) -> _Continued | ModelError:
        try:
            return self._continue([asked])[0]
        except ModelError as error:
            return error

    def _continue(self, asked: Sequence[_Asked]) -> list[_Continued]:
        torch, transformers = _library("torch"), _library("transformers")
        pad = self._tokenizer.pad_token_id or 0
        length = max(len(one.prompt) for one in asked)
        gaps = [length - len(one.prompt) for one in asked]
        rows = [[pad] * gap + one.prompt for gap, one in zip(gaps, asked, strict=True)]
        mask = [[0] * gap + [1] * (length - gap) for gap in gaps]
        # Greedy and nothing else: many models ship sampling and repetition penalties.
        settings = transformers.GenerationConfig(
            do_sample=False,
            max_new_tokens=max(one.most for one in asked),
            eos_token_id=list(self._end_ids),
            pad_token_id=pad,
        )
        filters = [self._filter(one.enforced) for one in asked]
        filtered = any(one is not None for one in filters)
        restricted = [_Allowed(filters, length, self._end_ids)] if filtered else []
        clock = _FirstToken(len(asked))
        try:
            with torch.inference_mode():
                out = self._model.generate(
                    input_ids=torch.tensor(rows, device=self._model.device),
                    attention_mask=torch.tensor(mask, device=self._model.device),
                    generation_config=settings,
                    logits_processor=restricted,
                    stopping_criteria=[clock],
                )
        except RuntimeError as error:  # out of memory, a device that failed
            raise ModelError("device", first_line(error)) from error
        end = time.perf_counter()
        return [
            _Continued(self._own(row[length:], one.most), clock.at, end, len(asked))
            for row, one in zip(out.tolist(), asked, strict=True)
        ]

    def _filter(self, enforced: OutputFormat | None) -> TokenFilter | None:
        return None if enforced is None else self._constrainer.start(enforced)

    def _own(self, tokens: list[int], most: int) -> list[int]:
        """Up to the end token or as many as were asked for; what the others needed is cut off."""
        for place, token in enumerate(tokens[:most], 1):
            if token in self._end_ids:
                return tokens[:place]
        return tokens[:most]

    async def close(self) -> None:
        """Let go of the weights, which may fill a GPU."""
        self._model = None

    def _render(self, turns: list[dict[str, str]]) -> str:
        text: str = self._tokenizer.apply_chat_template(
            turns, tokenize=False, add_generation_prompt=True
        )
        return text

    def _encode(self, text: str, special: bool) -> list[int]:
        ids: list[int] = self._tokenizer.encode(
            text, add_special_tokens=False, split_special_tokens=not special
        )
        return ids


def _library(name: str) -> Any:  # noqa: ANN401 - a module
    """Import what is heavy and optional."""
    try:
        return importlib.import_module(name)
    except ImportError as error:
        raise MissingExtraError("a transformers model", "train") from error


@dataclass(frozen=True, slots=True)
class _Asked:
    """A prompt, up to how many tokens shall follow it, and the format that they must keep."""

    prompt: list[int]
    most: int
    enforced: OutputFormat | None


@dataclass(frozen=True, slots=True)
class _Continued:
    """What followed a prompt, when the first and the last token of its batch were there."""

    tokens: list[int]
    first: float
    end: float
    batch: int


class _FirstToken:
    """Notes when the first token came; `generate` asks it after each token whether rows shall end."""

    def __init__(self, rows: int) -> None:
        self.at = 0.0
        self._rows = rows

    def __call__(self, ids: Any, _scores: Any, **_: Any) -> Any:  # noqa: ANN401 - tensors
        self.at = self.at or time.perf_counter()
        return _library("torch").zeros(self._rows, dtype=bool, device=ids.device)


class _Allowed:
    """Lets the filter of each answer see its tokens and restrict the logits of the next."""

    def __init__(
        self, filters: Sequence[TokenFilter | None], prompt: int, end_ids: Sequence[int]
    ) -> None:
        self._filters = list(filters)
        self._prompt = prompt
        self._end_ids = end_ids

    def __call__(self, ids: Any, scores: Any) -> Any:  # noqa: ANN401 - tensors
        logits = scores.float().cpu().numpy()
        for row, allowed in enumerate(self._filters):
            if allowed is None:
                continue
            last = int(ids[row, -1])
            if ids.shape[1] > self._prompt:
                if last in self._end_ids:  # this answer has ended, others go on
                    self._filters[row] = None
                    continue
                allowed.accept(last)
            allowed.restrict(logits[row])
        return _library("torch").from_numpy(logits).to(scores)


def _end_ids(model: Any) -> tuple[int, ...]:  # noqa: ANN401
    ends = model.generation_config.eos_token_id
    if ends is None:
        ends = model.config.get_text_config().eos_token_id
    if ends is None:
        raise ArtefactError("neither config.json nor generation_config.json names an end token")
    return tuple(ends) if isinstance(ends, list | tuple) else (ends,)


def _device(device: str | None) -> str:
    torch = _library("torch")
    if device is None:
        return "cuda" if torch.cuda.is_available() else "cpu"
    try:
        torch.empty(0, device=device)
    # torch says "no such device" by an AssertionError where it was built without it.
    except (RuntimeError, AssertionError) as error:
        raise ConfigError(f"device {device!r}: {first_line(error)}") from error
    return device


def _merged(network: Any, adapter: Path) -> Any:  # noqa: ANN401
    peft = _library("peft")
    try:
        with warnings.catch_warnings():
            # peft reads a property that transformers has announced to remove.
            warnings.simplefilter("ignore", FutureWarning)
            return peft.PeftModel.from_pretrained(network, str(adapter)).merge_and_unload()
    except (OSError, ValueError, RuntimeError, KeyError, TypeError) as error:
        raise ArtefactError(
            f"{adapter}: does not fit the base model ({first_line(error)})"
        ) from error


def _folder(model: str) -> Path:
    """The folder of a model: itself, or the snapshot of the hub's cache."""
    if Path(model).is_dir():
        return Path(model)
    hub = _library("transformers.utils.hub")
    return Path(hub.cached_file(model, "config.json")).parent


@contextmanager
def _quiet() -> Iterator[None]:
    """Without the library's progress bars, which would break into our own."""
    logging = _library("transformers.utils.logging")
    shown = logging.is_progress_bar_enabled()
    logging.disable_progress_bar()
    try:
        yield
    finally:
        if shown:
            logging.enable_progress_bar()
