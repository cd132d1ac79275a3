"""Batches, tokenizer, trainer and export: deterministic, resumable, equal to the standard format."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from random import Random

import numpy as np
import pytest

from harness.errors import ArtefactError
from harness.fixtures import fixture_path
from harness.models.lab.batches import make_batch, stage_of, step_at, tokens_before
from harness.models.lab.synthetic.mix import STAGES, conversation
from harness.models.lab.synthetic.values import real_titles
from harness.models.lab.tokenizer import (
    BEGIN,
    END,
    PAD,
    encode_turns,
    load_tokenizer,
    render,
    train_tokenizer,
)

torch = pytest.importorskip("torch")
pytest.importorskip("transformers")

from harness.models.lab.architecture import LabConfig, LabModel  # noqa: E402
from harness.models.lab.batch_worker import BatchWorkers  # noqa: E402
from harness.models.lab.export import export  # noqa: E402
from harness.models.lab.muon import Muon  # noqa: E402
from harness.models.lab.precision import training_dtype  # noqa: E402
from harness.models.lab.pretrain import (  # noqa: E402
    PretrainOptions,
    learning_rate_factor,
    load_checkpoint,
    pretrain,
)
from harness.models.lab.steps import Rates, Steps, fresh_state  # noqa: E402

TINY = LabConfig(vocabulary=512, width=32, layers=2, heads=2, head_width=16, feed_forward=64)


@pytest.fixture(scope="module")
def tokenizer_path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("tokenizer") / "tokenizer.json"
    train_tokenizer(path, vocabulary=512, seed=1, conversations=300)
    return path


def _options(folder: Path, tokenizer: Path, steps: int) -> PretrainOptions:
    folder.mkdir()
    (folder / "tokenizer.json").write_bytes(tokenizer.read_bytes())
    return PretrainOptions(
        folder, tokens=tokens_before(steps), threads=1, progress_steps=1, config=TINY
    )


def test_the_tokenizer_gives_back_what_it_got(tokenizer_path: Path) -> None:
    tokenizer = load_tokenizer(tokenizer_path)
    for index in range(200):
        for _, text in conversation(Random(index), STAGES[-1]):
            ids = tokenizer.encode(text, add_special_tokens=False).ids
            assert tokenizer.decode(ids, skip_special_tokens=False) == text


def test_names_have_the_same_tokens_everywhere_and_digits_go_in_pairs(tokenizer_path: Path) -> None:
    tokenizer = load_tokenizer(tokenizer_path)
    name = tokenizer.encode("Wuzzler Queue", add_special_tokens=False).tokens
    inside = tokenizer.encode("end of Wuzzler Queue 2026-01", add_special_tokens=False).tokens
    start = inside.index(name[0])
    assert inside[start : start + len(name)] == name
    assert [token for token in inside if token.isdigit()] == ["20", "26", "01"]
    assert max(len(token) for token in tokenizer.get_vocab() if token.isdigit()) <= 2


def test_the_shipped_tokenizer_has_every_pair_of_digits() -> None:
    known = load_tokenizer(fixture_path("lab") / "tokenizer.json").get_vocab()
    assert {f"{number:02d}" for number in range(100)} <= set(known)
    assert not any(len(token) > 2 for token in known if token.isdigit())


def test_real_names_are_made_of_tokens_that_the_mix_shows() -> None:
    tokenizer = load_tokenizer(fixture_path("lab") / "tokenizer.json")
    texts = [text for i in range(4000) for _, text in conversation(Random(i), STAGES[-1])]
    encodings = tokenizer.encode_batch(texts, add_special_tokens=False)
    shown = {token for encoding in encodings for token in encoding.tokens}
    titles = (*real_titles(), "Linear eMerge E3-Series", "Connect Secure and Policy Secure")
    used = {
        title: set(tokenizer.encode(title, add_special_tokens=False).tokens) for title in titles
    }
    unseen = {title: tokens - shown for title, tokens in used.items() if tokens - shown}
    assert len(unseen) <= len(titles) // 30, unseen


def test_turns_are_encoded_as_the_chat_template_renders_them(tokenizer_path: Path) -> None:
    tokenizer = load_tokenizer(tokenizer_path)
    turns = [("user", "Question: x?"), ("assistant", "1.2")]
    whole = tokenizer.encode(render(turns), add_special_tokens=False).ids
    parts = [token for ids in encode_turns(tokenizer, turns) for token in ids]
    assert whole == [BEGIN, *parts, tokenizer.token_to_id("<|assistant|>")]


def test_steps_and_tokens_are_inverse_and_stages_follow() -> None:
    for step in (0, 1, 347, 348, 349, 1500, 9000, 15_000):
        assert step_at(tokens_before(step)) == step
    stages = [STAGES.index(stage_of(step)) for step in range(0, 15_000, 50)]
    assert stages == sorted(stages)
    assert set(stages) == set(range(len(STAGES)))
    assert [stage.until for stage in STAGES] == sorted(stage.until for stage in STAGES)


@pytest.mark.parametrize("step", [0, 400, 1500, 5000])
def test_a_batch_is_a_function_of_seed_and_step(tokenizer_path: Path, step: int) -> None:
    tokenizer = load_tokenizer(tokenizer_path)
    one, same = make_batch(tokenizer, 1, step), make_batch(tokenizer, 1, step)
    other = make_batch(tokenizer, 2, step)
    stage = stage_of(step)
    assert one.ids.shape == (stage.rows, stage.length + 1) == one.weights.shape
    assert np.array_equal(one.ids, same.ids)
    assert np.array_equal(one.weights, same.weights)
    assert not np.array_equal(one.ids, other.ids)
    assert (one.weights[one.ids == PAD] == 0).all()
    assert (one.weights[one.ids == END] % 1 == 0).all()


def test_the_learning_rate_warms_up_stays_and_falls(tmp_path: Path) -> None:
    options = PretrainOptions(tmp_path, tokens=2_000_000, constant=0.4)
    factors = [learning_rate_factor(options, step) for step in range(step_at(options.tokens))]
    begin = step_at(800_000)
    assert factors[0] < 0.1
    assert factors[:60] == sorted(factors[:60])
    assert set(factors[60:begin]) == {1.0}
    assert factors[begin:] == sorted(factors[begin:], reverse=True)
    assert 0.45 < factors[begin + (len(factors) - begin) // 2] < 0.55
    assert 0 < factors[-1] < 0.03


def test_without_a_fall_the_rate_stays(tmp_path: Path) -> None:
    options = PretrainOptions(tmp_path, tokens=1_000_000, constant=1.0)
    assert learning_rate_factor(options, step_at(990_000)) == 1.0


def test_a_resumed_run_goes_on_exactly_where_it_stopped(
    tmp_path: Path, tokenizer_path: Path
) -> None:
    whole: list[float] = []
    options = _options(tmp_path / "whole", tokenizer_path, 6)
    pretrain(
        replace(options, constant=1.0),
        lambda report: whole.append(report.loss),
    )
    parts: list[float] = []
    first = _options(tmp_path / "parts", tokenizer_path, 3)
    pretrain(replace(first, constant=1.0), lambda report: parts.append(report.loss))
    longer = replace(first, tokens=options.tokens, constant=1.0)
    model = pretrain(longer, lambda report: parts.append(report.loss))
    assert parts == whole
    saved = load_checkpoint(tmp_path / "whole" / "checkpoint.pt").state_dict()
    assert all(torch.equal(saved[name], value) for name, value in model.state_dict().items())
    log = (tmp_path / "parts" / "log.jsonl").read_text(encoding="utf-8").splitlines()
    assert [json.loads(line)["step"] for line in log] == [1, 2, 3, 4, 5, 6]


def test_a_checkpoint_of_another_run_is_refused(tmp_path: Path, tokenizer_path: Path) -> None:
    options = _options(tmp_path / "run", tokenizer_path, 4)
    pretrain(options)
    with pytest.raises(ArtefactError, match="seed"):
        pretrain(replace(options, seed=2))
    with pytest.raises(ArtefactError, match="already falls"):
        pretrain(replace(options, tokens=10 * options.tokens))


def test_several_workers_give_the_batches_of_one_in_order(tokenizer_path: Path) -> None:
    tokenizer = load_tokenizer(tokenizer_path)
    with BatchWorkers(tokenizer_path, 1, 5, count=3) as batches:
        for step, batch in zip(range(5, 12), batches, strict=False):
            wanted = make_batch(tokenizer, 1, step)
            assert batch.step == step
            assert np.array_equal(batch.ids, wanted.ids)
            assert np.array_equal(batch.weights, wanted.weights)


@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a GPU: steps are recorded there")
def test_recorded_steps_compute_what_eager_ones_do(tokenizer_path: Path) -> None:
    tokenizer = load_tokenizer(tokenizer_path)
    losses: dict[str, list[float]] = {"cpu": [], "cuda": []}
    for device, seen in losses.items():
        state = fresh_state(TINY, 1, Rates(), device)
        steps = Steps(state, Rates(), device)
        for step in range(12):
            steps(make_batch(tokenizer, 1, step), 0.1)
            seen.append(steps.read_losses())
    assert losses["cuda"] == pytest.approx(losses["cpu"], rel=0.05)


@pytest.mark.parametrize("shape", [(24, 24), (48, 16), (16, 48)])
def test_muon_moves_matrices_as_the_library_does_in_half_precision(shape: tuple[int, int]) -> None:
    torch.manual_seed(3)
    start = [torch.randn(shape) * 0.1 for _ in range(3)]
    ours = [torch.nn.Parameter(value.clone()) for value in start]
    theirs = [torch.nn.Parameter(value.clone()) for value in start]
    optimizers = (
        Muon(ours, lr=0.02),
        torch.optim.Muon(theirs, lr=0.02, momentum=0.95, nesterov=True, weight_decay=0.02),
    )
    for _ in range(5):
        for mine, other in zip(ours, theirs, strict=True):
            mine.grad = torch.randn(shape)
            other.grad = mine.grad.clone()
        for optimizer in optimizers:
            optimizer.step()
    moved = torch.stack([(mine - value).detach() for mine, value in zip(ours, start, strict=True)])
    wanted = torch.stack(
        [(other - value).detach() for other, value in zip(theirs, start, strict=True)]
    )
    assert (moved - wanted).norm() / wanted.norm() < 0.02


def test_the_narrow_format_is_used_only_where_the_processor_has_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert training_dtype("meta") is torch.float32
    for units, wanted in (
        ({"avx512_bf16": True, "amx_bf16": False}, torch.bfloat16),
        ({"avx2": True, "avx512_bf16": False}, torch.float32),
        ({}, torch.float32),
    ):
        monkeypatch.setattr(torch.cpu, "get_capabilities", lambda units=units: units)
        assert training_dtype() is wanted


def test_half_precision_gives_nearly_the_same_losses() -> None:
    torch.manual_seed(1)
    model = LabModel(TINY)
    ids = torch.randint(6, 512, (2, 65))
    exact = model.token_losses(ids[:, :-1], ids[:, 1:], torch.float32)
    found = model.token_losses(ids[:, :-1], ids[:, 1:], torch.bfloat16)
    assert found.dtype is torch.float32
    assert not torch.equal(found, exact)
    assert torch.allclose(found, exact, atol=0.1)


def test_the_export_loads_as_a_standard_model_with_equal_logits(
    tmp_path: Path, tokenizer_path: Path
) -> None:
    from transformers import AutoModelForCausalLM, AutoTokenizer  # noqa: PLC0415  (slow)

    options = _options(tmp_path / "run", tokenizer_path, 1)
    model = pretrain(options)
    folder = tmp_path / "exported"
    export(model, tokenizer_path, folder, torch.float32)
    standard = AutoModelForCausalLM.from_pretrained(folder)
    ids = torch.randint(6, 512, (2, 300))
    with torch.no_grad():
        ours, theirs = model.eval()(ids, torch.float32), standard(ids).logits
    assert torch.allclose(ours, theirs, atol=2e-4)
    tokenizer = AutoTokenizer.from_pretrained(folder)
    messages = [{"role": "user", "content": "Question: What is 1.2?"}]
    prompt = tokenizer.apply_chat_template(messages, tokenize=False, add_generation_prompt=True)
    assert prompt == render([("user", "Question: What is 1.2?")])
    assert standard.generation_config.eos_token_id == END
    config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    assert (config["model_type"], config["max_position_embeddings"]) == ("qwen3", 1024)
    assert "response_template" in json.loads((folder / "tokenizer_config.json").read_text())
