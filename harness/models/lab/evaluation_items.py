# ruff: noqa: PLR2004 - shares of a mix are literal

"""Items of the lab model's evaluation: prompts with planted answers, on worlds never seen before.

Products of the splits begin with consonants that the pretraining mix never draws, and the two
splits share none, so that what is tuned on `dev` says nothing about `test` by memory.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from random import Random
from typing import Final, Literal

from harness.models.lab.synthetic import values
from harness.models.lab.synthetic.announcements import suite_template, template
from harness.models.lab.synthetic.releases import (
    Product,
    draw_event,
    draw_product,
    event_passage,
)
from harness.models.lab.synthetic.scene import Item, Passage, items_of, shuffled_days
from harness.models.lab.wordings import NATURAL_WORDINGS
from harness.world.releases.wording import (
    ABSTENTION,
    CHOICE_INSTRUCTION,
    JSON_INSTRUCTION,
    QUESTION_KINDS,
    EventKind,
    QuestionKind,
    closed_book_prompt,
    retrieval_prompt,
)

__all__ = ["ITEMS", "EvaluationItem", "Split", "draw_items"]

Split = Literal["dev", "test"]

OPENINGS: Final = {"dev": ("gw", "vr", "tw", "kn", "sm"), "test": ("zh", "dw", "sc", "wr", "sn")}


@dataclass(frozen=True)
class EvaluationItem:
    """A user message, the answer that is right, and the kind of question."""

    prompt: str
    answer: str
    kind: str
    tokens: int = 48


@dataclass(frozen=True)
class _Target:
    """What a case asks about."""

    kind: QuestionKind
    product: Product
    cycle: str

    @property
    def subject(self) -> str:
        if self.kind.about == "product":
            return self.product.name
        return f"{self.product.name} {self.cycle}"


@dataclass(frozen=True)
class _Case:
    """A question's kind and subject with the passages of its world, newest first."""

    kind: QuestionKind
    subject: str
    passages: tuple[Passage, ...]
    gold: int
    today: str


_EVENTS: Final[dict[str, tuple[EventKind, ...]]] = {
    "product_latest_version": ("release",),
    "product_latest_release_date": ("release",),
    "product_newest_cycle": ("new_cycle", "new_lts_cycle"),
    "cycle_latest_version": ("release", "maintenance_release", "maintenance_release"),
    "cycle_release_date": ("new_cycle", "new_lts_cycle"),
    "cycle_end_of_life": ("end_of_life", "end_of_life", "end_of_life_moved"),
    "cycle_supported": ("end_of_life", "end_of_life", "end_of_life_moved"),
    "cycle_lts": ("lts", "not_lts", "new_cycle", "new_lts_cycle"),
}
_ALL_EVENTS: Final[tuple[EventKind, ...]] = (
    "release", "maintenance_release", "maintenance_release", "new_cycle", "new_lts_cycle",
    "end_of_life", "end_of_life", "end_of_life_moved", "lts", "not_lts",
)  # fmt: skip
_RESTATABLE: Final = tuple(
    kind for kind in QUESTION_KINDS if kind.name not in {"cycle_release_date", "cycle_lts"}
)
_TEXT_KINDS: Final = tuple(kind for kind in QUESTION_KINDS if kind.name != "cycle_supported")
_SUPPORTED: Final = tuple(kind for kind in QUESTION_KINDS if kind.name == "cycle_supported")

Namer = Callable[[Random], str]
Chooser = Callable[[Random, EventKind], str]


@dataclass(frozen=True)
class _World:
    """Where the names and the document wordings of a case come from."""

    name: Namer
    template: Chooser = template


def draw_items(name: str, split: Split, count: int, seed: int = 1) -> list[EvaluationItem]:
    """Return `count` items of the named measure; the same arguments give the same items."""
    maker = ITEMS[name]
    seeds = (f"{split}:{name}:{seed}:{index}" for index in range(count))
    return [maker(Random(own), split) for own in seeds]  # noqa: S311 - reproducible items


