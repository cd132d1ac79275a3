from __future__ import annotations

import json
import random
import shutil
from pathlib import Path

import numpy as np
import pytest

from harness.errors import ArtefactError
from harness.models.base import Message, ModelError
from harness.models.lab.model import LabModel
from harness.models.lab.runtime import Runtime

ROOT = Path(__file__).resolve().parents[3]
END = 5


def reference(folder: Path, prompts: list[list[int]], steps: int) -> list[tuple[int, ...]]:
    """What `transformers` generates greedily in float32, in batches of similar length."""
    torch = pytest.importorskip("torch", reason="the reference is computed with torch")
    transformers = pytest.importorskip("transformers", reason="the reference is transformers")
    model = transformers.AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32).eval()
    order = sorted(range(len(prompts)), key=lambda i: len(prompts[i]))
    found: dict[int, tuple[int, ...]] = {}
    for start in range(0, len(order), 50):
        rows = order[start : start + 50]
        length = max(len(prompts[i]) for i in rows)
        ids = torch.tensor([[0] * (length - len(prompts[i])) + prompts[i] for i in rows])
        with torch.inference_mode():
            out = model.generate(
                input_ids=ids,
                attention_mask=(ids != 0).long(),
                max_new_tokens=steps,
                do_sample=False,
                eos_token_id=END,
                pad_token_id=0,
            )
        for row, tokens in zip(rows, out[:, length:].tolist(), strict=True):
            found[row] = tuple(tokens[: tokens.index(END)] if END in tokens else tokens)
    return [found[i] for i in range(len(prompts))]


def random_prompts(count: int, lengths: list[int], seed: int = 0) -> list[list[int]]:
    rng = random.Random(seed)
    return [[rng.randrange(6, 320) for _ in range(rng.choice(lengths))] for _ in range(count)]


def test_gives_the_tokens_of_transformers_on_500_prompts(any_model: Path) -> None:
    prompts = random_prompts(500, list(range(1, 64)))
    expected = reference(any_model, prompts, 12)
    runtime = Runtime.load(any_model)

    found = [runtime.generate(prompt, 12).ids for prompt in prompts]

    assert len(set(found)) > 400  # the answers are not all alike
    assert sum(a == b for a, b in zip(found, expected, strict=True)) == 500


def test_logits_are_those_of_transformers(any_model: Path) -> None:
    torch = pytest.importorskip("torch", reason="the reference is computed with torch")
    transformers = pytest.importorskip("transformers", reason="the reference is transformers")
    model = transformers.AutoModelForCausalLM.from_pretrained(any_model, dtype=torch.float32)
    prompt = random_prompts(1, [80])[0]
    with torch.inference_mode():
        expected = model(torch.tensor([prompt])).logits[0, -1].numpy()
    np.testing.assert_allclose(Runtime.load(any_model).logits(prompt), expected, atol=2e-4)


@pytest.mark.slow
@pytest.mark.parametrize("place", ["fixtures/lab", "../shared/lab/checkpoint"])
def test_gives_the_answers_of_transformers_to_500_questions(place: str) -> None:
    folder = ROOT / place
    if not (folder / "model.safetensors").is_file():
        pytest.skip(f"no trained model in {place}")
    prompts = _questions(folder, 500)
    expected = reference(folder, prompts, 24)

    found = Runtime.load(folder).generate_batch(prompts, 24)

    assert len(set(expected)) > 200  # not one abstention all along
    assert sum(a.ids == b for a, b in zip(found, expected, strict=True)) == 500


def _questions(folder: Path, count: int) -> list[list[int]]:
    """Prompts that each ask for what their one passage states."""
    path = ROOT / "fixtures" / "releases" / "documents.jsonl"
    model = LabModel.load(folder)
    prompts = []
    for line in path.read_text(encoding="utf-8").splitlines()[-count:]:
        passage = json.loads(line)
        subject, attribute, _ = passage["states"][0]
        question = f"What is the {attribute.replace('_', ' ')} of {subject}?"
        text = f"Context:\n[1] ({passage['day']}) {passage['text']}\n\nQuestion: {question}"
        prompts.append(model.encode([Message("user", text)]))
    return prompts


