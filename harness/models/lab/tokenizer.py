"""The lab model's tokenizer: a small BPE trained on the synthetic mix.

Digits go in pairs from the left, so that a month, a day of the month or the 12 of 3.12 is one token
and told from its neighbours by one token; a capitalised word never absorbs its leading space, so
that a name has the same tokens everywhere.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import repeat
from pathlib import Path
from random import Random
from typing import Final

from tokenizers import Regex, Tokenizer, decoders, models, pre_tokenizers, trainers

from harness.models.lab.synthetic.mix import STAGES, conversation
from harness.models.lab.synthetic.turns import Turn

__all__ = [
    "BEGIN",
    "CHAT_TEMPLATE",
    "END",
    "PAD",
    "RESPONSE_TEMPLATE",
    "SPECIAL_TOKENS",
    "encode_turns",
    "load_tokenizer",
    "render",
    "train_tokenizer",
]

SPECIAL_TOKENS: Final = (
    "<|pad|>", "<|bos|>", "<|system|>", "<|user|>", "<|assistant|>", "<|end|>",
)  # fmt: skip
PAD: Final = 0
BEGIN: Final = 1
ROLE_IDS: Final = {"system": 2, "user": 3, "assistant": 4}
END: Final = 5
CHAT_TEMPLATE: Final = (
    "{{ bos_token }}{% for m in messages %}"
    "{{ '<|' + m['role'] + '|>' + m['content'] + '<|end|>' }}"
    "{% endfor %}{% if add_generation_prompt %}{{ '<|assistant|>' }}{% endif %}"
)
RESPONSE_TEMPLATE: Final = {
    "defaults": {"role": "assistant"},
    "start_anchor": "<|assistant|>",
    "fields": {"content": {"close_pattern": r"(?:<\|end\|>)", "content": "text"}},
}
"""What `transformers serve` needs to find the answer in generated text."""

_TRAINED_ON: Final = -1
_PIECES: Final = r"\p{N}{1,2}|\p{Lu}\p{Ll}*| ?\p{Ll}+| ?[^\s\p{L}\p{N}]+|\n+| |\s|\p{L}+"


_PAIRS: Final = " ".join(f"{number:02d}" for number in range(100))


def _texts(seed: int, conversations: int) -> Iterator[str]:
    # Each pair of digits gets its token, also those that the mix seldom holds.
    yield from repeat(_PAIRS, conversations // 10)
    for index in range(conversations):
        r = Random(f"tokenizer:{seed}:{index}")  # noqa: S311 - reproducible data
        for _, text in conversation(r, STAGES[_TRAINED_ON]):
            yield text


def train_tokenizer(path: Path, *, vocabulary: int, seed: int, conversations: int = 12_000) -> None:
    """Train on `conversations` of the mix and write `tokenizer.json` to `path`."""
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [
            pre_tokenizers.Split(Regex(_PIECES), "isolated"),
            pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False),
        ]
    )
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=vocabulary,
        special_tokens=list(SPECIAL_TOKENS),
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    tokenizer.train_from_iterator(_texts(seed, conversations), trainer)
    tokenizer.save(str(path))


def load_tokenizer(path: Path) -> Tokenizer:
    """Return the tokenizer of a `tokenizer.json`."""
    return Tokenizer.from_file(str(path))


def render(turns: Sequence[Turn]) -> str:
    """Return the text of a conversation up to where the assistant speaks, as the template does."""
    body = "".join(f"<|{role}|>{text}<|end|>" for role, text in turns)
    return f"{SPECIAL_TOKENS[BEGIN]}{body}<|assistant|>"


def encode_turns(tokenizer: Tokenizer, turns: Sequence[Turn]) -> list[list[int]]:
    """Return the ids of each turn, with the role before and the end mark after the text."""
    encoded = tokenizer.encode_batch([text for _, text in turns], add_special_tokens=False)
    return [
        [ROLE_IDS[role], *encoding.ids, END]
        for (role, _), encoding in zip(turns, encoded, strict=True)
    ]
