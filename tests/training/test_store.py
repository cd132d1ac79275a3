"""Adapters are found by what determines them, checked, trained once, or refused with a command."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.errors import ArtefactError
from harness.models.fingerprint import adapter_fingerprint
from harness.training import store as store_module
from harness.training.adapter import Adapter, AdapterKey, read_adapter, write_adapter
from harness.training.examples import Example
from harness.training.lora import LoraSettings
from harness.training.store import AdapterStore, cache_folder

KEY = AdapterKey("facts", date(2025, 8, 22), "b" * 16, "d" * 16, "s" * 16, 0)


def put(home: Path, key: AdapterKey = KEY) -> Adapter:
    """An adapter folder whose weights are only bytes: reading checks them and no more."""
    path = home / key.folder
    path.mkdir(parents=True)
    (path / "adapter_model.safetensors").write_bytes(b"weights of " + key.recipe.encode())
    (path / "adapter_config.json").write_text("{}")
    adapter = Adapter(path, key, 10, 1000, 12.5, 0.25, adapter_fingerprint(path))
    write_adapter(adapter)
    return adapter


def test_shipped_adapters_come_before_the_cache(tmp_path: Path) -> None:
    cached = put(tmp_path / "cache")
    store = AdapterStore(tmp_path / "cache", (tmp_path / "shipped",))
    assert store.find(KEY) == cached
    assert store.find(KEY).path.parent.name == "cache"
    put(tmp_path / "shipped")
    assert store.find(KEY).path.parent.name == "shipped"


def test_another_base_day_seed_or_data_is_another_adapter(tmp_path: Path) -> None:
    put(tmp_path)
    store = AdapterStore(tmp_path)
    for other in (
        replace(KEY, base="x" * 16),
        replace(KEY, data="x" * 16),
        replace(KEY, settings="x" * 16),
        replace(KEY, seed=1),
        replace(KEY, day=date(2025, 8, 23)),
        replace(KEY, day=None),
        replace(KEY, recipe="behaviour"),
    ):
        assert store.find(other) is None


keys = st.builds(
    AdapterKey,
    recipe=st.sampled_from(["facts", "behaviour"]),
    day=st.none() | st.dates(),
    base=st.text("0123456789abcdef", min_size=16, max_size=16),
    data=st.text("0123456789abcdef", min_size=16, max_size=16),
    settings=st.just("s"),
    seed=st.integers(0, 3),
)


@given(keys, keys)
def test_fingerprints_tell_keys_apart(a: AdapterKey, b: AdapterKey) -> None:
    assert (a.fingerprint() == b.fingerprint()) == (a == b)


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (lambda p: (p / "adapter_model.safetensors").write_bytes(b"other"), "damaged: the weights"),
        (lambda p: (p / "adapter_model.safetensors").unlink(), "no safetensors weights"),
        (lambda p: (p / "adapter_config.json").write_text("{ }"), "damaged: the weights"),
        (lambda p: (p / "harness.json").write_text("{"), "damaged"),
        (lambda p: (p / "harness.json").write_text("[]"), "damaged"),
        (lambda p: edit(p, day="yesterday"), "damaged"),
        (lambda p: edit(p, day="2025-08-23"), "damaged: the fingerprint"),
        (lambda p: edit(p, base="x" * 16), "damaged: the fingerprint"),
    ],
)
def test_a_damaged_adapter_is_refused(
    tmp_path: Path, damage: Callable[[Path], object], message: str
) -> None:
    adapter = put(tmp_path)
    damage(adapter.path)
    with pytest.raises(ArtefactError, match=message):
        read_adapter(adapter.path)


def edit(path: Path, **changes: object) -> None:
    record = path / "harness.json"
    record.write_text(json.dumps(json.loads(record.read_text()) | changes))


def test_an_adapter_of_another_base_is_refused(tmp_path: Path) -> None:
    adapter = put(tmp_path)
    with pytest.raises(ArtefactError, match="does not fit: trained on base bbbb"):
        read_adapter(adapter.path, base="a" * 16)
    with pytest.raises(ArtefactError, match=r"no adapter of this harness: harness\.json missing"):
        read_adapter(tmp_path)


def test_what_is_missing_and_cannot_be_trained_names_the_commands(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(store_module, "can_train", lambda: False)
    with pytest.raises(ArtefactError) as caught:
        AdapterStore(tmp_path / "none").get_or_train(
            tmp_path, (), LoraSettings(), KEY, command="harness train releases --out there"
        )
    message = str(caught.value)
    assert "facts adapter as of 2025-08-22 is not shipped for this model" in message
    assert message.endswith(
        "pip install 'ragft-harness[train]' && harness train releases --out there"
    )
    assert "\n" not in message


def test_what_is_there_is_not_trained_again(tmp_path: Path) -> None:
    put(tmp_path)
    adapter, found = AdapterStore(tmp_path).get_or_train(
        Path("no-such-base"), (), LoraSettings(), KEY, command=""
    )
    assert found
    assert adapter.key == KEY


def test_a_failed_training_leaves_nothing_behind(tmp_path: Path) -> None:
    pytest.importorskip("peft")
    store = AdapterStore(tmp_path / "cache")
    with pytest.raises(ArtefactError):
        store.train(tmp_path, (Example("a", "b", "fact"),), LoraSettings(), KEY)
    assert list((tmp_path / "cache").iterdir()) == []


def test_the_cache_is_where_the_user_says(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("HARNESS_CACHE", str(tmp_path / "mine"))
    assert cache_folder() == tmp_path / "mine"
    monkeypatch.delenv("HARNESS_CACHE")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert cache_folder() == tmp_path / "ragft-harness"
