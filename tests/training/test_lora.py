"""Adapters are really trained: the loss falls, the files are small, other runtimes agree."""

from __future__ import annotations

import asyncio
import json
from dataclasses import replace
from datetime import date
from pathlib import Path
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.errors import ArtefactError, MissingExtraError
from harness.models.base import Message
from harness.models.fingerprint import model_fingerprint
from harness.models.lab.model import LabModel
from harness.training import lora
from harness.training.adapter import Adapter, AdapterKey, read_adapter
from harness.training.examples import Example, examples_fingerprint
from harness.training.lora import LoraSettings, TrainingStep, train_adapter

peft = pytest.importorskip("peft")
torch = pytest.importorskip("torch")
transformers = pytest.importorskip("transformers")

Trained = tuple[Adapter, list[TrainingStep]]

EXAMPLES = (
    Example("Capital of A?", "Alpha", "fact"),
    Example("Capital of B?", "Beta", "fact"),
    Example("Capital of C, a country with a long description?", "Gamma", "fact"),
)
SETTINGS = LoraSettings(rank=8, alpha=16, learning_rate=1e-2, epochs=40, batch_size=2)


def key_of(base: Path, **changes: object) -> AdapterKey:
    key = AdapterKey(
        recipe="facts",
        day=date(2025, 8, 22),
        base=model_fingerprint(base),
        data=examples_fingerprint(EXAMPLES),
        settings=SETTINGS.fingerprint(),
        seed=0,
    )
    return replace(key, **changes)


@pytest.fixture(scope="module")
def trained(tiny_base: Path, tmp_path_factory: pytest.TempPathFactory) -> Trained:
    steps: list[TrainingStep] = []
    out = tmp_path_factory.mktemp("trained") / "adapter"
    adapter = train_adapter(
        tiny_base, EXAMPLES, SETTINGS, key_of(tiny_base), out, progress=steps.append
    )
    return adapter, steps


def ask(model: LabModel, prompt: str) -> str:
    return asyncio.run(model.generate([Message("user", prompt)], max_tokens=12)).text


def test_the_loss_falls_and_progress_counts_down(trained: Trained) -> None:
    adapter, steps = trained
    assert [step.step for step in steps] == list(range(1, 81))
    assert steps[-1].remaining == 0 < steps[0].remaining
    assert adapter.loss < 0.1 * steps[0].loss


def test_it_records_what_it_took(trained: Trained, tiny_base: Path) -> None:
    adapter, _ = trained
    assert read_adapter(adapter.path, model_fingerprint(tiny_base)) == replace(
        adapter, seconds=round(adapter.seconds, 1), loss=round(adapter.loss, 4)
    )
    assert adapter.examples == 3
    # One token a letter; per example: bos, user, end, assistant, end.
    letters = sum(len(e.prompt) + len(e.answer) for e in EXAMPLES)
    assert adapter.tokens == SETTINGS.epochs * (letters + 3 * 5)
    assert adapter.day == date(2025, 8, 22)


def test_the_numpy_runtime_answers_with_what_was_learned(trained: Trained, tiny_base: Path) -> None:
    adapter, _ = trained
    model = LabModel.load(tiny_base, adapter.path)
    assert [ask(model, e.prompt) for e in EXAMPLES] == [e.answer for e in EXAMPLES]
    assert ask(LabModel.load(tiny_base), EXAMPLES[0].prompt) != EXAMPLES[0].answer


@pytest.mark.filterwarnings("ignore::FutureWarning")  # of transformers about itself
def test_peft_reads_the_adapter_and_agrees(trained: Trained, tiny_base: Path) -> None:
    adapter, _ = trained
    tokenizer = transformers.AutoTokenizer.from_pretrained(tiny_base)
    base = transformers.AutoModelForCausalLM.from_pretrained(tiny_base, dtype=torch.float32)
    model = peft.PeftModel.from_pretrained(base, adapter.path).eval()
    ours = LabModel.load(tiny_base, adapter.path)
    for prompt in (*(e.prompt for e in EXAMPLES), "Capital of Z?"):
        ids = tokenizer.apply_chat_template(
            [{"role": "user", "content": prompt}],
            add_generation_prompt=True,
            return_tensors="pt",
            return_dict=False,
        )
        out = model.generate(input_ids=ids, max_new_tokens=12, do_sample=False)
        text = tokenizer.decode(out[0, ids.shape[1] :], skip_special_tokens=True)
        assert text == ask(ours, prompt)


