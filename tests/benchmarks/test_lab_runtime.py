"""Speed of the numpy runtime, each figure beside its bound.

The bounds are the project's own for one core that has nothing else to do. No test fails on a busy
machine: the figures are printed, and a reader judges.
"""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from safetensors.numpy import save_file

from harness.models.lab.config import read_config
from harness.models.lab.decoder import Decoder
from harness.models.lab.runtime import Runtime
from harness.models.lab.weights import read_safetensors

SHIPPED = Path(__file__).resolve().parents[2] / "fixtures" / "lab"

Show = Callable[[str], None]
ShowTimes = Callable[[str, float], None]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The shipped model, or one of its shape with random weights: as fast, if not as clever."""
    if (SHIPPED / "model.safetensors").is_file():
        return SHIPPED
    return _random_model(tmp_path_factory.mktemp("lab"))


def _random_model(folder: Path) -> Path:
    width, heads, head, inner, layers, vocabulary = 192, 6, 32, 512, 5, 1024
    rng = np.random.default_rng(0)

    def matrix(*shape: int) -> Any:  # noqa: ANN401
        return rng.normal(0, 0.1, shape).astype(np.float32)

    ones = np.ones(width, np.float32)
    tensors = {"model.embed_tokens.weight": matrix(vocabulary, width), "model.norm.weight": ones}
    for index in range(layers):
        block = f"model.layers.{index}"
        for name in ("q_proj", "k_proj", "v_proj"):
            tensors[f"{block}.self_attn.{name}.weight"] = matrix(heads * head, width)
        tensors[f"{block}.self_attn.o_proj.weight"] = matrix(width, heads * head)
        for name in ("q_norm", "k_norm"):
            tensors[f"{block}.self_attn.{name}.weight"] = np.ones(head, np.float32)
        for name in ("gate_proj", "up_proj"):
            tensors[f"{block}.mlp.{name}.weight"] = matrix(inner, width)
        tensors[f"{block}.mlp.down_proj.weight"] = matrix(width, inner)
        for name in ("input_layernorm", "post_attention_layernorm"):
            tensors[f"{block}.{name}.weight"] = ones
    save_file(tensors, folder / "model.safetensors")
    config = {
        "model_type": "qwen3", "num_hidden_layers": layers, "hidden_size": width,
        "num_attention_heads": heads, "head_dim": head, "intermediate_size": inner,
        "vocab_size": vocabulary, "max_position_embeddings": 1024, "rope_theta": 10000.0,
        "tie_word_embeddings": True, "eos_token_id": 5,
    }  # fmt: skip
    (folder / "config.json").write_text(json.dumps(config))
    return folder


def test_answer_of_ten_tokens_to_a_prompt_of_two_hundred(
    benchmark: Any,  # noqa: ANN401
    show_times: ShowTimes,
    folder: Path,
) -> None:
    # Without an end token, so that every answer has ten.
    config = replace(read_config(folder), end_ids=frozenset({-1}))
    runtime = Runtime(config, Decoder(config, read_safetensors(folder / "model.safetensors")))
    prompt = np.random.default_rng(1).integers(6, config.vocabulary, 200).tolist()

    completion = benchmark.pedantic(runtime.generate, args=(prompt, 10), rounds=40, warmup_rounds=3)

    assert completion.steps == 10
    show_times("an answer of 10 tokens to 200", 0.030)


def test_start_up_to_the_first_token(
    benchmark: Any,  # noqa: ANN401
    show: Show,
    folder: Path,
) -> None:
    # Timed inside: starting Python itself is not the runtime's.
    code = (
        "import time; begin = time.perf_counter(); import sys, pathlib;"
        "from harness.models.lab.runtime import Runtime;"
        "Runtime.load(pathlib.Path(sys.argv[1])).generate([1, 3, 40, 50, 5, 4], 1);"
        "print(time.perf_counter() - begin)"
    )
    seconds: list[float] = []

    def start() -> None:
        command = [sys.executable, "-c", code, str(folder)]
        done = subprocess.run(command, capture_output=True, check=True, text=True)  # noqa: S603
        seconds.append(float(done.stdout))

    benchmark.pedantic(start, rounds=5)

    assert seconds
    median = statistics.median(seconds)
    show(f"import, load, first token: median {median:.2f} s, best {min(seconds):.2f} s (bound 0.3)")
