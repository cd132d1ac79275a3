# ruff: noqa: PLR2004 - shares of examples are literal

"""Practice for the advisories suite: tickets and answers in its forms, on invented vulnerabilities.

Ids and days are drawn, vendors and products invented, so it teaches a behaviour and no fact. The objects and
their order are the suite's own; the wordings are those that training may see.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from datetime import date
from random import Random
from typing import Final

from harness.models.lab.synthetic import values
from harness.models.lab.synthetic.questions import ask
from harness.models.lab.synthetic.scene import Item, Scene
from harness.models.lab.synthetic.triage import NEWEST, PRIORITY, TRIAGE, product_text, triage_scene
from harness.training.examples import Example
from harness.training.practice import Shares
from harness.world.advisories.wording import (
    CHOICE_INSTRUCTIONS,
    KINDS,
    NO_WEAKNESSES,
    PRIORITIES,
    TIER_INSTRUCTIONS,
    Kind,
    Tier,
)
from harness.world.questions import Question, QuestionSet
from harness.world.releases.wording import ABSTENTION, closed_book_prompt, retrieval_prompt

__all__ = ["is_triage", "reading_example", "record_examples", "unknown_example"]

_PASSAGES: Final = (1, 2, 3, 4, 4, 4, 4)  # mostly as many as a system shows
_CONFLICTS: Final = 0.3
_ODD_NAMES: Final = 0.4  # share of products whose names are hard to copy
_NEWEST_FIRST: Final = 0.6  # share of prompts sorted as systems do; the others are in any order
_LONG: Final = 0.4  # share of tickets among the objects
_CHOICES: Final = 0.5  # share of closed lists among the other questions
_OWN_WORDINGS: Final = 0.5  # share of questions for one value in the suite's trained wordings
_ASKED: Final = {**TRIAGE, "priority": PRIORITY, "newest_vulnerability": NEWEST}
_BY_NAME: Final = {kind.name: kind for kind in KINDS}
_OBJECTS: Final = tuple(kind for kind in KINDS if kind.answer in TIER_INSTRUCTIONS)
_LISTS: Final = tuple(kind for kind in KINDS if kind.answer == "choice")
_TEXTS: Final = tuple(kind for kind in KINDS if kind.answer == "text")
_ATTRIBUTES: Final = {"priority": PRIORITY.key}  # the suite's names for what scenes call otherwise

Values = Mapping[str, str | None]
"""What is known of a vulnerability by the suite's attributes; None or missing where nothing is."""


def is_triage(questions: QuestionSet) -> bool:
    """Whether a question set has questions of the advisories suite."""
    return any(question.kind in _BY_NAME for question in questions)


def reading_example(r: Random, shares: Shares) -> Example:
    """A question over dated passages: a whole object, one of a list, or a value."""
    scene = triage_scene(
        r, r.choice(_PASSAGES), _CONFLICTS, PRIORITIES, cve_only=True, product=_product
    )
    order = list(range(len(scene.passages)))
    if r.random() < _NEWEST_FIRST:
        order.sort(key=lambda i: scene.passages[i].day, reverse=True)
    shown = [(scene.passages[i].day, scene.passages[i].text) for i in order]
    missing = r.random() < shares.missing
    if r.random() < shares.json:
        kind = _object_kind(r)
        subject, values, item = _record(r, scene, missing)
        number = order.index(item.passage - 1) + 1 if item and item.passage else None
        answer = _object(kind.answer, subject, values, number, item.day if item else None)
        name = "abstain-json" if item is None else "read-json"
    else:
        kind, subject, said = _single(r, scene, missing)
        answer, name = said or ABSTENTION, "read" if said else "abstain"
    prompt = retrieval_prompt(scene.today, shown, _asked(r, kind, subject), _instruction(kind))
    return Example(prompt, answer, name)


def _product(r: Random) -> str:
    """Return an invented product; often one that says a word twice or is spelled oddly.

    Pretraining has few of these, and to copy them takes practice: "FortiOS and FortiProxy".
    """
    if r.random() >= _ODD_NAMES:
        return product_text(r)
    word, other = values.stem(r).capitalize(), values.stem(r).capitalize()
    one, two, three = r.sample(values.SUFFIXES, 3)
    return r.choice(
        (
            f"{word}{one} and {word}{two}",
            f"{one} {word} and {two} {word}",
            f"{one} {two} and {three} {two}",
            f"{word} {one}, {word} {two}, and {word} {three}",
            f"{word} {r.choice('eiv')}{other} {r.choice('ABCEX')}{r.randint(1, 9)}-Series",
            f"{word} {other.lower()}{one}",
            f"{word}-{other} {one} {r.randint(1, 9)}{r.choice('ABCDX')}",
        )
    )


