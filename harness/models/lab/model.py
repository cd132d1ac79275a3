"""The lab model behind the language model protocol."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Sequence
from functools import cached_property
from pathlib import Path

from tokenizers import Tokenizer

from harness.errors import ArtefactError
from harness.models.base import Generation, Message
from harness.models.chat import ChatEncoder
from harness.models.constraint import Constrainer
from harness.models.fingerprint import (
    adapter_fingerprint,
    check_adapter_base,
    joint_fingerprint,
    model_fingerprint,
)
from harness.models.lab.pieces import TextPieces
from harness.models.lab.runtime import Completion, Runtime
from harness.models.lab.template import read_template
from harness.world.formats import OutputFormat


class LabModel:
    """A Qwen3 folder with its tokenizer and chat template, run in numpy."""

    def __init__(
        self, name: str, fingerprint: str, runtime: Runtime, tokenizer: Tokenizer, chat: ChatEncoder
    ) -> None:
        self._name = name
        self._fingerprint = fingerprint
        self._runtime = runtime
        self._tokenizer = tokenizer
        self._chat = chat

    @classmethod
    def load(cls, folder: Path, adapter: Path | None = None) -> LabModel:
        """Load a model folder, with a LoRA adapter merged in.

        Raises:
            ArtefactError: something is missing, damaged, of another architecture or does not fit.
        """
        if not folder.is_dir():
            raise ArtefactError(f"{folder}: no such model folder")
        base = model_fingerprint(folder)
        if adapter is not None:
            check_adapter_base(adapter, base)
        tokenizer = _read_tokenizer(folder / "tokenizer.json")
        added = tokenizer.get_added_tokens_decoder().values()
        encoder = ChatEncoder(
            read_template(folder),
            lambda text, special: _encode(tokenizer, text, special=special),
            [token.content for token in added if token.special],
        )
        return cls(
            name=folder.name if adapter is None else f"{folder.name}+{adapter.name}",
            fingerprint=joint_fingerprint(base, adapter_fingerprint(adapter) if adapter else None),
            runtime=Runtime.load(folder, adapter),
            tokenizer=tokenizer,
            chat=encoder,
        )

    @property
    def name(self) -> str:
        """The folder's name, and the adapter's."""
        return self._name

    def fingerprint(self) -> str:
        """Content of weights, tokenizer, template and adapter."""
        return self._fingerprint

    @property
    def positions(self) -> int:
        """Tokens that a prompt and its answer may have together."""
        return self._runtime.config.positions

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
        """What `complete` does, as the protocol has it."""
        return self.complete(messages, max_tokens=max_tokens, enforced=enforced)

    def complete(
        self,
        messages: Sequence[Message],
        *,
        max_tokens: int,
        enforced: OutputFormat | None = None,
        on_text: Callable[[str], None] | None = None,
    ) -> Generation:
        """Continue the chat greedily, computing in the calling thread.

        `on_text` is called with what each token adds to the text, which is nothing while a character
        is not whole, before the next one is computed; what it raises ends the generation.

        Raises:
            ModelError: the prompt is too long (`context_length`), the template refuses it, or a
                grammar cannot enforce the format (`grammar`).
        """
        begin = time.perf_counter()
        prompt = self._chat(messages)
        allowed = self._constrainer.start(enforced) if enforced is not None else None
        pieces = TextPieces(self._text, on_text) if on_text is not None else None
        encoding = time.perf_counter() - begin
        completion = self._runtime.generate(
            prompt, max_tokens, allowed, pieces.take if pieces is not None else None
        )
        generation = self._generation(prompt, completion, encoding)
        if pieces is not None:
            pieces.finish(generation.text)
        return generation

    def generate_batch(
        self, chats: Sequence[Sequence[Message]], *, max_tokens: int
    ) -> list[Generation]:
        """Continue many chats; each gets the time of the batch it was in, so do not report these.

        Raises:
            ModelError: a prompt is too long (`context_length`), or the template refuses one.
        """
        prompts = [self._chat(messages) for messages in chats]
        completions = self._runtime.generate_batch(prompts, max_tokens)
        return [
            self._generation(prompt, completion, 0.0)
            for prompt, completion in zip(prompts, completions, strict=True)
        ]

    def _generation(self, prompt: list[int], completion: Completion, encoding: float) -> Generation:
        return Generation(
            text=self._text(completion.ids),
            prompt_tokens=len(prompt),
            completion_tokens=completion.steps,
            first_token_seconds=encoding + completion.first_token_seconds,
            total_seconds=encoding + completion.total_seconds,
            finish_reason="stop" if completion.ended else "length",
        )

    def _text(self, ids: Sequence[int]) -> str:
        text: str = self._tokenizer.decode(list(ids), skip_special_tokens=True)
        return text

    def enforce(self, formats: Iterable[OutputFormat]) -> None:
        """Compile the formats' grammars, so that no answer's time has that in it."""
        self._constrainer.compile(formats)

    @cached_property
    def _constrainer(self) -> Constrainer:
        config = self._runtime.config
        return Constrainer(self._tokenizer.to_str(), config.vocabulary, config.end_ids)

    async def close(self) -> None:
        """Nothing to release."""


def _read_tokenizer(path: Path) -> Tokenizer:
    if not path.is_file():
        raise ArtefactError(f"{path}: missing")
    try:
        return Tokenizer.from_file(str(path))
    # The library raises a bare Exception.
    except Exception as error:
        raise ArtefactError(f"{path}: no tokenizer ({error})") from error


def _encode(tokenizer: Tokenizer, text: str, *, special: bool) -> list[int]:
    # The library's name for "read special tokens as ordinary text".
    tokenizer.encode_special_tokens = not special
    ids: list[int] = tokenizer.encode(text, add_special_tokens=False).ids
    return ids