def _namer(split: Split) -> Namer:
    def base(r: Random) -> str:
        return values.stem(r, r.choice((2, 2, 3)), r.choice(OPENINGS[split]))

    def name(r: Random) -> str:
        while True:
            drawn = values.product_name(r, base)
            # Acronyms have no leading word of the pool and could have been seen before.
            if any(opening in drawn.lower() for opening in OPENINGS[split]):
                return drawn

    return name


def _world(split: Split) -> _World:
    return _World(_namer(split))


def _real_name(r: Random) -> str:
    return r.choice(values.real_titles())


_REAL_WORLD: Final = _World(_real_name, suite_template)


def _case(
    r: Random, kinds: Sequence[QuestionKind], world: _World, *, passages: int, older: int = 0
) -> _Case:
    """Return a case of `passages` passages, `older` of which state outdated values of the answer."""
    kind = r.choice(kinds)
    product = draw_product(r, world.name(r))
    cycle = (
        product.scheme.cycles[-1] if kind.about == "product" else r.choice(product.scheme.cycles)
    )
    target = _Target(kind, product, cycle)
    while True:
        days = shuffled_days(r, passages)
        # Older statements need older days, the gold passage may have any day before today.
        slots = sorted(r.sample(range(passages), older + 1))
        stated = [_stated(r, world, target, days[slot], rank) for rank, slot in enumerate(slots)]
        if len({_answer_of(passage, target) for passage in stated}) == older + 1:
            break
    rest = [day for slot, day in enumerate(days) if slot not in slots]
    rivals = [_distractor(r, world, target, day) for day in rest]
    ordered = sorted([*stated, *rivals], key=lambda passage: passage.day, reverse=True)
    return _Case(kind, target.subject, tuple(ordered), ordered.index(stated[0]), _today(r, days[0]))


def _stated(r: Random, world: _World, target: _Target, day: str, rank: int) -> Passage:
    """Return a passage that answers; the greater `rank`, the older what it says."""
    kind, cycle = r.choice(_EVENTS[target.kind.name]), target.cycle
    if rank and kind in {"new_cycle", "new_lts_cycle"}:
        cycles = target.product.scheme.cycles
        cycle = cycles[max(0, len(cycles) - 1 - rank)]
    event = draw_event(r, kind, target.product, cycle, day=day, step=max(0, 4 - rank))
    return event_passage(r, event, day, world.template)


def _answer_of(passage: Passage, target: _Target) -> str | None:
    derived = target.kind.name == "cycle_supported"
    wanted = "end_of_life" if derived else target.kind.attribute
    for claim in passage.claims:
        if claim.subject == target.subject and claim.attribute.key == wanted:
            return claim.value
    return None


def _distractor(r: Random, world: _World, target: _Target, day: str) -> Passage:
    """Return a passage that differs in one thing: another cycle, field or product."""
    product = target.product
    while True:
        way = r.random()
        other, where = product, target.cycle
        events: Sequence[EventKind] = _EVENTS[target.kind.name]
        if way < 0.35:
            where = r.choice(product.scheme.cycles)
        elif way < 0.65:
            events = _ALL_EVENTS
        elif way < 0.85:
            other = Product(values.similar_name(r, product.name), product.scheme)
        else:
            other = draw_product(r, world.name(r))
            where = r.choice(other.scheme.cycles)
        event = draw_event(r, r.choice(events), other, where, day=day, step=r.randint(0, 4))
        passage = event_passage(r, event, day, world.template)
        if _answer_of(passage, target) is None and not _hints(passage, target):
            return passage


def _hints(passage: Passage, target: _Target) -> bool:
    # A release tells which cycle is current without saying so: no fair distractor for that.
    if target.kind.name != "product_newest_cycle":
        return False
    return any(
        claim.subject == target.subject and claim.attribute.key == "latest_version"
        for claim in passage.claims
    )