def unknown_example(r: Random, shares: Shares, today: str | None = None) -> Example:
    """A question without passages about a vulnerability that nobody knows."""
    scene = triage_scene(r, 1, 0.0, cve_only=True)
    subject = r.choice([item.subject for item in scene.missing if item.attribute is PRIORITY])
    kind = _object_kind(r) if r.random() < shares.json else r.choice(_TEXTS)
    if kind.about == "vendor":
        subject = next(i.subject for i in scene.missing if i.attribute is NEWEST)
    asked = kind.answer in TIER_INSTRUCTIONS
    answer = _object(kind.answer, subject, {}) if asked else ABSTENTION
    question = r.choice(kind.trained).format(subject=subject)
    prompt = closed_book_prompt(today or scene.today, question, _instruction(kind))
    return Example(prompt, answer, "unknown-json" if asked else "unknown")


def record_examples(
    questions: QuestionSet, day: date, tellings: int
) -> Iterator[tuple[str, str, str]]:
    """The objects that are asked for as known on `day`: question, instruction and answer.

    Each comes in `tellings` wordings; one that nothing answers on that day is left out.
    """
    for question in questions:
        kind = _BY_NAME.get(question.kind)
        if kind is None or not question.parts or question.history is None:
            continue
        values = _known(question, day)
        if values is None:
            continue
        answer = _object(kind.answer, question.group, values)
        for number in range(tellings):
            text = kind.trained[number % len(kind.trained)].format(subject=question.group)
            yield text, _instruction(kind), answer


def _known(question: Question, day: date) -> Values | None:
    """The values of a question's parts on `day` by attribute; None where nothing answers it."""
    if question.history is None or not question.history.until(day).current(day):
        return None
    current = {
        part.history.attribute: part.history.until(day).current(day) for part in question.parts
    }
    return {attribute: facts[0].value if facts else None for attribute, facts in current.items()}


def _asked(r: Random, kind: Kind, subject: str) -> str:
    """The question in a wording of the suite or, where one value is asked for, of pretraining."""
    attribute = _ASKED.get(kind.attribute)
    if kind.answer in TIER_INSTRUCTIONS or attribute is None or r.random() < _OWN_WORDINGS:
        return r.choice(kind.trained).format(subject=subject)
    return ask(r, attribute, subject)


def _object_kind(r: Random) -> Kind:
    if r.random() < _LONG:
        return _BY_NAME["cve_ticket"]
    return r.choice([kind for kind in _OBJECTS if kind.answer != "long"])


def _record(r: Random, scene: Scene, missing: bool) -> tuple[str, Values, Item | None]:
    """A vulnerability with what the scene says of it, and an item of the passage it rests on."""
    about = [item for item in scene.known if item.attribute is TRIAGE["product"]]
    if missing or not about:
        strangers = [item.subject for item in scene.missing if item.attribute is PRIORITY]
        return r.choice(strangers), {}, None
    # Of a vulnerability that an alert has most is known, of one in a digest little.
    stated = [i for i in scene.known if i.attribute is TRIAGE["date_added"]]
    rests = r.choice(stated) if stated and r.random() < 0.9 else r.choice(about)
    own = {i.attribute.key: i.value for i in scene.known if i.subject == rests.subject}
    values = {name: own.get(_ATTRIBUTES.get(name, name)) for name in (*TRIAGE, "priority")}
    return rests.subject, values, rests


def _single(r: Random, scene: Scene, missing: bool) -> tuple[Kind, str, str | None]:
    """A question for one value, its subject and its answer; None where no passage has one."""
    kinds = _LISTS if r.random() < _CHOICES and not missing else _TEXTS
    for kind in r.sample(kinds, len(kinds)):
        key = _ATTRIBUTES.get(kind.attribute, kind.attribute)
        pool = scene.missing if missing else scene.known
        items = [item for item in pool if item.attribute.key == key]
        if items:
            item = r.choice(items)
            return kind, item.subject, item.value
    item = next(item for item in scene.missing if item.attribute is TRIAGE["due_date"])
    return _BY_NAME["cve_due_date"], item.subject, None


def _instruction(kind: Kind) -> str:
    if kind.answer == "choice":
        return CHOICE_INSTRUCTIONS[kind.attribute]
    return TIER_INSTRUCTIONS.get(kind.answer, "")


def _object(
    tier: str, cve: str, values: Values, passage: int | None = None, day: str | None = None
) -> str:
    """The object of a tier, keys in the suite's order; what is not known is null."""
    use, due = values.get("ransomware_use"), values.get("due_date")
    affected = {"vendor": values.get("vendor"), "product": values.get("product")}
    listed = values.get("cwes")
    weaknesses = None if listed is None else [*listed.split(", ")]
    if listed == NO_WEAKNESSES:
        weaknesses = []
    shapes: dict[Tier, dict[str, object]] = {
        "flat": {"cve": cve, **affected},
        "typed": {"cve": cve, "due": due, "ransomware_use": use},
        "nested": {"cve": cve, "affected": affected, "weaknesses": weaknesses},
        "conditional": {"cve": cve, "ransomware_use": use},
        "long": {
            "cve": cve,
            "affected": affected,
            "due": due,
            "ransomware_use": use,
            "weaknesses": weaknesses,
            "priority": values.get("priority"),
            "source": {"passage": passage, "date": day},
        },
    }
    shape = dict(shapes[tier])  # type: ignore[index]
    if tier == "conditional" and use == "Known":
        shape["escalate_by"] = due if due is not None else values.get("escalation")
    return json.dumps(shape, ensure_ascii=False)
