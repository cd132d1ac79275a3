"""Writes a trained lab model as a folder that `AutoModelForCausalLM` loads without remote code."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Final

import torch
from transformers import PreTrainedTokenizerFast, Qwen3Config, Qwen3ForCausalLM

from harness.models.lab.architecture import LabConfig, LabModel
from harness.models.lab.tokenizer import (
    BEGIN,
    CHAT_TEMPLATE,
    END,
    PAD,
    RESPONSE_TEMPLATE,
    SPECIAL_TOKENS,
    load_tokenizer,
)

__all__ = ["export"]

_TIED: Final = {"lm_head.weight"}


def export(
    model: LabModel, tokenizer: Path, folder: Path, dtype: torch.dtype = torch.bfloat16
) -> None:
    """Write weights in `dtype`, configuration, tokenizer and chat template to `folder`."""
    folder.mkdir(parents=True, exist_ok=True)
    standard = Qwen3ForCausalLM(_configuration(model.config))
    loaded = standard.load_state_dict(model.state_dict(), strict=False)
    if loaded.unexpected_keys or set(loaded.missing_keys) - _TIED:
        raise AssertionError(f"names differ from Qwen3's: {loaded}")
    standard.tie_weights()
    torch.nn.Module.to(standard, dtype)
    generation = standard.generation_config
    generation.do_sample = False
    generation.bos_token_id, generation.eos_token_id, generation.pad_token_id = BEGIN, END, PAD
    standard.save_pretrained(folder)
    _write_tokenizer(tokenizer, folder, model.config.positions)


def _configuration(config: LabConfig) -> Qwen3Config:
    return Qwen3Config(
        vocab_size=config.vocabulary,
        hidden_size=config.width,
        intermediate_size=config.feed_forward,
        num_hidden_layers=config.layers,
        num_attention_heads=config.heads,
        num_key_value_heads=config.heads,
        head_dim=config.head_width,
        max_position_embeddings=config.positions,
        rms_norm_eps=config.norm_epsilon,
        rope_parameters={"rope_type": "default", "rope_theta": config.rope_theta},
        tie_word_embeddings=True,
        attention_bias=False,
        bos_token_id=BEGIN,
        eos_token_id=END,
        pad_token_id=PAD,
    )


def _write_tokenizer(source: Path, folder: Path, positions: int) -> None:
    fast = PreTrainedTokenizerFast(  # type: ignore[no-untyped-call]
        tokenizer_object=load_tokenizer(source),
        bos_token=SPECIAL_TOKENS[BEGIN],
        eos_token=SPECIAL_TOKENS[END],
        pad_token=SPECIAL_TOKENS[PAD],
        additional_special_tokens=list(SPECIAL_TOKENS[2:5]),
        clean_up_tokenization_spaces=False,
        model_max_length=positions,
    )
    fast.chat_template = CHAT_TEMPLATE
    fast.save_pretrained(folder)
    path = folder / "tokenizer_config.json"
    config: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    config["response_template"] = RESPONSE_TEMPLATE
    path.write_text(json.dumps(config, indent=1) + "\n", encoding="utf-8")
