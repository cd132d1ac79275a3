from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from safetensors.numpy import load_file, save_file

from harness.errors import ArtefactError
from harness.models.lab.adapters import merge_adapter
from harness.models.lab.runtime import Runtime
from harness.models.lab.weights import read_safetensors


@pytest.mark.filterwarnings("ignore::FutureWarning")  # of transformers about itself
def test_a_merged_adapter_gives_what_peft_gives(tiny_model: Path, tiny_adapter: Path) -> None:
    torch = pytest.importorskip("torch", reason="the reference is computed with torch")
    peft = pytest.importorskip("peft", reason="the reference is peft")
    transformers = pytest.importorskip("transformers", reason="the reference is transformers")
    base = transformers.AutoModelForCausalLM.from_pretrained(tiny_model, dtype=torch.float32)
    model = peft.PeftModel.from_pretrained(base, str(tiny_adapter))
    plain, adapted = Runtime.load(tiny_model), Runtime.load(tiny_model, tiny_adapter)
    rng = np.random.default_rng(0)
    for _ in range(20):
        prompt = rng.integers(6, 320, 30).tolist()
        with torch.inference_mode():
            expected = model(torch.tensor([prompt])).logits[0, -1].numpy()
        np.testing.assert_allclose(adapted.logits(prompt), expected, atol=2e-4)
        assert np.abs(plain.logits(prompt) - expected).max() > 0.01


def test_rank_stabilised_scaling(tiny_model: Path, tmp_path: Path) -> None:
    weights = read_safetensors(tiny_model / "model.safetensors")
    name = "model.layers.0.self_attn.q_proj.weight"
    down = np.ones((4, weights[name].shape[1]), np.float32)
    up = np.ones((weights[name].shape[0], 4), np.float32)
    for stabilised, scale in ((False, 8 / 4), (True, 8 / 2)):
        adapter = write_adapter(
            tmp_path / str(stabilised),
            {name: (down, up)},
            {"r": 4, "lora_alpha": 8, "use_rslora": stabilised},
        )
        difference = merge_adapter(weights, adapter)[name] - weights[name]
        np.testing.assert_allclose(difference, 4 * scale, rtol=1e-5)


def write_adapter(
    folder: Path,
    updates: dict[str, tuple[np.ndarray[Any, Any], np.ndarray[Any, Any]]],
    config: dict[str, Any],
) -> Path:
    folder.mkdir()
    tensors = {}
    for name, (down, up) in updates.items():
        module = "base_model.model." + name.removesuffix(".weight")
        tensors[f"{module}.lora_A.weight"], tensors[f"{module}.lora_B.weight"] = down, up
    save_file(tensors, folder / "adapter_model.safetensors")
    (folder / "adapter_config.json").write_text(json.dumps(config))
    return folder


Damage = Callable[[dict[str, Any], dict[str, Any]], None]


def _no_partner(_: dict[str, Any], tensors: dict[str, Any]) -> None:
    del tensors[next(name for name in sorted(tensors) if "lora_B" in name)]


def _too_deep(_: dict[str, Any], tensors: dict[str, Any]) -> None:
    for name in [name for name in tensors if "layers.2." in name]:
        tensors[name.replace("layers.2.", "layers.9.")] = tensors.pop(name)


def _too_narrow(_: dict[str, Any], tensors: dict[str, Any]) -> None:
    name = next(name for name in sorted(tensors) if "lora_A" in name)
    tensors[name] = np.ascontiguousarray(tensors[name][:, :-1])


def _foreign(_: dict[str, Any], tensors: dict[str, Any]) -> None:
    tensors["base_model.model.lm_head.weight"] = np.zeros((2, 2), np.float32)


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (_no_partner, "has its B|no B"),
        (_too_deep, r"layers\.9\..*which the base model has not"),
        (_too_narrow, r"is \(.*\) in the base model"),
        (_foreign, "is no LoRA matrix"),
        (lambda _, tensors: tensors.clear(), "has its B"),
        (lambda config, _: config.update(use_dora=True), "use_dora is set"),
        (lambda config, _: config.update(bias="all"), "bias is 'all'"),
        (lambda config, _: config.update(peft_type="IA3"), "peft_type is 'IA3'"),
        (lambda config, _: config.update(rank_pattern={"q_proj": 8}), "rank_pattern"),
        (lambda config, _: config.pop("r"), "'r' is missing"),
    ],
)
def test_an_adapter_that_does_not_fit_is_refused(
    tiny_model: Path, tiny_adapter: Path, tmp_path: Path, damage: Damage, message: str
) -> None:
    folder = Path(shutil.copytree(tiny_adapter, tmp_path / "adapter"))
    config = json.loads((folder / "adapter_config.json").read_text())
    tensors = load_file(folder / "adapter_model.safetensors")
    damage(config, tensors)
    (folder / "adapter_config.json").write_text(json.dumps(config))
    save_file(tensors, folder / "adapter_model.safetensors")
    with pytest.raises(ArtefactError, match=message) as caught:
        Runtime.load(tiny_model, folder)
    assert "\n" not in str(caught.value)
