"""The fine-tuned model of a system behind an endpoint: found by its fingerprint, or ordered."""

from __future__ import annotations

import shlex
from collections.abc import Iterable
from datetime import date

from harness.models.openai.endpoint import Endpoint
from harness.models.specs import ModelSpec
from harness.systems.spec import SystemSpec, TrainingSpec
from harness.systems.world import SystemWorld
from harness.training.adapter import AdapterKey
from harness.training.hosted.ledger import Ledger
from harness.training.hosted.tuner import Order, Pace, Tell, TunedModel, Tuner, hosted_settings
from harness.training.recipes import RECIPES, training_examples

__all__ = ["HostedKeeper", "hosted_training_settings", "suite_orders", "suite_tuner"]


class HostedKeeper:
    """The fine-tuned model of each day, as the training's refresh policy says."""

    def __init__(
        self,
        system: str,
        model: ModelSpec,
        training: TrainingSpec,
        world: SystemWorld,
        ledger: Ledger,
        *,
        tell: Tell | None = None,
        pace: Pace | None = None,
    ) -> None:
        self._model = model
        self._training = training
        self._world = world
        self._tuner = suite_tuner([system], world, ledger, tell=tell, pace=pace)
        self._first = world.days[0] if world.days else None
        self._last: TunedModel | None = None
        self._last_day: date | None = None

    async def prepare(self, day: date) -> tuple[TunedModel, bool]:
        """The model for `day`, and whether it was found and not made now; raises as `Tuner.tune`."""
        self._first = self._first or day
        until = self._training.day(self._first, day)
        if self._last is not None and until == self._last_day:
            return self._last, True
        order = _order(self._model, self._training, until, self._world)
        self._last, found = await self._tuner.tune(order)
        self._last_day = until
        return self._last, found


def suite_tuner(
    systems: Iterable[str],
    world: SystemWorld,
    ledger: Ledger,
    *,
    tell: Tell | None = None,
    pace: Pace | None = None,
) -> Tuner:
    """A tuner that can say how a user of the suite ends the jobs of these systems."""
    options = {"--systems": systems, "--days": map(str, world.days)}
    words = [word for option, values in options.items() for word in (option, ",".join(values))]
    command = shlex.join(["harness", "train", world.suite, *words, "--cancel"])
    return Tuner(ledger, cancel_command=command, tell=tell, pace=pace)


def suite_orders(specs: Iterable[SystemSpec], world: SystemWorld) -> tuple[Order, ...]:
    """Every order that the systems behind endpoints need on `world.days`, each once.

    Raises:
        ConfigError: a declared training knows the future of a day.
    """
    orders: dict[AdapterKey, Order] = {}
    for spec in specs:
        if spec.training is None or not spec.model.is_endpoint:
            continue
        untils = dict.fromkeys(spec.training.day(world.days[0], day) for day in world.days)
        for until in untils:
            order = _order(spec.model, spec.training, until, world)
            orders.setdefault(order.key, order)
    return tuple(orders.values())


def hosted_training_settings(training: TrainingSpec) -> str:
    """The fingerprint of how the provider is told to train."""
    return hosted_settings(_epochs(training))


def _order(model: ModelSpec, training: TrainingSpec, day: date | None, world: SystemWorld) -> Order:
    recipe = RECIPES[training.recipe]
    return Order.of(
        Endpoint.of(model),
        recipe.name,
        day,
        training_examples(recipe, world.questions, day, training.seed),
        epochs=_epochs(training),
        seed=training.seed,
    )


def _epochs(training: TrainingSpec) -> int:
    return training.epochs or RECIPES[training.recipe].settings.epochs