def _today(r: Random, newest: str) -> str:
    year, month, dom = (int(part) for part in newest.split("-"))
    months = month - 1 + r.choice((0, 1, 3, 6, 12))
    return f"{year + months // 12}-{months % 12 + 1:02d}-{max(dom, r.randint(1, 28)):02d}"


def _answer(case: _Case) -> Item:
    """Return the item that the passages answer, found by the rule of the newest day."""
    key = case.kind.attribute
    items = items_of(case.passages, case.today)
    return next(i for i in items if i.subject == case.subject and i.attribute.key == key)


def _item(
    r: Random, case: _Case, answer: str | None = None, texts: Sequence[str] = (), extra: str = ""
) -> EvaluationItem:
    order = list(case.passages)
    r.shuffle(order)
    wording = r.choice(texts or case.kind.trained).replace("{subject}", case.subject)
    question = wording[0].upper() + wording[1:] if not wording.startswith(case.subject) else wording
    instruction = extra or (CHOICE_INSTRUCTION if case.kind.answer == "choice" else "")
    shown = [(passage.day, passage.text) for passage in order]
    prompt = retrieval_prompt(case.today, shown, question, instruction)
    right = answer if answer is not None else _answer(case).value
    return EvaluationItem(prompt, right or ABSTENTION, case.kind.name)


def _gold(r: Random, split: Split, *, passages: int) -> EvaluationItem:
    return _item(r, _case(r, _TEXT_KINDS, _world(split), passages=passages))


def _most_recent(r: Random, split: Split) -> EvaluationItem:
    kinds = [kind for kind in _RESTATABLE if kind.name != "cycle_supported"]
    return _item(r, _case(r, kinds, _world(split), passages=4, older=r.choice((1, 1, 2))))


def _no_gold(r: Random, split: Split) -> EvaluationItem:
    case = _case(r, QUESTION_KINDS, _world(split), passages=5)
    others = tuple(p for index, p in enumerate(case.passages) if index != case.gold)
    return _item(r, replace(case, passages=others), ABSTENTION)


def _unseen_wording(r: Random, split: Split) -> EvaluationItem:
    case = _case(r, QUESTION_KINDS, _world(split), passages=4)
    hand_written = NATURAL_WORDINGS[case.kind.name]
    texts = case.kind.held_out if r.random() < 0.4 else hand_written
    return _item(r, case, texts=texts)


def _real_product(r: Random, _: Split) -> EvaluationItem:
    return _item(r, _case(r, _TEXT_KINDS, _REAL_WORLD, passages=4))


def _support(r: Random, split: Split) -> EvaluationItem:
    return _item(r, _case(r, _SUPPORTED, _world(split), passages=3, older=r.choice((0, 0, 1))))


def _nested_json(r: Random, split: Split) -> EvaluationItem:
    case = _case(r, _TEXT_KINDS, _world(split), passages=3)
    return replace(_item(r, case, extra=JSON_INSTRUCTION), tokens=140)


def _closed_book(r: Random, split: Split) -> EvaluationItem:
    case = _case(r, QUESTION_KINDS, _world(split), passages=1)
    texts = r.choice((case.kind.trained, case.kind.held_out))
    question = r.choice(texts).replace("{subject}", case.subject)
    instruction = CHOICE_INSTRUCTION if case.kind.answer == "choice" else ""
    prompt = closed_book_prompt(case.today, question, instruction)
    return EvaluationItem(prompt, ABSTENTION, case.kind.name)


ITEMS: Final[dict[str, Callable[[Random, Split], EvaluationItem]]] = {
    "gold alone": partial(_gold, passages=1),
    "gold among 4": partial(_gold, passages=4),
    "most recent": _most_recent,
    "no gold": _no_gold,
    "unseen wordings": _unseen_wording,
    "real products": _real_product,
    "nested JSON": _nested_json,
    "closed book": _closed_book,
    "support status": _support,
}