def test_a_batch_gives_what_one_at_a_time_gives(any_model: Path) -> None:
    runtime = Runtime.load(any_model)
    prompts = random_prompts(75, list(range(1, 94)), seed=3)
    alone = [runtime.generate(prompt, 20) for prompt in prompts]
    together = runtime.generate_batch(prompts, 20)
    assert [(c.ids, c.ended) for c in together] == [(c.ids, c.ended) for c in alone]
    assert runtime.generate_batch([], 5) == []


def test_each_token_is_told_before_the_next_is_computed(
    any_model: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    runtime = Runtime.load(any_model)
    passes: list[object] = []
    forward = runtime._decoder.forward
    monkeypatch.setattr(
        runtime._decoder, "forward", lambda *given: (passes.append(given), forward(*given))[1]
    )
    for prompt in random_prompts(12, list(range(1, 94)), seed=5):
        silent = runtime.generate(prompt, 20)
        passes.clear()
        heard: list[tuple[int, int]] = []
        told = runtime.generate(
            prompt, 20, on_token=lambda token, to=heard: to.append((token, len(passes)))
        )
        assert (told.ids, told.ended) == (silent.ids, silent.ended)
        assert heard == [(token, number) for number, token in enumerate(told.ids, 1)]


def test_who_hears_a_token_can_end_the_generation(tiny_model: Path) -> None:
    def hear(token: int) -> None:
        raise InterruptedError(token)

    runtime = Runtime.load(tiny_model)
    expected = runtime.generate([50, 60, 70], 8)
    with pytest.raises(InterruptedError, match=str(expected.ids[0])):
        runtime.generate([50, 60, 70], 8, on_token=hear)
    assert runtime.generate([50, 60, 70], 8).ids == expected.ids


def test_the_last_position_takes_one_token_and_no_more(tiny_model: Path) -> None:
    runtime = Runtime.load(tiny_model)
    full, short = random_prompts(2, [95])[0], [7, 8, 9]
    alone = runtime.generate(full, 10)
    assert (alone.steps, alone.first_token_seconds <= alone.total_seconds) == (1, True)
    assert [c.ids for c in runtime.generate_batch([full, short], 10)] == [
        alone.ids,
        runtime.generate(short, 10).ids,
    ]


def test_a_prompt_without_room_for_an_answer_is_refused(tiny_model: Path) -> None:
    runtime = Runtime.load(tiny_model)
    with pytest.raises(ModelError, match="96 tokens") as caught:
        runtime.generate([9] * 96, 1)
    assert caught.value.kind == "context_length"
    with pytest.raises(ModelError, match="no token"):
        runtime.generate([], 1)
    with pytest.raises(ValueError, match="max_new_tokens"):
        runtime.generate([9], 0)


def test_stops_at_any_end_token_of_the_generation_config(tiny_model: Path, tmp_path: Path) -> None:
    free = Runtime.load(tiny_model).generate([50, 60, 70], 8).ids
    folder = Path(shutil.copytree(tiny_model, tmp_path / "model"))
    (folder / "generation_config.json").write_text(json.dumps({"eos_token_id": [END, free[3]]}))
    stopped = Runtime.load(folder).generate([50, 60, 70], 8)
    assert (stopped.ids, stopped.ended) == (free[: free.index(free[3])], True)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"model_type": "llama"}, "model_type is 'llama'"),
        ({"hidden_act": "gelu"}, "hidden_act is 'gelu'"),
        ({"rope_parameters": {"rope_type": "yarn", "rope_theta": 1e4}}, "rope_type 'yarn'"),
        ({"num_hidden_layers": 4}, "layers.3.* is missing"),
        ({"num_attention_heads": 3}, "does not fit config.json"),
        ({"intermediate_size": None}, "config.json"),
    ],
)
def test_a_model_it_cannot_compute_is_refused(
    tiny_model: Path, tmp_path: Path, change: dict[str, object], message: str
) -> None:
    folder = Path(shutil.copytree(tiny_model, tmp_path / "model"))
    config = json.loads((folder / "config.json").read_text()) | change
    config = {key: value for key, value in config.items() if value is not None}
    (folder / "config.json").write_text(json.dumps(config))
    with pytest.raises(ArtefactError, match=message):
        Runtime.load(folder)
