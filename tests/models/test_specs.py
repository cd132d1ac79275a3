from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from harness.errors import ArtefactError, ConfigError, MissingExtraError
from harness.models.fingerprint import check_adapter_base, model_fingerprint
from harness.models.lab.model import LabModel
from harness.models.specs import ModelSpec, load_model
from harness.models.transformers import TransformersModel


def test_each_kind_is_loaded(tiny_model: Path) -> None:
    assert isinstance(load_model(ModelSpec("lab", str(tiny_model))), LabModel)
    general = load_model(ModelSpec("transformers", str(tiny_model), device="cpu", dtype="bfloat16"))
    assert isinstance(general, TransformersModel)


@pytest.mark.parametrize(
    ("spec", "message"),
    [
        (ModelSpec("openapi"), "unknown model kind 'openapi': did you mean 'openai'"),
        (ModelSpec("transformer", "x"), "did you mean 'transformers'"),
        (ModelSpec("lab", "x", device="cuda"), "device: the lab model runs on"),
        (ModelSpec("lab", "x", dtype="float16"), "dtype: the lab model runs on"),
        (ModelSpec("lab", name="x"), 'name: kind = "lab" has no such key: valid: adapter, path'),
        (ModelSpec("openai"), "name: missing"),
        (ModelSpec("openai", "x", name="x"), 'path: kind = "openai" has no such key'),
        (ModelSpec("openai", name="x", url="host/v1"), "url: must be a URL such as"),
        (ModelSpec("transformers", "x", dtype="float12"), "did you mean 'float(16|32)'"),
        (ModelSpec("transformers", "x", device="gpu"), "device 'gpu'"),
    ],
)
def test_a_wrong_word_is_refused_before_anything_is_loaded(spec: ModelSpec, message: str) -> None:
    with pytest.raises(ConfigError, match=message) as caught:
        load_model(spec)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("kind", ["lab", "transformers"])
def test_an_adapter_of_another_base_is_refused(
    kind: str, tiny_model: Path, tiny_adapter: Path, tmp_path: Path
) -> None:
    adapter = Path(shutil.copytree(tiny_adapter, tmp_path / "adapter"))
    spec = ModelSpec(kind, str(tiny_model), adapter)
    record = adapter / "harness.json"
    record.write_text(json.dumps({"base": "0123456789abcdef"}))
    with pytest.raises(ArtefactError, match="trained on base 0123456789abcdef, this one is"):
        load_model(spec)
    record.write_text("{}")
    with pytest.raises(ArtefactError, match=r"harness\.json: damaged"):
        load_model(spec)
    shutil.rmtree(adapter)
    with pytest.raises(ArtefactError, match="no such adapter folder"):
        load_model(spec)


def test_the_base_it_was_trained_on_is_accepted(tiny_model: Path, tmp_path: Path) -> None:
    (tmp_path / "harness.json").write_text(json.dumps({"base": model_fingerprint(tiny_model)}))
    check_adapter_base(tmp_path, model_fingerprint(tiny_model))


@pytest.mark.parametrize("kind", ["lab", "transformers"])
def test_a_folder_without_a_model_is_named(kind: str, tmp_path: Path) -> None:
    with pytest.raises(ArtefactError, match=tmp_path.name):
        load_model(ModelSpec(kind, str(tmp_path)))


@pytest.mark.filterwarnings("ignore::FutureWarning")  # of transformers about itself
@pytest.mark.filterwarnings("ignore:Found missing adapter keys")
def test_an_adapter_of_another_shape_is_refused_by_the_general_path_too(
    tiny_model: Path, tiny_adapter: Path, tmp_path: Path
) -> None:
    adapter = Path(shutil.copytree(tiny_adapter, tmp_path / "adapter"))
    config = json.loads((adapter / "adapter_config.json").read_text())
    (adapter / "adapter_config.json").write_text(json.dumps(config | {"r": 9}))
    with pytest.raises(ArtefactError, match="does not fit the base model") as caught:
        load_model(ModelSpec("transformers", str(tiny_model), adapter))
    assert "\n" not in str(caught.value)


def test_missing_packages_are_named(monkeypatch: pytest.MonkeyPatch, tiny_model: Path) -> None:
    monkeypatch.setitem(sys.modules, "torch", None)
    with pytest.raises(MissingExtraError, match=r"pip install 'ragft-harness\[train\]'"):
        load_model(ModelSpec("transformers", str(tiny_model)))


def test_the_fingerprint_follows_what_shapes_an_answer(tiny_model: Path, tmp_path: Path) -> None:
    folder = Path(shutil.copytree(tiny_model, tmp_path / "copy"))
    before = model_fingerprint(folder)
    assert before == model_fingerprint(tiny_model)
    (folder / "README.md").write_text("A model card.")
    assert model_fingerprint(folder) == before
    seen = {before}
    for name in ("model.safetensors", "tokenizer.json", "config.json", "chat_template.jinja"):
        with (folder / name).open("ab") as file:
            file.write(b" ")
        seen.add(model_fingerprint(folder))
    assert len(seen) == 5


def test_the_lab_model_needs_neither_torch_nor_transformers(tiny_model: Path) -> None:
    code = (
        "import sys; from harness.models.specs import ModelSpec, load_model;"
        "load_model(ModelSpec('lab', sys.argv[1]));"
        "print(sorted({'torch', 'transformers', 'peft', 'lancedb'} & set(sys.modules)))"
    )
    done = subprocess.run(  # noqa: S603 - our own interpreter and code
        [sys.executable, "-c", code, str(tiny_model)], capture_output=True, check=True, text=True
    )
    assert done.stdout == "[]\n"
