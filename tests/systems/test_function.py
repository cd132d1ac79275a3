"""A callable as a system: text or answer, plain or async; what it raises is an outcome."""

from __future__ import annotations

import asyncio
import json
import sys
from datetime import date
from pathlib import Path

import pytest

from harness.errors import ConfigError
from harness.systems.base import Answer, Timing, Usage
from harness.systems.function import AnswerFunction, FunctionSystem, import_function
from harness.world.facts import History
from harness.world.questions import Question

DAY = date(2026, 1, 1)
QUESTION = Question("q", "What is it?", History.fixed("it"))


def ask(function: AnswerFunction) -> Answer:
    return asyncio.run(FunctionSystem("mine", function).answer(QUESTION, DAY))


def plain(question: Question, day: date) -> str:
    return f"{question.id} {day}"


async def waiting(question: Question, day: date) -> str:
    await asyncio.sleep(0)
    return plain(question, day)


@pytest.mark.parametrize(
    "function",
    [
        plain,
        waiting,
        lambda q, d: waiting(q, d),  # noqa: PLW0108  (a plain function that returns an awaitable)
    ],
)
def test_text_becomes_an_answer_with_estimated_tokens(function: AnswerFunction) -> None:
    answer = ask(function)
    assert answer.text == "q 2026-01-01"
    assert answer.timing.total > 0
    assert answer.usage == Usage(prompt_tokens=3, completion_tokens=3, counted=False)


def test_an_answer_keeps_its_own_timing() -> None:
    own = Answer("yes", usage=Usage(5, 1), timing=Timing(retrieve=0.1, total=0.3))
    assert ask(lambda _q, _d: own) == own
    assert ask(lambda _q, _d: Answer("yes")).timing.total > 0


def test_what_it_raises_or_wrongly_returns_is_recorded() -> None:
    def broken(_question: Question, _day: date) -> str:
        raise KeyError("no such key")

    failure = ask(broken).failure
    assert (failure.kind, failure.message) == ("error", "KeyError: 'no such key'")
    assert ask(lambda _q, _d: 7).failure.message == "returned int, neither str nor Answer"


def test_it_is_imported_from_the_folder_of_the_suite(tmp_path: Path) -> None:
    (tmp_path / "my_pipeline.py").write_text("def answer(question, day):\n    return 'here'\n")
    assert ask(import_function("my_pipeline:answer", tmp_path)).text == "here"
    with pytest.raises(ConfigError, match="has no function 'anser': did you mean 'answer'"):
        import_function("my_pipeline:anser", tmp_path)


def test_two_suites_may_give_their_modules_the_same_name(tmp_path: Path) -> None:
    for name in ("one", "two"):
        folder = tmp_path / name / "namesake"
        folder.mkdir(parents=True)
        (folder / "__init__.py").write_text("")
        (folder / "inner.py").write_text(f"def answer(question, day):\n    return {name!r}\n")
    first = import_function("namesake.inner:answer", tmp_path / "one")
    second = import_function("namesake.inner:answer", tmp_path / "two")
    again = import_function("namesake.inner:answer", tmp_path / "two")
    assert (ask(first).text, ask(second).text) == ("one", "two")
    assert again is second


def test_a_module_beside_a_suite_does_not_replace_the_standard_library(tmp_path: Path) -> None:
    (tmp_path / "json.py").write_text("")
    with pytest.raises(ConfigError, match="nowhere"):
        import_function("json:nowhere", tmp_path)
    assert json.loads("1") == 1
    assert sys.modules["json"] is json


def test_a_bad_reference_is_refused(tmp_path: Path) -> None:
    (tmp_path / "my_broken.py").write_text("1 / 0\n")
    with pytest.raises(ConfigError, match="ZeroDivisionError"):
        import_function("my_broken:answer", tmp_path)
    with pytest.raises(ConfigError, match="cannot import 'no_such_module'"):
        import_function("no_such_module:answer")
    with pytest.raises(ConfigError, match="write it as 'module:function'"):
        import_function("my_broken")


def test_the_fingerprint_follows_the_source() -> None:
    one = FunctionSystem("a", plain).fingerprint()
    assert one == FunctionSystem("b", plain).fingerprint()
    assert one != FunctionSystem("a", waiting).fingerprint()
