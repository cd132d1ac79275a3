# ruff: noqa: PLR2004 - shares of a mix are literal

"""Dense scenes: one short fact a passage, about neighbouring cycles of one or two products.

To tell "3.12" from "3.13" is the hardest part of the releases world; here most questions turn on
it, among passages short enough for many of them.
"""

from __future__ import annotations

from collections.abc import Callable
from random import Random
from typing import Final

from harness.models.lab.synthetic import values
from harness.models.lab.synthetic.attributes import (
    CORE,
    RELEASES,
    SHORT_KINDS,
    Attribute,
    random_attribute,
)
from harness.models.lab.synthetic.releases import Product, draw_product
from harness.models.lab.synthetic.scene import Claim, Passage, Scene, close_scene, shuffled_days
from harness.models.lab.synthetic.versions import scheme

__all__ = [
    "distinct",
    "kin_subjects",
    "ledger_scene",
    "register_scene",
    "restatement_scene",
    "rival_subjects",
]

_DATED: Final = (RELEASES["end_of_life"], RELEASES["release_date"])
_VERSION: Final = RELEASES["latest_version"]
_LTS: Final = RELEASES["lts"]
_VERSION_STATES: Final = (
    "The latest version of {s} is {v}.", "{s}: latest version {v}.", "{s} is at {v} now.",
    "The current version of {s} is {v}.", "For {s} the newest build is {v}.",
)  # fmt: skip
_LTS_STATES: Final = {
    "yes": ("{s} is an LTS cycle.", "{s} has long-term support.", "{s}: LTS."),
    "no": ("{s} is not an LTS cycle.", "{s} has no long-term support.", "{s}: not LTS."),
}


def ledger_scene(r: Random, count: int, conflicts: float) -> Scene:
    """Return a scene of `count` one-line passages; `conflicts` is the chance of a restatement."""
    products = [draw_product(r)]
    if r.random() < 0.4:
        near = values.similar_name(r, products[0].name) if r.random() < 0.3 else None
        other = draw_product(r, near)
        # The same cycles under two names: then only the name tells.
        shared = products[0].scheme if r.random() < 0.5 else other.scheme
        products.append(Product(other.name, shared))
    attributes = r.sample((*_DATED, _VERSION, _LTS), r.choice((1, 1, 2)))
    days = shuffled_days(r, count)
    seen: set[tuple[str, str]] = set()
    passages: list[Passage] = []
    for day in days:
        claim = _claim(r, products, attributes)
        for _ in range(4):
            if (claim.subject, claim.attribute.key) not in seen or r.random() < conflicts:
                break
            claim = _claim(r, products, attributes)
        seen.add((claim.subject, claim.attribute.key))
        passages.append(Passage(day, _sentence(r, claim), (claim,)))
    return close_scene(r, passages, _candidates(r, products, attributes), fillers=0.05)


def register_scene(r: Random, count: int, conflicts: float, kin: float = 0.0) -> Scene:
    """Return a scene in which every passage states the same attribute of another subject.

    Nothing but the subject's name or its cycle tells the passages apart; `kin` is the chance that
    the names are near one another ("Foo", "Foo Server", "Foo Server 2").
    """
    attribute = _register_attribute(r)
    draw = kin_subjects if kin and r.random() < kin else rival_subjects
    *stated, unstated = draw(r, count + 1)
    days = shuffled_days(r, count)
    stated_values = distinct(r, attribute.draw, count)
    passages: list[Passage] = []
    for day, value in zip(days, stated_values, strict=True):
        again = passages and r.random() < conflicts
        subject = passages[-1].claims[0].subject if again else stated.pop()
        claim = Claim(subject, attribute, value)
        passages.append(Passage(day, _sentence(r, claim), (claim,)))
    return close_scene(r, passages, [(s, attribute) for s in (unstated, *stated)], fillers=0.05)


