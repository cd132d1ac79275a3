"""What an adapter is taught: `facts` as of a day, or a `behaviour` without any facts."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from random import Random
from types import MappingProxyType
from typing import Final

from harness.training.examples import Example
from harness.training.lora import LoraSettings
from harness.world.questions import QuestionSet

__all__ = ["RECIPES", "Recipe", "training_examples"]


@dataclass(frozen=True, slots=True)
class Recipe:
    """How examples are made, and how they are learned.

    `build(questions, day, random)` gives the examples; where `tells_facts` is False, it reads of the
    questions only in which forms they ask, and the adapter suits every day.
    """

    name: str
    tells_facts: bool
    settings: LoraSettings
    build: Callable[[QuestionSet, date, Random], list[Example]]


def training_examples(
    recipe: Recipe, questions: QuestionSet, day: date | None, seed: int
) -> tuple[Example, ...]:
    """The examples of a recipe; nothing after `day` is in them.

    `day` must be given for a recipe that tells facts and is not read by one that tells none.
    """
    random = Random(f"{recipe.name} {seed}")  # noqa: S311  (practice data, no secret)
    if not recipe.tells_facts:
        return tuple(recipe.build(questions, date.min, random))
    if day is None:
        raise ValueError(f"recipe {recipe.name!r} needs a day")
    return tuple(recipe.build(questions, day, random))


def _facts(questions: QuestionSet, day: date, random: Random) -> list[Example]:
    from harness.training.lessons import fact_examples  # noqa: PLC0415  (slow; training needs it)

    return fact_examples(questions, day, random)


def _behaviour(questions: QuestionSet, _day: date, random: Random) -> list[Example]:
    from harness.training.lessons import behaviour_examples  # noqa: PLC0415  (as above)

    return behaviour_examples(questions, random)


RECIPES: Final[Mapping[str, Recipe]] = MappingProxyType(
    {
        "facts": Recipe("facts", True, LoraSettings(), _facts),
        # A form is learned at a rate at which reading is not forgotten; facts take a greater one.
        "behaviour": Recipe("behaviour", False, LoraSettings(learning_rate=1.5e-3), _behaviour),
    }
)
