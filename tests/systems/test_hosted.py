"""Systems that their provider fine-tunes: which model answers on which day, and what it cost."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Iterator, Mapping
from datetime import date
from pathlib import Path
from random import Random
from types import MappingProxyType

import pytest

from harness.errors import ConfigError
from harness.models.specs import ModelSpec
from harness.systems import hosted
from harness.systems import spec as spec_module
from harness.systems.hosted import HostedKeeper, suite_orders
from harness.systems.local import LocalSystem
from harness.systems.refresh import ON_CHANGE
from harness.systems.spec import SystemSpec, TrainingSpec
from harness.systems.world import SystemWorld
from harness.training.examples import Example
from harness.training.hosted.ledger import Ledger
from harness.training.lessons import known_facts
from harness.training.lora import LoraSettings
from harness.training.recipes import Recipe
from harness.world.corpus import Corpus
from harness.world.facts import Fact, History, Timeline
from harness.world.questions import Question, QuestionSet

sys.path.insert(0, str(Path(__file__).parent.parent))

from tuning_server import SECONDS, TuningServer

FIRST, SECOND = date(2025, 1, 1), date(2025, 7, 1)
HISTORY = History(
    "Python",
    "v",
    "version",
    (
        Fact("Python", "v", "1", date(2024, 1, 1), date(2025, 3, 1)),
        Fact("Python", "v", "2", date(2025, 3, 1)),
    ),
)
QUESTION = Question("q", "Which version?", HISTORY)
WORLD = SystemWorld(
    Timeline([HISTORY]), Corpus(()), QuestionSet([QUESTION]), (FIRST, SECOND), "small"
)


def tell(questions: QuestionSet, day: date, _r: Random) -> list[Example]:
    prompt = f"Today is {day}.\n\nQuestion: Which version?"
    return [Example(prompt, one.fact.value, "fact") for one in known_facts(questions, day)]


def behave(_questions: QuestionSet, _day: date, _r: Random) -> list[Example]:
    return [Example("Hello?", "I don't know.", "unknown")]


RECIPES: Mapping[str, Recipe] = MappingProxyType(
    {
        "facts": Recipe("facts", True, LoraSettings(epochs=2), tell),
        "behaviour": Recipe("behaviour", False, LoraSettings(), behave),
    }
)


@pytest.fixture(autouse=True)
def small_recipes(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two recipes of one example each."""
    monkeypatch.setattr(hosted, "RECIPES", RECIPES)
    monkeypatch.setattr(spec_module, "RECIPES", RECIPES)


@pytest.fixture
def server() -> Iterator[TuningServer]:
    with TuningServer() as running:
        yield running


def spec(server: TuningServer, training: TrainingSpec, **changes: object) -> SystemSpec:
    model = ModelSpec("openai", name="small-1", url=server.url)
    return SystemSpec("s", "fine-tuned", model, training=training, **changes)  # type: ignore[arg-type]


def test_the_fine_tuned_model_answers_and_its_preparation_says_what_it_took(
    server: TuningServer, tmp_path: Path
) -> None:
    async def days() -> None:
        system = LocalSystem(
            spec(server, TrainingSpec("facts", ON_CHANGE)), WORLD, tmp_path, ledger=Ledger(tmp_path)
        )
        base = system.fingerprint()["model"]
        prints = {base}
        for day, version in ((FIRST, "1"), (SECOND, "2")):
            preparation = await system.prepare(day)
            answer = await system.answer(QUESTION, day)
            assert answer.text == version
            job = server.jobs[f"ftjob-{server.created}"]
            assert server.asked[-1] == job["fine_tuned_model"]
            assert preparation.training_seconds == SECONDS
            assert (preparation.examples, preparation.tokens) == (1, job["trained_tokens"])
            assert (preparation.adapter_as_of, preparation.reused) == (day, False)
            assert preparation.energy_joules is None
            assert job["hyperparameters"] == {"n_epochs": 2}, "as often as the recipe says"
            prints.add(preparation.fingerprints["model"])
        assert len(prints) == 3
        await system.close()

    asyncio.run(days())


def test_without_refresh_the_first_days_model_is_kept(server: TuningServer, tmp_path: Path) -> None:
    async def days() -> None:
        model = ModelSpec("openai", name="small-1", url=server.url)
        keeper = HostedKeeper("s", model, TrainingSpec("facts"), WORLD, Ledger(tmp_path))
        tuned, found = await keeper.prepare(FIRST)
        assert (tuned.day, found) == (FIRST, False)
        assert await keeper.prepare(SECOND) == (tuned, True)
        late = HostedKeeper("s", model, TrainingSpec("facts"), WORLD, Ledger(tmp_path))
        assert await late.prepare(SECOND) == (tuned, True)

    asyncio.run(days())
    assert server.created == 1


def test_tokens_that_were_not_told_are_not_in_the_preparation(
    server: TuningServer, tmp_path: Path
) -> None:
    untold = {"id": "ftjob-1", "status": "succeeded", "fine_tuned_model": "small-1"}
    server.failing["GET /fine_tuning/jobs/{id}"] = [(200, untold)]
    system = LocalSystem(
        spec(server, TrainingSpec("behaviour")), WORLD, tmp_path, ledger=Ledger(tmp_path)
    )
    preparation = asyncio.run(system.prepare(FIRST))
    assert (preparation.examples, preparation.tokens, preparation.adapter_as_of) == (1, 0, None)


def test_each_order_of_a_suite_is_there_once(server: TuningServer) -> None:
    facts = TrainingSpec("facts")
    specs = [
        SystemSpec("local", "fine-tuned", training=facts),
        SystemSpec("base", "base", spec(server, facts).model),
        spec(server, facts),
        spec(server, facts, max_tokens=9),
        spec(server, TrainingSpec("facts", ON_CHANGE)),
        spec(server, TrainingSpec("behaviour")),
        spec(server, TrainingSpec("behaviour", epochs=2)),
    ]
    orders = suite_orders(specs, WORLD)
    assert [(o.key.recipe, o.key.day, o.epochs) for o in orders] == [
        ("facts", FIRST, 2),
        ("facts", SECOND, 2),
        ("behaviour", None, 1),
        ("behaviour", None, 2),
    ]


def test_a_model_never_knows_the_future(server: TuningServer) -> None:
    late = spec(server, TrainingSpec("facts", as_of=(SECOND,)))
    with pytest.raises(ConfigError, match="knows the future of 2025-01-01"):
        suite_orders([late], WORLD)


def test_the_fingerprint_follows_the_epochs_and_not_the_settings_of_lora(
    server: TuningServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def print_of(training: TrainingSpec) -> str:
        return LocalSystem(spec(server, training), WORLD, tmp_path).fingerprint()["training"]

    before = print_of(TrainingSpec("facts"))
    assert (
        before
        == print_of(TrainingSpec("facts", epochs=2))
        != print_of(TrainingSpec("facts", epochs=3))
    )
    other = Recipe("facts", True, LoraSettings(rank=2, epochs=2), tell)
    monkeypatch.setattr(hosted, "RECIPES", {"facts": other})
    assert print_of(TrainingSpec("facts")) == before