def restatement_scene(r: Random, count: int) -> Scene:
    """Return a scene in which one to three subjects are stated again and again, with other values.

    The value is short, so that nearly all of the loss is about the newest day.
    """
    subjects = rival_subjects(r, r.choice((1, 1, 2, 3)) + 1)
    unstated = subjects.pop()
    attribute = _register_attribute(r)
    drawn = distinct(r, attribute.draw, count)
    passages: list[Passage] = []
    for index, (day, value) in enumerate(zip(shuffled_days(r, count), drawn, strict=True)):
        claim = Claim(subjects[index % len(subjects)], attribute, value)
        passages.append(Passage(day, _sentence(r, claim), (claim,)))
    return close_scene(r, passages, [(unstated, attribute)], fillers=0.05)


def _register_attribute(r: Random) -> Attribute:
    # Of a short value nearly all is choice, of a day most is copying: the short ones teach choosing.
    kind = r.random()
    if kind < 0.5:
        return random_attribute(r, SHORT_KINDS)
    if kind < 0.75:
        return r.choice(_DATED)
    return r.choice(CORE) if kind < 0.9 else random_attribute(r)


def rival_subjects(r: Random, count: int) -> list[str]:
    """Return subjects told apart by the cycle alone, or by the name with or without a cycle."""
    name = _short_name if r.random() < 0.5 else values.product_name
    kind = r.random()
    if kind < 0.6:
        product = name(r)
        subjects = [f"{product} {cycle}" for cycle in scheme(r, count).cycles]
        r.shuffle(subjects)
        return subjects
    names = [name(r) for _ in range(count)]
    if kind < 0.75:
        return [f"{own} {scheme(r, 1).cycles[0]}" for own in names]
    if kind < 0.85:
        cycle = scheme(r, 1).cycles[0]
        return [f"{own} {cycle}" for own in names]
    return names


def kin_subjects(r: Random, count: int) -> list[str]:
    """Return subjects with near names, all with the same cycle or none, in any order."""
    first = _short_name(r) if r.random() < 0.4 else values.product_name(r)
    names = [first]
    while len(names) < count:
        near = values.similar_name(r, r.choice(names) if r.random() < 0.3 else first)
        if near not in names:
            names.append(near)
    r.shuffle(names)
    cycle = f" {scheme(r, 1).cycles[0]}" if r.random() < 0.7 else ""
    return [f"{name}{cycle}" for name in names]


def distinct(r: Random, draw: Callable[[Random], str], count: int) -> list[str]:
    """Return `count` values that differ, unless the draws are of too few values."""
    drawn: list[str] = []
    for _ in range(count):
        value = draw(r)
        for _ in range(8):
            if value not in drawn:
                break
            value = draw(r)
        drawn.append(value)
    return drawn


def _short_name(r: Random) -> str:
    return values.stem(r).capitalize()


def _claim(r: Random, products: list[Product], attributes: list[Attribute]) -> Claim:
    product, attribute = r.choice(products), r.choice(attributes)
    cycle = r.choice(product.scheme.cycles)
    value = attribute.draw(r)
    if attribute is _VERSION:
        value = product.scheme.version(r, cycle, r.randint(0, 6))
    return Claim(f"{product.name} {cycle}", attribute, value)


def _sentence(r: Random, claim: Claim) -> str:
    states = claim.attribute.states
    if claim.attribute is _VERSION:
        states = _VERSION_STATES
    elif claim.attribute is _LTS:
        states = _LTS_STATES[claim.value]
    return r.choice(states).replace("{s}", claim.subject).replace("{v}", claim.value)


def _candidates(
    r: Random, products: list[Product], attributes: list[Attribute]
) -> list[tuple[str, Attribute]]:
    pairs = [
        (f"{product.name} {cycle}", attribute)
        for product in products
        for cycle in (*product.scheme.cycles, scheme(r, 1).cycles[0])
        for attribute in attributes
    ]
    stranger = values.product_name(r)
    pairs += [(f"{stranger} {r.choice(products[0].scheme.cycles)}", attributes[0])]
    pairs += [(f"{products[0].name} {r.choice(products[0].scheme.cycles)}", r.choice(_DATED))]
    r.shuffle(pairs)
    return pairs
