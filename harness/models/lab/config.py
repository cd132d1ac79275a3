"""The parts of a Qwen3 `config.json` that inference needs; what it cannot do is refused."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from harness.errors import ArtefactError


@dataclass(frozen=True, slots=True)
class DecoderConfig:
    """Shape of a decoder. `positions` is the longest context, `end_ids` the tokens that stop it."""

    layers: int
    width: int
    heads: int
    key_heads: int
    head_width: int
    feed_forward: int
    vocabulary: int
    positions: int
    rope_theta: float
    norm_epsilon: float
    tied: bool
    end_ids: frozenset[int]


# What the runtime computes. A folder that says otherwise would give wrong text without an error.
_REQUIRED = {
    "model_type": "qwen3",
    "hidden_act": "silu",
    "attention_bias": False,
    "use_sliding_window": False,
}


def read_config(folder: Path) -> DecoderConfig:
    """Read `config.json`, and `generation_config.json` for the end token where there is one.

    Raises:
        ArtefactError: a file is missing or damaged, or the architecture is another one.
    """
    path = folder / "config.json"
    config = read_json(path)
    for key, wanted in _REQUIRED.items():
        if config.get(key, wanted) != wanted:
            raise ArtefactError(
                f"{path}: {key} is {config[key]!r}, the numpy runtime needs {wanted!r}; "
                'run this model with kind = "transformers"'
            )
    generation = folder / "generation_config.json"
    ends = read_json(generation).get("eos_token_id") if generation.is_file() else None
    try:
        return _decoder_config(config, ends if ends is not None else config["eos_token_id"], path)
    except KeyError as error:
        raise ArtefactError(f"{path}: the key {error.args[0]!r} is missing") from error


def read_json(path: Path) -> dict[str, Any]:
    """A JSON object from a file.

    Raises:
        ArtefactError: the file is missing, or holds no JSON object.
    """
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise ArtefactError(f"{path}: cannot be read ({error.strerror})") from error
    except ValueError as error:
        raise ArtefactError(f"{path}: not JSON ({error})") from error
    if not isinstance(data, dict):
        raise ArtefactError(f"{path}: not a JSON object")
    return data


def _decoder_config(config: Mapping[str, Any], ends: Any, path: Path) -> DecoderConfig:  # noqa: ANN401
    heads = config["num_attention_heads"]
    return DecoderConfig(
        layers=config["num_hidden_layers"],
        width=config["hidden_size"],
        heads=heads,
        key_heads=config.get("num_key_value_heads") or heads,
        head_width=config.get("head_dim") or config["hidden_size"] // heads,
        feed_forward=config["intermediate_size"],
        vocabulary=config["vocab_size"],
        positions=config["max_position_embeddings"],
        rope_theta=_rope_theta(config, path),
        norm_epsilon=config.get("rms_norm_eps", 1e-6),
        tied=config.get("tie_word_embeddings", False),
        end_ids=frozenset(ends if isinstance(ends, list) else [ends]),
    )


def _rope_theta(config: Mapping[str, Any], path: Path) -> float:
    # transformers 5 writes `rope_parameters`; earlier versions `rope_theta` and `rope_scaling`.
    rope = config.get("rope_parameters") or config.get("rope_scaling") or {}
    kind = rope.get("rope_type", "default")
    if kind != "default":
        raise ArtefactError(f"{path}: rope_type {kind!r} is not computed by the numpy runtime")
    return float(rope.get("rope_theta") or config["rope_theta"])
