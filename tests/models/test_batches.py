"""Prompts that are continued together get what each gets alone."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from harness.fixtures import fixture_path
from harness.models.base import Generation, Message
from harness.models.gathering import Gatherer
from harness.models.specs import ModelSpec, load_model
from harness.models.transformers import TransformersModel
from harness.world.formats import Choice, JsonSchema, OutputFormat

ASKED = (
    ("Which version of Node.js is the latest?", 24),
    ("Hi", 3),
    ("Context:\n[1] (2025-08-22) PostgreSQL 17.6 came out.\n\nWhich is the latest version?", 16),
    ("Answer with yes or no. Is Python 3.9 supported?", 1),
    ("What is the end of support of Debian 12?", 24),
)
YES_OR_NO = Choice(("yes", "no"))
DUE = JsonSchema("due", {"type": "object", "properties": {"due": {"enum": ["soon", "late"]}},
                         "required": ["due"], "additionalProperties": False})  # fmt: skip


def together(
    model: TransformersModel, formats: tuple[OutputFormat | None, ...] = (None,) * len(ASKED)
) -> list[Generation]:
    async def all_of_them() -> list[Generation]:
        return await asyncio.gather(
            *(
                model.generate([Message("user", text)], max_tokens=most, enforced=form)
                for (text, most), form in zip(ASKED, formats, strict=True)
            )
        )

    return asyncio.run(all_of_them())


def said(generations: list[Generation]) -> list[tuple[str, int, int, str]]:
    return [
        (one.text, one.prompt_tokens, one.completion_tokens, one.finish_reason)
        for one in generations
    ]


@pytest.mark.parametrize("batch", [2, 5, 64])
def test_each_gets_what_it_gets_alone(any_model: Path, batch: int) -> None:
    alone = together(TransformersModel.load(str(any_model)))
    found = together(TransformersModel.load(str(any_model), batch=batch))
    assert said(found) == said(alone)
    assert {one.batch for one in alone} == {1}
    sizes = {2: [2, 2, 2, 2, 1], 5: [5] * 5, 64: [5] * 5}
    assert [one.batch for one in found] == sizes[batch]


def test_the_lab_model_says_the_same_in_a_batch() -> None:
    folder = str(fixture_path("lab"))
    alone = together(TransformersModel.load(folder, device="cpu"))
    found = together(TransformersModel.load(folder, device="cpu", batch=5))
    assert said(found) == said(alone)
    assert any(one.text for one in found)


def test_formats_are_enforced_row_by_row(tiny_model: Path) -> None:
    formats = (DUE, None, YES_OR_NO, None, YES_OR_NO)
    alone = together(TransformersModel.load(str(tiny_model)), formats)
    found = together(TransformersModel.load(str(tiny_model), batch=5), formats)
    assert said(found) == said(alone)
    assert {found[2].text, found[4].text} <= {"yes", "no"}


def test_what_has_no_room_together_is_continued_alone(tiny_model: Path) -> None:
    """The model has 96 positions: a long prompt with little to say, and a short one with much."""

    async def both(model: TransformersModel) -> list[Generation]:
        long, short = [Message("user", "a b c " * 12)], [Message("user", "Hi")]
        return await asyncio.gather(
            model.generate(long, max_tokens=4), model.generate(short, max_tokens=85)
        )

    alone = asyncio.run(both(TransformersModel.load(str(tiny_model))))
    found = asyncio.run(both(TransformersModel.load(str(tiny_model), batch=2)))
    assert said(found) == said(alone)
    assert [one.batch for one in found] == [1, 1]


def test_times_are_those_of_all_of_them(tiny_model: Path) -> None:
    found = together(TransformersModel.load(str(tiny_model), batch=5))
    assert all(0 < one.first_token_seconds <= one.total_seconds for one in found)


def test_a_batch_is_declared_as_other_keys_are(tiny_model: Path) -> None:
    spec = ModelSpec("transformers", str(tiny_model), batch=4)
    assert not list(spec.problems())
    assert spec.settings()["batch"] == 4
    assert [one.batch for one in together(load_model(spec))] == [4, 4, 4, 4, 1]  # type: ignore[arg-type]
    assert list(ModelSpec("transformers", "x", batch=0).problems()) == [
        ("batch", "must be at least 1, not 0")
    ]
    assert [key for key, _ in ModelSpec("lab", batch=4).problems()] == ["batch"]
    assert [key for key, _ in ModelSpec("openai", name="x", batch=4).problems()] == ["batch"]


def test_who_waits_is_told_what_went_wrong() -> None:
    def fails(items: object) -> list[int]:
        raise ValueError(f"not {items}")

    async def ask() -> list[object]:
        gatherer = Gatherer[int, int](fails, 2)
        return await asyncio.gather(
            *(gatherer.result(item) for item in range(3)), return_exceptions=True
        )

    assert [str(error) for error in asyncio.run(ask())] == ["not [0, 1]", "not [0, 1]", "not [2]"]


def test_who_no_longer_waits_is_left_out() -> None:
    done: list[list[int]] = []

    async def ask() -> list[int]:
        def work(items: object) -> list[int]:
            done.append([*items])  # type: ignore[call-overload]
            return done[-1]

        gatherer = Gatherer[int, int](work, 4)
        tasks = [asyncio.create_task(gatherer.result(item)) for item in range(3)]
        asyncio.get_running_loop().call_soon(tasks[1].cancel)
        return [await tasks[0], await tasks[2]]

    assert asyncio.run(ask()) == [0, 2]
    assert done == [[0, 2]]
