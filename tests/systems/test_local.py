"""The built-in systems on a tiny model and a real index: what they see, measure and report."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from harness.errors import ArtefactError, ConfigError
from harness.models.base import Message
from harness.models.fingerprint import model_fingerprint
from harness.models.lab.model import LabModel
from harness.models.specs import ModelSpec
from harness.systems.base import Answer, Preparation
from harness.systems.build import build_system
from harness.systems.local import LocalSystem
from harness.systems.recording import ReplaySpec
from harness.systems.refresh import NEVER
from harness.systems.replay import ReplaySystem
from harness.systems.spec import RetrievalSpec, SystemSpec, TrainingSpec
from harness.systems.world import SystemWorld
from harness.training.adapter import AdapterKey
from harness.training.examples import Example, examples_fingerprint
from harness.training.lora import LoraSettings, train_adapter
from harness.world.corpus import Corpus, Document
from harness.world.facts import Fact, History, Timeline
from harness.world.formats import FreeText
from harness.world.questions import Question, QuestionSet

DAYS = (date(2025, 1, 10), date(2025, 2, 10), date(2025, 3, 10))
HISTORY = History("Py", "v", "version", (Fact("Py", "v", "3", date(2025, 1, 1)),))
QUESTION = Question("q", "Py version?", HISTORY, FreeText("Short."))
CORPUS = Corpus(
    [
        Document("old", date(2025, 1, 2), "Py version 1"),
        Document("new", date(2025, 2, 1), "Py version 2", supersedes=("old",)),
        Document("last", date(2025, 3, 1), "Py version 3", supersedes=("new",)),
        Document("future", date(2025, 3, 11), "Py version 4"),
    ]
)
WORLD = SystemWorld(Timeline([HISTORY]), CORPUS, QuestionSet([QUESTION]), DAYS, "small")


@pytest.fixture
def model(tiny_base: Path) -> ModelSpec:
    return ModelSpec(path=str(tiny_base))


@pytest.fixture(scope="module")
def adapter(tiny_base: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    pytest.importorskip("peft")
    examples = (Example("Py version?", "3", "fact"),)
    settings = LoraSettings(rank=2, alpha=4, epochs=2)
    key = AdapterKey(
        "facts",
        DAYS[0],
        model_fingerprint(tiny_base),
        examples_fingerprint(examples),
        settings.fingerprint(),
        0,
    )
    out = tmp_path_factory.mktemp("mine") / "adapter"
    return train_adapter(tiny_base, examples, settings, key, out).path


def life(system: LocalSystem) -> Iterator[tuple[Preparation, Answer]]:
    for day in DAYS:
        preparation = asyncio.run(system.prepare(day))
        yield preparation, asyncio.run(system.answer(QUESTION, day))
    asyncio.run(system.close())


def rag(model: ModelSpec, **retrieval: object) -> SystemSpec:
    return SystemSpec("rag", "rag", model=model, retrieval=RetrievalSpec(**retrieval), max_tokens=5)


def test_retrieval_follows_the_days_and_never_sees_the_future(
    model: ModelSpec, tmp_path: Path
) -> None:
    system = LocalSystem(rag(model), WORLD, tmp_path)
    seen = [[p.document_id for p in answer.passages] for _, answer in life(system)]
    assert seen == [["old"], ["new", "old"], ["last", "new", "old"]]


def test_the_energy_of_an_answer_is_kept_where_the_machine_tells(
    model: ModelSpec, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    package = tmp_path / "powercap" / "intel-rapl:0"
    package.mkdir(parents=True)
    for name, text in (("name", "package-0"), ("energy_uj", "5"), ("max_energy_range_uj", "99")):
        (package / name).write_text(text)
    monkeypatch.setattr("harness.energy.POWERCAP", package.parent)
    told = [answer for _, answer in life(LocalSystem(rag(model), WORLD, tmp_path / "one"))]
    assert [answer.energy_joules for answer in told] == [0.0] * 3  # these counters stand still
    (package / "energy_uj").unlink()
    untold = [answer for _, answer in life(LocalSystem(rag(model), WORLD, tmp_path / "two"))]
    assert [answer.energy_joules for answer in untold] == [None] * 3


def test_superseded_documents_are_deleted_when_declared(model: ModelSpec, tmp_path: Path) -> None:
    system = LocalSystem(rag(model, superseded="delete"), WORLD, tmp_path)
    seen = [[p.document_id for p in answer.passages] for _, answer in life(system)]
    assert seen == [["old"], ["new"], ["last"]]


def test_an_index_that_is_never_refreshed_stays_at_the_first_day(
    model: ModelSpec, tmp_path: Path
) -> None:
    system = LocalSystem(rag(model, refresh=NEVER), WORLD, tmp_path)
    lives = list(life(system))
    assert [[p.document_id for p in answer.passages] for _, answer in lives] == [["old"]] * 3
    assert [preparation.documents for preparation, _ in lives] == [1, 0, 0]
    assert lives[1][0].index_seconds == 0.0


def test_preparations_report_new_documents_and_time(model: ModelSpec, tmp_path: Path) -> None:
    first = [p for p, _ in life(LocalSystem(rag(model), WORLD, tmp_path))]
    assert [(p.documents, p.removed) for p in first] == [(1, 0)] * 3
    assert [p.as_of for p in first] == list(DAYS)
    assert all(p.index_seconds > 0 and not p.reused for p in first)
    assert len({p.fingerprints["index"] for p in first}) == 3
    again = [p for p, _ in life(LocalSystem(rag(model), WORLD, tmp_path))]
    assert again == [replace(p, reused=True) for p in first]


def test_the_days_of_passages_can_be_hidden_from_the_model(
    model: ModelSpec, tmp_path: Path
) -> None:
    shown, hidden = (LocalSystem(rag(model, show_days=s), WORLD, tmp_path) for s in (True, False))
    tokens = []
    for system in (shown, hidden):
        asyncio.run(system.prepare(DAYS[0]))
        tokens.append(asyncio.run(system.answer(QUESTION, DAYS[0])).usage.prompt_tokens)
    assert tokens[0] - tokens[1] == len("(2025-01-02) ")
    assert shown.fingerprint() != hidden.fingerprint()


def test_stages_add_up_and_tokens_are_counted(model: ModelSpec, tmp_path: Path) -> None:
    system = LocalSystem(rag(model), WORLD, tmp_path)
    asyncio.run(system.prepare(DAYS[0]))
    answer = asyncio.run(system.answer(QUESTION, DAYS[0]))
    timing = answer.timing
    stages = timing.retrieve + timing.first_token + timing.decode
    assert min(timing.retrieve, timing.first_token, timing.decode) > 0
    assert stages <= timing.total == timing.service
    prompt = (
        "Today is 2025-01-10.\n\nContext:\n[1] (2025-01-02) Py version 1\n\n"
        "Question: Py version?\nShort."
    )
    # One token a character, and begin, user, end, assistant.
    assert answer.usage.prompt_tokens == len(prompt) + 4
    assert answer.usage.counted
    assert 1 <= answer.usage.completion_tokens <= 5


def test_without_retrieval_nothing_is_retrieved(model: ModelSpec, tmp_path: Path) -> None:
    system = LocalSystem(SystemSpec("base", "base", model=model, max_tokens=3), WORLD, tmp_path)
    for preparation, answer in life(system):
        assert (preparation.documents, preparation.index_seconds) == (0, 0.0)
        assert answer.passages == ()
        assert answer.timing.retrieve == 0.0
        assert answer.text is not None
    assert not list(tmp_path.iterdir())


def test_a_given_adapter_is_merged_and_named(
    model: ModelSpec, adapter: Path, tmp_path: Path
) -> None:
    spec = SystemSpec("mine", "fine-tuned", model=replace(model, adapter=adapter), max_tokens=3)
    system, plain = (
        LocalSystem(s, WORLD, tmp_path)
        for s in (spec, SystemSpec("base", "base", model=model, max_tokens=3))
    )
    ours, bare = asyncio.run(system.prepare(DAYS[0])), asyncio.run(plain.prepare(DAYS[0]))
    assert ours.fingerprints["model"] != bare.fingerprints["model"]
    assert "adapter" in system.fingerprint()
    assert ours.training_seconds == 0.0


def test_an_adapter_of_another_base_is_refused(
    tiny_base: Path, adapter: Path, tmp_path: Path
) -> None:
    other = tmp_path / "other"
    other.mkdir()
    for file in tiny_base.iterdir():
        (other / file.name).write_bytes(file.read_bytes())
    config = json.loads((other / "config.json").read_text())
    (other / "config.json").write_text(json.dumps(config | {"rms_norm_eps": 1e-5}))
    model = ModelSpec(path=str(other), adapter=adapter)
    system = LocalSystem(SystemSpec("mine", "fine-tuned", model=model), WORLD, tmp_path / "work")
    with pytest.raises(ArtefactError, match="does not fit: trained on base"):
        asyncio.run(system.prepare(DAYS[0]))


def test_a_prompt_too_long_is_a_recorded_failure(model: ModelSpec, tmp_path: Path) -> None:
    system = LocalSystem(rag(model), WORLD, tmp_path)
    asyncio.run(system.prepare(DAYS[0]))
    long = replace(QUESTION, text="Py version? " * 50)
    answer = asyncio.run(system.answer(long, DAYS[0]))
    assert (answer.text, answer.failure.kind) == (None, "context_length")
    assert answer.passages
    assert answer.timing.total >= answer.timing.retrieve > 0


def test_asking_before_preparing_is_a_recorded_failure(model: ModelSpec, tmp_path: Path) -> None:
    system = LocalSystem(SystemSpec("base", "base", model=model), WORLD, tmp_path)
    assert asyncio.run(system.answer(QUESTION, DAYS[0])).failure.kind == "not_prepared"


def test_a_template_of_ones_own_is_what_the_model_reads(model: ModelSpec, tmp_path: Path) -> None:
    template = tmp_path / "mine.jinja"
    template.write_text("{{ question }} ({{ passages | length }})")
    spec = replace(rag(model), prompt=template)
    system = LocalSystem(spec, WORLD, tmp_path)
    asyncio.run(system.prepare(DAYS[1]))
    assert asyncio.run(system.answer(QUESTION, DAYS[1])).usage.prompt_tokens == 15 + 4
    default = LocalSystem(rag(model), WORLD, tmp_path)
    assert system.fingerprint()["prompt"] != default.fingerprint()["prompt"]


def test_the_fingerprint_follows_what_is_declared(model: ModelSpec, tmp_path: Path) -> None:
    one = rag(model)
    others = [
        rag(model, passages=3),
        rag(model, superseded="delete"),
        replace(one, max_tokens=6),
        SystemSpec("rag", "hybrid", model=model, training=TrainingSpec("behaviour"), max_tokens=5),
    ]
    prints = [dict(LocalSystem(s, WORLD, tmp_path).fingerprint()) for s in (one, *others)]
    assert all(prints.count(found) == 1 for found in prints)
    assert dict(LocalSystem(one, WORLD, tmp_path / "else").fingerprint()) == prints[0]


def test_systems_are_built_from_their_declarations(model: ModelSpec, tmp_path: Path) -> None:
    (tmp_path / "mine.py").write_text("def answer(question, day):\n    return 'me'\n")
    row = {"question_id": QUESTION.id, "text": "then", "seconds": 1}
    (tmp_path / "answers.jsonl").write_text(json.dumps(row))
    by_name = SystemSpec("f", "external", function="mine:answer", folder=tmp_path)
    replay = SystemSpec("r", "external", replay=ReplaySpec(tmp_path / "answers.jsonl"))
    assert isinstance(build_system(rag(model), WORLD, tmp_path), LocalSystem)
    assert isinstance(build_system(replay, WORLD, tmp_path), ReplaySystem)
    system = build_system(by_name, WORLD, tmp_path)
    assert asyncio.run(system.answer(QUESTION, DAYS[0])).text == "me"
    with pytest.raises(ConfigError, match="cannot import"):
        build_system(replace(by_name, function="none:answer"), WORLD, tmp_path)


def test_the_answer_is_that_of_the_model_to_the_rendered_prompt(
    model: ModelSpec, tiny_base: Path, tmp_path: Path
) -> None:
    system = LocalSystem(SystemSpec("base", "base", model=model, max_tokens=4), WORLD, tmp_path)
    asyncio.run(system.prepare(DAYS[2]))
    prompt = "Today is 2025-03-10.\n\nQuestion: Py version?\nShort."
    expected = asyncio.run(
        LabModel.load(tiny_base).generate([Message("user", prompt)], max_tokens=4)
    )
    assert asyncio.run(system.answer(QUESTION, DAYS[2])).text == expected.text
