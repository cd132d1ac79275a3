"""Practice on invented worlds: reading passages, answering in form, saying what is not known.

No product, version or day in it is real, so it teaches a behaviour and no fact.
"""

from __future__ import annotations

from dataclasses import dataclass
from random import Random
from typing import Final

from harness.models.lab.synthetic.attributes import RELEASES
from harness.models.lab.synthetic.contrast import contrast_scene
from harness.models.lab.synthetic.questions import ask
from harness.models.lab.synthetic.releases import draw_product, release_scene
from harness.models.lab.synthetic.scene import Item, Scene
from harness.training.answers import Target, json_answer, plain_answer, plain_instruction
from harness.training.examples import Example
from harness.world.releases.wording import (
    JSON_INSTRUCTION,
    QUESTION_KINDS,
    QuestionKind,
    closed_book_prompt,
    retrieval_prompt,
)

__all__ = ["Shares", "reading_example", "unknown_example"]

_PASSAGES: Final = (1, 2, 3, 4, 4, 4, 4)  # mostly as many as a system shows
_CONFLICTS: Final = 0.5  # chance that an older passage states another value
_CONTRASTS: Final = 0.5  # share of scenes whose passages differ in one thing only
_ABOUT_CONFLICTS: Final = 0.5  # share of questions about such a value, where there is one
_NEWEST_FIRST: Final = 0.5  # share of prompts sorted as systems do; the others are in any order
_OWN_WORDINGS: Final = 0.5  # share of questions in the suite's trained wordings
_EVERYDAY: Final = 0.45  # of the others: with the suite's alone, held-out ones were lost


@dataclass(frozen=True, slots=True)
class Shares:
    """How often an example asks for JSON, and how often the passages lack the answer."""

    json: float = 0.4
    missing: float = 0.15


def reading_example(r: Random, shares: Shares) -> Example:
    """A question over dated passages, of which the most recent that speaks of it is right."""
    scene = _scene(r)
    while not (scene.missing and scene.known):
        scene = _scene(r)
    missing = r.random() < shares.missing
    item = r.choice(scene.missing) if missing else _known(r, scene)
    order = list(range(len(scene.passages)))
    if r.random() < _NEWEST_FIRST:
        order.sort(key=lambda i: scene.passages[i].day, reverse=True)
    shown = [(scene.passages[i].day, scene.passages[i].text) for i in order]
    number = order.index(item.passage - 1) + 1 if item.passage is not None else None
    target = Target(item.subject, item.attribute.key, item.value, item.day, number, item.day)
    kind = r.choice(_kinds(item))
    question = _ask(r, kind, item.subject)
    name = "abstain" if item.value is None else "read"
    if r.random() < shares.json:
        prompt = retrieval_prompt(scene.today, shown, question, JSON_INSTRUCTION)
        return Example(prompt, json_answer(target), f"{name}-json")
    prompt = retrieval_prompt(scene.today, shown, question, plain_instruction(kind.answer))
    return Example(prompt, plain_answer(target), name)


def unknown_example(r: Random, shares: Shares, today: str | None = None) -> Example:
    """A question without passages about a product that nobody knows."""
    product = draw_product(r)
    kind = r.choice(QUESTION_KINDS)
    subject = product.name
    if kind.about == "cycle":
        subject = f"{product.name} {r.choice(product.scheme.cycles)}"
    target = Target(subject, kind.attribute, None)
    question = _ask(r, kind, subject)
    today = today or release_scene(r, 1, 0.0).today
    if r.random() < shares.json:
        prompt = closed_book_prompt(today, question, JSON_INSTRUCTION)
        return Example(prompt, json_answer(target), "unknown-json")
    prompt = closed_book_prompt(today, question, plain_instruction(kind.answer))
    return Example(prompt, plain_answer(target), "unknown")


def _scene(r: Random) -> Scene:
    build = contrast_scene if r.random() < _CONTRASTS else release_scene
    return build(r, r.choice(_PASSAGES), _CONFLICTS)


def _known(r: Random, scene: Scene) -> Item:
    restated = [item for item in scene.known if item.restated]
    return r.choice(restated if restated and r.random() < _ABOUT_CONFLICTS else scene.known)


def _kinds(item: Item) -> list[QuestionKind]:
    return [kind for kind in QUESTION_KINDS if kind.name in item.attribute.suite_kinds]


def _ask(r: Random, kind: QuestionKind, subject: str) -> str:
    if r.random() < _OWN_WORDINGS:
        return r.choice(kind.trained).format(subject=subject)
    return ask(r, RELEASES[kind.attribute], subject, _EVERYDAY)
