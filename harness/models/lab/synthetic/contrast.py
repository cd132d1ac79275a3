# ruff: noqa: PLR2004 - shares of a mix are literal

"""Scenes whose passages differ from one another in one thing: name, cycle, field or day.

What is asked and not answered is nearly answered: the right product under another cycle, the right
cycle of a product with a near name, another field of the right subject. To answer, name and cycle
and field must all agree; where no passage has all three, the answer is to abstain.
"""

from __future__ import annotations

from dataclasses import replace
from random import Random
from typing import Final

from harness.models.lab.synthetic import values
from harness.models.lab.synthetic.attributes import RELEASES, Attribute
from harness.models.lab.synthetic.releases import Product, draw_event, draw_product, event_passage
from harness.models.lab.synthetic.scene import Item, Passage, Scene, close_scene, shuffled_days
from harness.world.releases.wording import EventKind

__all__ = ["contrast_scene"]

_FIELDS: Final[tuple[tuple[EventKind, ...], ...]] = (
    ("release",),
    ("maintenance_release",),
    ("release", "maintenance_release"),
    ("new_cycle", "new_lts_cycle"),
    ("end_of_life", "end_of_life", "end_of_life_moved"),
    ("end_of_life", "end_of_life", "end_of_life_moved"),
    ("lts", "not_lts"),
)
"""What passages of one field report, as often as they are drawn."""

_DATED: Final[tuple[tuple[EventKind, ...], ...]] = (
    ("release",),
    ("release",),
    ("release", "maintenance_release"),
    ("maintenance_release",),
    ("new_cycle", "new_lts_cycle"),
    ("new_cycle", "new_lts_cycle"),
    ("new_cycle", "new_lts_cycle", "release"),
    ("end_of_life", "end_of_life_moved"),
    ("lts", "not_lts", "new_cycle", "new_lts_cycle"),
)
"""The same with more of what is confused longest: days of releases and of cycles."""

_OF_PRODUCT: Final = ("latest_version", "latest_release_date", "newest_cycle")
_OF_CYCLE: Final = ("latest_version", "release_date", "end_of_life", "supported", "lts")
_HARD: Final = 10
_EASY: Final = 6
"""How many of what is missing may be asked: stated of another subject, or of none."""


def contrast_scene(r: Random, count: int, conflicts: float, *, dated: bool = False) -> Scene:
    """Return a scene of `count` passages around one subject; `conflicts` as in `release_scene`.

    `dated` asks for more passages that state days.
    """
    family = _family(r)
    cycles = r.sample(family[0].scheme.cycles, r.choice((1, 1, 2)))
    fields = r.sample(_DATED if dated else _FIELDS, r.choice((1, 2, 2, 3)))
    passages: list[Passage] = []
    lts: dict[str, EventKind] = {}
    product, cycle, field = family[0], cycles[0], fields[0]
    for number, day in enumerate(shuffled_days(r, count)):
        if number == 0 or r.random() >= conflicts:
            product, cycle, field = _neighbour(r, family, cycles, fields)
        kind = r.choice(field)
        where = product.scheme.cycles[-1] if kind.startswith("new_") else cycle
        if kind in {"lts", "not_lts"}:
            kind = lts.setdefault(f"{product.name} {where}", kind)
        event = draw_event(r, kind, product, where, day=day, step=max(0, count - number))
        passages.append(event_passage(r, event, day))
    scene = close_scene(r, passages, _pairs(r, family, cycles), fillers=0.1)
    fair = _fair(scene)
    stated = {item.attribute.key for item in scene.known}
    hard = [item for item in fair if item.attribute.key in stated]
    easy = [item for item in fair if item.attribute.key not in stated]
    return replace(scene, missing=(*hard[:_HARD], *easy[:_EASY]))


def _family(r: Random) -> list[Product]:
    """Return one to four products of one version scheme, mostly with near names."""
    first = draw_product(r)
    names = [first.name]
    for _ in range(r.choice((0, 1, 1, 2, 2, 3))):
        near = r.random() < 0.85
        name = values.similar_name(r, r.choice(names)) if near else values.product_name(r)
        if name not in names:
            names.append(name)
    r.shuffle(names)
    return [Product(name, first.scheme) for name in names]


def _neighbour(
    r: Random,
    family: list[Product],
    cycles: list[str],
    fields: list[tuple[EventKind, ...]],
) -> tuple[Product, str, tuple[EventKind, ...]]:
    return r.choice(family), r.choice(cycles), r.choice(fields)


def _pairs(r: Random, family: list[Product], cycles: list[str]) -> list[tuple[str, Attribute]]:
    """Return every product and cycle with every attribute, and a near name that no passage has."""
    names = [product.name for product in family]
    stranger = values.similar_name(r, r.choice(names))
    shown = [*names, stranger] if stranger not in names else names
    others = [cycle for cycle in family[0].scheme.cycles if cycle not in cycles]
    asked = [*cycles, r.choice(others)] if others else cycles
    pairs = [(name, RELEASES[key]) for name in shown for key in _OF_PRODUCT]
    pairs += [
        (f"{name} {cycle}", RELEASES[key]) for name in shown for cycle in asked for key in _OF_CYCLE
    ]
    r.shuffle(pairs)
    return pairs


def _fair(scene: Scene) -> tuple[Item, ...]:
    """Return what is missing beyond doubt: a release hints at the newest cycle without saying so."""
    hinted = {
        claim.subject
        for passage in scene.passages
        for claim in passage.claims
        if claim.attribute is RELEASES["latest_version"]
    }
    return tuple(
        item
        for item in scene.missing
        if item.attribute is not RELEASES["newest_cycle"] or item.subject not in hinted
    )
