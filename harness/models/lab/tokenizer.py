"""The lab model's tokenizer: a small BPE trained on the synthetic mix.

Digits go in pairs from the left, so that a month, a day of the month or the 12 of 3.12 is one token
and told from its neighbours by one token; a capitalised word never absorbs its leading space, so
that a name has the same tokens everywhere.

On the way to "Linux" BPE makes "Lin", which no text of the mix then shows: a model never learns to
say it, and cannot copy "Linear". Such steps between are taken out: whole words are looked up first
(`ignore_merges`), and what is no word of the mix falls into pieces that the mix does show.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice, repeat
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
_TOGETHER: Final = 1000
_RARE: Final = 3.8e-6
"""A token whose share of all tokens is no greater is taken out."""
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
    rare = _rare_tokens(tokenizer, _texts(seed, conversations))
    path.write_text(_without(rare, tokenizer.to_str()), encoding="utf-8")


def _rare_tokens(tokenizer: Tokenizer, texts: Iterable[str]) -> frozenset[str]:
    """Return the merged tokens that `texts` hardly show, unless parts of words are made of them."""
    seen: Counter[str] = Counter()
    parts: set[str] = set()
    rest = iter(texts)
    while some := list(islice(rest, _TOGETHER)):
        for encoding in tokenizer.encode_batch(some, add_special_tokens=False):
            seen.update(encoding.tokens)
            length = Counter(encoding.word_ids)
            words = zip(encoding.tokens, encoding.word_ids, strict=True)
            parts.update(token for token, word in words if length[word] > 1)
    least = _RARE * seen.total()
    pairs = json.loads(tokenizer.to_str())["model"]["merges"]
    made = {f"{left}{right}": (left, right) for left, right in pairs}
    needed: set[str] = set()
    open_ = [token for token in parts if token in made and seen[token] > least]
    while open_:
        token = open_.pop()
        if token not in needed:
            needed.add(token)
            open_ += [part for part in made[token] if part in made]
    return frozenset(token for token in made if seen[token] <= least and token not in needed)


def _without(tokens: frozenset[str], text: str) -> str:
    """Return the tokenizer file `text` with `tokens` out of reach; the ids of the others stay."""
    data = json.loads(text)
    model = data["model"]
    model["ignore_merges"] = True
    model["merges"] = [
        [left, right]
        for left, right in model["merges"]
        if not tokens & {left, right, f"{left}{right}"}
    ]
    model["vocab"] = {
        f"<|unused-{number}|>" if token in tokens else token: number
        for token, number in model["vocab"].items()
    }
    return json.dumps(data, ensure_ascii=False, indent=1)


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
