"""Tiny models with random weights, made in the test: no network, no shipped weights."""

from __future__ import annotations

import importlib
import warnings
from pathlib import Path
from typing import Any

import pytest

SPECIAL = ("<|pad|>", "<|bos|>", "<|system|>", "<|user|>", "<|assistant|>", "<|end|>")
TEMPLATE = (
    "{{ bos_token }}{% for m in messages %}"
    "{{ '<|' + m['role'] + '|>' + m['content'] + '<|end|>' }}"
    "{% endfor %}{% if add_generation_prompt %}{{ '<|assistant|>' }}{% endif %}"
)
TEXTS = (
    "What is the latest version of Node.js 22?",
    "Context:\n[1] (2025-08-22) PostgreSQL 17.6 was released on 2025-08-14.",
    "Answer with yes or no. I don't know.",
)

# Heads that share keys with a head of another width, and the plain shape of the lab model.
SHAPES: dict[str, dict[str, Any]] = {
    "grouped": {"num_attention_heads": 4, "num_key_value_heads": 2, "tie_word_embeddings": False},
    "plain": {"num_attention_heads": 2, "num_key_value_heads": 2, "tie_word_embeddings": True},
}


def build_model(folder: Path, shape: dict[str, Any]) -> Path:
    torch = pytest.importorskip("torch", reason="the reference is computed with torch")
    transformers = pytest.importorskip("transformers", reason="the reference is transformers")
    _build_tokenizer(folder)
    torch.manual_seed(7)
    config = transformers.Qwen3Config(
        vocab_size=320,
        hidden_size=32,
        intermediate_size=48,
        num_hidden_layers=3,
        head_dim=12,
        max_position_embeddings=96,
        rope_theta=5000.0,
        # Wide enough that logits differ, as those of a trained model do.
        initializer_range=0.3,
        bos_token_id=1,
        eos_token_id=5,
        pad_token_id=0,
        **shape,
    )
    model = transformers.Qwen3ForCausalLM(config)
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            if "norm" in name:  # ones by default, which would hide a gain in the wrong place
                parameter.uniform_(0.5, 1.5)
    model.to(torch.bfloat16).save_pretrained(folder)
    return folder


def _build_tokenizer(folder: Path) -> None:
    tokenizers = importlib.import_module("tokenizers")
    transformers = importlib.import_module("transformers")
    tokenizer = tokenizers.Tokenizer(tokenizers.models.BPE())
    tokenizer.pre_tokenizer = tokenizers.pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = tokenizers.decoders.ByteLevel()
    trainer = tokenizers.trainers.BpeTrainer(
        vocab_size=320,
        special_tokens=list(SPECIAL),
        initial_alphabet=tokenizers.pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    tokenizer.train_from_iterator(TEXTS * 3, trainer)
    fast = transformers.PreTrainedTokenizerFast(
        tokenizer_object=tokenizer,
        pad_token=SPECIAL[0],
        bos_token=SPECIAL[1],
        eos_token=SPECIAL[5],
        extra_special_tokens=list(SPECIAL[2:5]),
        clean_up_tokenization_spaces=False,
    )
    fast.chat_template = TEMPLATE
    fast.save_pretrained(folder)


@pytest.fixture(scope="session")
def tiny_model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build_model(tmp_path_factory.mktemp("models") / "tiny", SHAPES["plain"])


@pytest.fixture(scope="session", params=sorted(SHAPES))
def any_model(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build_model(tmp_path_factory.mktemp("models") / request.param, SHAPES[request.param])


@pytest.fixture(scope="session")
def tiny_adapter(tiny_model: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build_adapter(tiny_model, tmp_path_factory.mktemp("adapters") / "tiny")


def build_adapter(base: Path, folder: Path) -> Path:
    torch = pytest.importorskip("torch", reason="the reference is computed with torch")
    peft = pytest.importorskip("peft", reason="the reference is peft")
    transformers = pytest.importorskip("transformers", reason="the reference is transformers")
    model = transformers.AutoModelForCausalLM.from_pretrained(base, dtype=torch.float32)
    torch.manual_seed(11)
    config = peft.LoraConfig(
        r=4,
        lora_alpha=12,
        target_modules=["q_proj", "v_proj", "o_proj", "gate_proj", "down_proj"],
        init_lora_weights=False,  # both matrices random: a fresh adapter would change nothing
        task_type="CAUSAL_LM",
    )
    with warnings.catch_warnings():
        # peft reads a property that transformers has announced to remove.
        warnings.simplefilter("ignore", FutureWarning)
        peft.get_peft_model(model, config).save_pretrained(folder)
    return folder
