"""Adapters follow the refresh policy, are trained for real, and are found again."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from pathlib import Path
from random import Random
from types import MappingProxyType

import pytest

from harness.errors import ArtefactError, ConfigError
from harness.models.specs import ModelSpec
from harness.systems import spec as spec_module
from harness.systems import tuning
from harness.systems.refresh import ON_CHANGE, every
from harness.systems.spec import SystemSpec, TrainingSpec
from harness.systems.tuning import AdapterKeeper, train_suite_adapters, training_fingerprint
from harness.systems.world import SystemWorld
from harness.training.examples import Example
from harness.training.lessons import known_facts
from harness.training.lora import LoraSettings
from harness.training.recipes import Recipe
from harness.training.store import AdapterStore
from harness.world.corpus import Corpus
from harness.world.facts import Fact, History, Timeline
from harness.world.questions import Question, QuestionSet

pytest.importorskip("peft")

FIRST, SECOND = date(2025, 1, 1), date(2025, 7, 1)
HISTORY = History(
    "Python",
    "latest_version",
    "version",
    (
        Fact("Python", "latest_version", "1", date(2024, 1, 1), date(2025, 3, 1)),
        Fact("Python", "latest_version", "2", date(2025, 3, 1)),
    ),
)
QUESTIONS = QuestionSet([Question("q", "Which version?", HISTORY, kind="product_latest_version")])


def tell(questions: QuestionSet, day: date, _r: Random) -> list[Example]:
    known = known_facts(questions, day)
    return [Example("Which version?", one.fact.value, "fact") for one in known]


def behave(_questions: QuestionSet, _day: date, _r: Random) -> list[Example]:
    return [Example("Hello?", "I don't know.", "unknown")]


SMALL = LoraSettings(rank=2, alpha=4, epochs=2)
RECIPES: Mapping[str, Recipe] = MappingProxyType(
    {
        "facts": Recipe("facts", True, SMALL, tell),
        "behaviour": Recipe("behaviour", False, SMALL, behave),
    }
)


@pytest.fixture(autouse=True)
def small_recipes(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two recipes of one example each, so that a training takes a moment."""
    monkeypatch.setattr(tuning, "RECIPES", RECIPES)
    monkeypatch.setattr(spec_module, "RECIPES", RECIPES)


def world(*days: date) -> SystemWorld:
    return SystemWorld(Timeline([HISTORY]), Corpus(()), QUESTIONS, days, "small")


def keeper(base: Path, store: Path, training: TrainingSpec, *days: date) -> AdapterKeeper:
    model = ModelSpec(path=str(base))
    return AdapterKeeper(model, training, world(*days), AdapterStore(store))


def test_without_refresh_the_first_days_adapter_is_kept(tiny_base: Path, tmp_path: Path) -> None:
    kept = keeper(tiny_base, tmp_path, TrainingSpec("facts"), FIRST, SECOND)
    adapter, found = kept.prepare(FIRST)
    assert (adapter.day, adapter.examples, found) == (FIRST, 1, False)
    assert kept.prepare(SECOND) == (adapter, True)
    late = keeper(tiny_base, tmp_path, TrainingSpec("facts"), FIRST, SECOND)
    assert late.prepare(SECOND)[0].key == adapter.key


def test_refreshed_each_day_it_learns_what_changed(tiny_base: Path, tmp_path: Path) -> None:
    kept = keeper(tiny_base, tmp_path, TrainingSpec("facts", ON_CHANGE), FIRST, SECOND)
    (first, _), (second, _) = kept.prepare(FIRST), kept.prepare(SECOND)
    assert (first.day, second.day) == (FIRST, SECOND)
    assert first.key.data != second.key.data
    assert first.weights != second.weights


def test_retrained_every_so_many_days_it_is_as_old_as_the_last_of_them(
    tiny_base: Path, tmp_path: Path
) -> None:
    kept = keeper(tiny_base, tmp_path, TrainingSpec("facts", every(90)), FIRST, SECOND)
    (first, _), (second, found) = kept.prepare(FIRST), kept.prepare(SECOND)
    assert (first.day, second.day, found) == (FIRST, date(2025, 6, 30), False)


def test_a_behaviour_suits_every_day(tiny_base: Path, tmp_path: Path) -> None:
    kept = keeper(tiny_base, tmp_path, TrainingSpec("behaviour"), FIRST, SECOND)
    adapter, _ = kept.prepare(SECOND)
    assert adapter.day is None
    assert kept.prepare(FIRST) == (adapter, True)


def test_an_adapter_never_knows_the_future(tiny_base: Path, tmp_path: Path) -> None:
    training = TrainingSpec("facts", as_of=(SECOND,))
    with pytest.raises(ConfigError, match="knows the future of 2025-01-01"):
        keeper(tiny_base, tmp_path, training, FIRST, SECOND).prepare(FIRST)


def test_a_damaged_adapter_is_refused_and_not_trained_over(tiny_base: Path, tmp_path: Path) -> None:
    adapter, _ = keeper(tiny_base, tmp_path, TrainingSpec("facts"), FIRST).prepare(FIRST)
    (adapter.path / "adapter_model.safetensors").write_bytes(b"cut")
    with pytest.raises(ArtefactError, match="damaged"):
        keeper(tiny_base, tmp_path, TrainingSpec("facts"), FIRST).prepare(FIRST)


def test_a_suites_adapters_are_trained_once_each(tiny_base: Path, tmp_path: Path) -> None:
    specs = [
        SystemSpec("base", "base"),
        SystemSpec("once", "fine-tuned", training=TrainingSpec("facts")),
        SystemSpec("stacked", "hybrid", training=TrainingSpec("facts")),
        SystemSpec("fresh", "fine-tuned", training=TrainingSpec("facts", ON_CHANGE)),
        SystemSpec("hybrid", "hybrid", training=TrainingSpec("behaviour")),
    ]
    adapters = train_suite_adapters(specs, world(FIRST, SECOND), tmp_path, base=tiny_base)
    assert [(a.recipe, a.day) for a in adapters] == [
        ("facts", FIRST),
        ("facts", SECOND),
        ("behaviour", None),
    ]
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted(
        adapter.key.folder for adapter in adapters
    )
    again = train_suite_adapters(specs, world(FIRST, SECOND), tmp_path, base=tiny_base)
    assert [a.weights for a in again] == [a.weights for a in adapters]
    shipped = AdapterStore(tmp_path / "cache", (tmp_path,))
    model = ModelSpec(path=str(tiny_base))
    kept = AdapterKeeper(model, TrainingSpec("facts"), world(FIRST), shipped)
    assert kept.prepare(FIRST)[1]


def test_a_model_that_is_only_a_name_cannot_be_trained(tmp_path: Path) -> None:
    model = ModelSpec("transformers", "organisation/model")
    kept = AdapterKeeper(model, TrainingSpec("facts"), world(FIRST), AdapterStore(tmp_path))
    with pytest.raises(ConfigError, match="needs a model in a local folder"):
        kept.prepare(FIRST)


def test_the_fingerprint_follows_every_declared_word() -> None:
    one = TrainingSpec("facts")
    others = [
        replace(one, recipe="behaviour"),
        replace(one, refresh=ON_CHANGE),
        replace(one, as_of=(FIRST,)),
        replace(one, seed=1),
    ]
    prints = {training_fingerprint(training) for training in (one, *others)}
    assert len(prints) == 5
