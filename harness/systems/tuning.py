"""The adapter of a system: found by its fingerprint, or trained."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from harness.errors import ConfigError
from harness.fixtures import fixture_path
from harness.models.fingerprint import model_fingerprint
from harness.models.specs import ModelSpec
from harness.systems.spec import SystemSpec, TrainingSpec
from harness.systems.world import SystemWorld
from harness.training.adapter import Adapter, AdapterKey
from harness.training.examples import Example, examples_fingerprint
from harness.training.lora import LoraSettings, Progress
from harness.training.recipes import RECIPES, training_examples
from harness.training.store import AdapterStore

__all__ = ["AdapterKeeper", "base_folder", "train_suite_adapters"]


def base_folder(model: ModelSpec) -> Path:
    """The folder of the model that an adapter is trained for.

    Raises:
        ConfigError: the model is only a name on a hub.
    """
    if model.path is None:
        return fixture_path("lab")
    folder = Path(model.path)
    if not folder.is_dir():
        raise ConfigError(f"model {model.path!r}: training needs a model in a local folder")
    return folder


@dataclass(frozen=True, slots=True)
class _Job:
    """One training: what is learned on top of which model."""

    base: Path
    key: AdapterKey
    examples: tuple[Example, ...]

    @classmethod
    def of(
        cls, model: ModelSpec, training: TrainingSpec, day: date | None, world: SystemWorld
    ) -> _Job:
        base, recipe = base_folder(model), RECIPES[training.recipe]
        examples = training_examples(recipe, world.questions, day, training.seed)
        key = AdapterKey(
            recipe=recipe.name,
            day=day,
            base=model_fingerprint(base),
            data=examples_fingerprint(examples),
            settings=recipe.settings.fingerprint(),
            seed=training.seed,
        )
        return cls(base, key, examples)

    @property
    def settings(self) -> LoraSettings:
        return RECIPES[self.key.recipe].settings


class AdapterKeeper:
    """The adapter of each day, as the training's refresh policy says."""

    def __init__(
        self,
        model: ModelSpec,
        training: TrainingSpec,
        world: SystemWorld,
        store: AdapterStore,
        progress: Progress | None = None,
    ) -> None:
        self._model = model
        self._training = training
        self._world = world
        self._store = store
        self._progress = progress
        self._first = world.days[0] if world.days else None
        self._last: Adapter | None = None
        self._last_day: date | None = None

    def prepare(self, day: date) -> tuple[Adapter, bool]:
        """The adapter for `day`, and whether it was found and not trained now.

        Raises:
            ConfigError: the training's day lies after `day`.
            ArtefactError: the adapter is damaged, or is missing and cannot be trained here.
        """
        self._first = self._first or day
        until = self._training.day(self._first, day)
        if self._last is not None and until == self._last_day:
            return self._last, True
        job = _Job.of(self._model, self._training, until, self._world)
        command = f"harness train {self._world.suite} --out {self._store.cache}"
        adapter, found = self._store.get_or_train(
            job.base, job.examples, job.settings, job.key, command=command, progress=self._progress
        )
        self._last, self._last_day = adapter, until
        return adapter, found


def train_suite_adapters(
    specs: Iterable[SystemSpec],
    world: SystemWorld,
    out: Path,
    *,
    base: Path | None = None,
    progress: Progress | None = None,
) -> tuple[Adapter, ...]:
    """Train every adapter that the local systems need on `world.days`, into `out`, each once.

    `base` is the folder of another base model than the systems name. An adapter that is in `out`
    already and fits is kept. Takes minutes an adapter for the lab model.
    """
    store = AdapterStore(cache=out)
    adapters: dict[AdapterKey, Adapter] = {}
    for spec in specs:
        if spec.training is None or spec.model.is_endpoint:
            continue
        model = ModelSpec(spec.model.kind, str(base)) if base is not None else spec.model
        for day in world.days:
            until = spec.training.day(world.days[0], day)
            job = _Job.of(model, spec.training, until, world)
            if job.key not in adapters:
                adapters[job.key] = store.find(job.key) or store.train(
                    job.base, job.examples, job.settings, job.key, progress
                )
    return tuple(adapters.values())


def training_fingerprint(training: TrainingSpec, settings: str | None = None) -> str:
    """What is declared about the training, and its settings: those of its recipe where it is None."""
    days = [str(day) for day in training.as_of]
    declared = [training.recipe, str(training.refresh), days, training.seed]
    text = json.dumps([*declared, settings or RECIPES[training.recipe].settings.fingerprint()])
    return hashlib.sha256(text.encode()).hexdigest()[:16]
