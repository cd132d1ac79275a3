"""LoRA adapters in the format of `peft`, merged into the weights when a model is loaded.

Hu et al. 2021, "LoRA: Low-Rank Adaptation of Large Language Models": W' = W + (alpha / r) B A.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from harness.errors import ArtefactError
from harness.models.lab.config import read_json
from harness.models.lab.weights import Array, read_safetensors

_PREFIX = "base_model.model."
_DOWN, _UP = ".lora_A.weight", ".lora_B.weight"

# Features of `peft` that change the arithmetic; each would be ignored without an error.
_UNSUPPORTED = ("use_dora", "fan_in_fan_out", "modules_to_save", "rank_pattern", "alpha_pattern")


def merge_adapter(weights: Mapping[str, Array], adapter: Path) -> dict[str, Array]:
    """The weights with every low-rank update of the adapter folder added.

    Raises:
        ArtefactError: the adapter is damaged, uses an unsupported feature, or does not fit.
    """
    scale = _scale(adapter)
    path = adapter / "adapter_model.safetensors"
    tensors = read_safetensors(path)
    merged = dict(weights)
    for name in tensors:
        if not name.endswith((_DOWN, _UP)):
            raise ArtefactError(f"{path}: tensor {name!r} is no LoRA matrix")
    targets = sorted(name.removesuffix(_DOWN) for name in tensors if name.endswith(_DOWN))
    if not targets or len(tensors) != 2 * len(targets):
        raise ArtefactError(f"{path}: not every LoRA matrix A has its B")
    for target in targets:
        module = target.removeprefix(_PREFIX)
        down, up = tensors[target + _DOWN], tensors.get(target + _UP)
        if up is None:
            raise ArtefactError(f"{path}: {module} has a LoRA matrix A and no B")
        base = merged.get(f"{module}.weight")
        if base is None:
            raise ArtefactError(f"{path}: changes {module}, which the base model has not")
        if up.shape[1:] != down.shape[:1] or base.shape != (up.shape[0], down.shape[1]):
            raise ArtefactError(
                f"{path}: {module} is {base.shape} in the base model, "
                f"but the adapter's B x A is {up.shape} x {down.shape}"
            )
        merged[f"{module}.weight"] = base + (up @ down) * scale
    return merged


def _scale(adapter: Path) -> float:
    path = adapter / "adapter_config.json"
    config: Mapping[str, Any] = read_json(path)
    kind = str(config.get("peft_type", "LORA"))
    if kind.upper() != "LORA":
        raise ArtefactError(f"{path}: peft_type is {kind!r}, only 'LORA' can be merged")
    for key in _UNSUPPORTED:
        if config.get(key):
            raise ArtefactError(f"{path}: {key} is set; the numpy runtime cannot merge that")
    if config.get("bias", "none") != "none":
        raise ArtefactError(f"{path}: bias is {config['bias']!r}, only 'none' can be merged")
    try:
        alpha, rank = float(config["lora_alpha"]), int(config["r"])
    except KeyError as error:
        raise ArtefactError(f"{path}: the key {error.args[0]!r} is missing") from error
    return alpha / (rank**0.5 if config.get("use_rslora") else rank)