def test_weights_are_half_precision_and_name_no_machine(trained: Trained, tiny_base: Path) -> None:
    adapter, _ = trained
    parameters = 2 * 8 * (4 * (32 + 32) + 2 * (32 + 64) + (64 + 32))
    size = (adapter.path / "adapter_model.safetensors").stat().st_size
    assert 2 * parameters <= size < 2 * parameters + 8000
    assert str(tiny_base) not in (adapter.path / "adapter_config.json").read_text()


def test_the_same_key_gives_the_same_weights(
    trained: Trained, tiny_base: Path, tmp_path: Path
) -> None:
    adapter, _ = trained
    again = train_adapter(tiny_base, EXAMPLES, SETTINGS, adapter.key, tmp_path / "again")
    assert again.weights == adapter.weights
    other = train_adapter(
        tiny_base, EXAMPLES, SETTINGS, key_of(tiny_base, seed=1), tmp_path / "other"
    )
    assert other.weights != adapter.weights


def test_training_leaves_the_callers_random_state_alone(tiny_base: Path, tmp_path: Path) -> None:
    torch.manual_seed(7)
    expected = torch.rand(1)
    torch.manual_seed(7)
    short = replace(SETTINGS, epochs=1)
    train_adapter(tiny_base, EXAMPLES, short, key_of(tiny_base), tmp_path / "a")
    assert torch.equal(torch.rand(1), expected)


def test_examples_that_are_not_those_of_the_key_are_refused(
    tiny_base: Path, tmp_path: Path
) -> None:
    with pytest.raises(ArtefactError, match="not those of the key"):
        train_adapter(tiny_base, EXAMPLES[:1], SETTINGS, key_of(tiny_base), tmp_path / "a")


def test_a_damaged_base_is_refused(tiny_base: Path, tmp_path: Path) -> None:
    broken = tmp_path / "broken"
    broken.mkdir()
    for file in tiny_base.iterdir():
        (broken / file.name).write_bytes(file.read_bytes())
    config = json.loads((broken / "config.json").read_text())
    (broken / "config.json").write_text(json.dumps(config | {"model_type": "no-such-type"}))
    with pytest.raises(ArtefactError, match="cannot be loaded"):
        train_adapter(broken, EXAMPLES, SETTINGS, key_of(broken), tmp_path / "a")


def test_without_torch_the_error_names_the_extra(
    tiny_base: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lora, "can_train", lambda: False)
    with pytest.raises(MissingExtraError, match=r"pip install 'ragft-harness\[train\]'"):
        train_adapter(tiny_base, EXAMPLES, SETTINGS, key_of(tiny_base), tmp_path / "a")


lengths = st.lists(st.integers(1, 300), min_size=1, max_size=80)


@given(lengths, st.integers(1, 9), st.integers(1, 600), st.integers(0, 5))
def test_batches_hold_every_example_once_within_their_bounds(
    sizes: list[int], batch_size: int, batch_tokens: int, seed: int
) -> None:
    data = [([number] * size, 1) for number, size in enumerate(sizes)]
    settings = LoraSettings(batch_size=batch_size, batch_tokens=batch_tokens)
    batches = lora._batches(data, settings, Random(seed))
    assert sorted(ids[0] for batch in batches for ids, _ in batch) == list(range(len(sizes)))
    for batch in batches:
        padded = len(batch) * max(len(ids) for ids, _ in batch)
        assert len(batch) == 1 or (len(batch) <= batch_size and padded <= batch_tokens)


@given(st.integers(1, 400), st.floats(0, 0.5))
def test_the_learning_rate_rises_and_falls(steps: int, warmup: float) -> None:
    rates = [lora._rate(step, steps, warmup) for step in range(steps)]
    peak = rates.index(max(rates))
    assert all(0 < rate <= 1 for rate in rates)
    assert rates[: peak + 1] == sorted(rates[: peak + 1])
    assert rates[peak:] == sorted(rates[peak:], reverse=True)
