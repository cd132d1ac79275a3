# ruff: noqa: PLR2004 - shares of a mix are literal

"""Scenes about release cycles, in the document styles of the releases suite and others.

Products, cycles, versions and days are invented. A scene holds one to three related products, so
that its passages differ in one thing only: another cycle, another product, another day.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from random import Random
from typing import Final

from harness.models.lab.synthetic import values
from harness.models.lab.synthetic.announcements import template
from harness.models.lab.synthetic.attributes import RELEASES, Attribute
from harness.models.lab.synthetic.scene import Claim, Passage, Scene, close_scene, shuffled_days
from harness.models.lab.synthetic.versions import Scheme, scheme
from harness.world.releases.wording import EventKind

__all__ = ["Event", "Product", "draw_product", "event_passage", "release_scene"]

_KINDS: Final[tuple[EventKind, ...]] = (
    "release", "release", "release", "maintenance_release", "maintenance_release", "new_cycle",
    "new_lts_cycle", "end_of_life", "end_of_life", "end_of_life", "end_of_life_moved",
    "end_of_life_moved", "lts", "not_lts",
)  # fmt: skip
_RESTATED: Final[dict[EventKind, tuple[EventKind, ...]]] = {
    "release": ("release",),
    "maintenance_release": ("maintenance_release",),
    "end_of_life": ("end_of_life",),
    "end_of_life_moved": ("end_of_life", "end_of_life", "end_of_life_moved"),
    "new_cycle": ("new_cycle", "new_lts_cycle"),
    "new_lts_cycle": ("new_cycle", "new_lts_cycle"),
}


@dataclass(frozen=True)
class Product:
    """An invented product with its version scheme."""

    name: str
    scheme: Scheme


@dataclass(frozen=True)
class Event:
    """Something that happened to a cycle of a product and is worth a document."""

    kind: EventKind
    product: str
    cycle: str
    day: str
    version: str = ""
    old_day: str = ""

    @property
    def subject(self) -> str:
        """Product and cycle together, as questions name it."""
        return f"{self.product} {self.cycle}"


def draw_product(r: Random, name: str | None = None) -> Product:
    """Return a product with a random version scheme."""
    return Product(name or values.product_name(r), scheme(r, r.choice((3, 4, 5))))


def release_scene(r: Random, count: int, conflicts: float, near: float = 0.2) -> Scene:
    """Return a scene of `count` passages; `conflicts` is the chance that a fact is restated.

    `near` is the chance that a further product has a name near that of the first.
    """
    products = _products(r, count, near)
    days = shuffled_days(r, count)
    passages: list[Passage] = []
    seen: set[tuple[EventKind, str]] = set()
    lts: dict[str, EventKind] = {}
    while len(passages) < count:
        product = r.choice(products)
        kind = r.choice(_KINDS)
        cycle = product.scheme.cycles[-1] if _opens(kind) else r.choice(product.scheme.cycles)
        kind = lts.setdefault(f"{product.name} {cycle}", kind) if _about_lts(kind) else kind
        if (kind, f"{product.name} {cycle}") in seen:
            continue
        seen.add((kind, f"{product.name} {cycle}"))
        restated = _RESTATED.get(kind, ())
        room = count - len(passages)
        repeats = 1
        while restated and repeats < room and r.random() < conflicts:
            repeats += 1
        for step in range(repeats):
            now = kind if step == 0 else r.choice(restated)
            where = _earlier_cycle(r, product, cycle, kind) if step else cycle
            day = days[len(passages)]
            event = draw_event(r, now, product, where, day=day, step=repeats - step)
            passages.append(event_passage(r, event, day))
    return close_scene(r, passages, _candidates(r, products, passages))


def _opens(kind: EventKind) -> bool:
    return kind in {"new_cycle", "new_lts_cycle"}


def _about_lts(kind: EventKind) -> bool:
    return kind in {"lts", "not_lts"}


def _earlier_cycle(r: Random, product: Product, cycle: str, kind: EventKind) -> str:
    # What an older passage calls the newest cycle is an older cycle.
    if _opens(kind) or (kind == "release" and r.random() < 0.3):
        earlier = product.scheme.cycles[: product.scheme.cycles.index(cycle)]
        return r.choice(earlier) if earlier else cycle
    return cycle


def _products(r: Random, count: int, near: float) -> list[Product]:
    products = [draw_product(r)]
    while len(products) < min(3, count) and r.random() < 0.55:
        kin = values.similar_name(r, products[0].name) if r.random() < near else None
        products.append(draw_product(r, kin))
        if r.random() < 0.4:
            products[-1] = Product(products[-1].name, products[0].scheme)
    return products


def draw_event(
    r: Random, kind: EventKind, product: Product, cycle: str, *, day: str, step: int
) -> Event:
    """Return an event that a document of `day` reports; a greater `step` is a later version."""
    # Versions rise with time in the world, but the day must decide: sometimes they do not.
    later = step if r.random() < 0.8 else r.randint(0, 5)
    version = product.scheme.version(r, cycle, later)
    happened = day if r.random() < 0.6 else values.day_before(r, day)
    if kind.startswith("end_of_life"):
        happened = _end_of_life(r, day)
    old = _end_of_life(r, day)
    while old == happened:
        old = _end_of_life(r, day)
    return Event(kind, product.name, cycle, happened, version, old)


def _end_of_life(r: Random, day: str) -> str:
    year, month, _ = (int(part) for part in day.split("-"))
    months = month - 1 + r.choice((r.randint(-6, 12), r.randint(0, 30), r.randint(6, 60)))
    last = r.random() < 0.3
    return f"{year + months // 12}-{months % 12 + 1:02d}-{28 if last else r.randint(1, 28):02d}"


def event_passage(
    r: Random,
    event: Event,
    day: str,
    choose: Callable[[Random, EventKind], str] = template,
) -> Passage:
    """Return a document of `day` about the event, with what it claims."""
    text = choose(r, event.kind).format(
        product=event.product, cycle=event.cycle, subject=event.subject,
        version=event.version, date=event.day, old_date=event.old_day,
    )  # fmt: skip
    return Passage(day, text, claims_of(event))


def claims_of(event: Event) -> tuple[Claim, ...]:
    """Return what every document about the event states."""
    product, subject = event.product, event.subject
    if event.kind == "release":
        return (
            Claim(product, RELEASES["latest_version"], event.version),
            Claim(product, RELEASES["latest_release_date"], event.day),
            Claim(subject, RELEASES["latest_version"], event.version),
        )
    if event.kind == "maintenance_release":
        return (
            Claim(subject, RELEASES["latest_version"], event.version),
            Claim(subject, RELEASES["latest_release_date"], event.day),
        )
    if event.kind.startswith("end_of_life"):
        return (Claim(subject, RELEASES["end_of_life"], event.day),)
    lts = Claim(subject, RELEASES["lts"], "no" if event.kind in {"new_cycle", "not_lts"} else "yes")
    if _opens(event.kind):
        return (
            Claim(product, RELEASES["newest_cycle"], event.cycle),
            Claim(subject, RELEASES["release_date"], event.day),
            lts,
        )
    return (lts,)


_OF_PRODUCT: Final = ("latest_version", "latest_release_date", "newest_cycle")
_OF_CYCLE: Final = ("latest_version", "release_date", "end_of_life", "supported", "lts")


def _candidates(
    r: Random, products: list[Product], passages: list[Passage]
) -> list[tuple[str, Attribute]]:
    """Return pairs that sound answerable; close_scene drops those that are."""
    versions = {
        (claim.subject, claim.attribute.key) for passage in passages for claim in passage.claims
    }
    near = values.similar_name(r, products[0].name)
    pairs: list[tuple[str, Attribute]] = []
    for product in products:
        # A release document tells which cycle is current without saying so: not a fair question.
        fair = (product.name, "latest_version") not in versions
        keys = _OF_PRODUCT if fair else _OF_PRODUCT[:2]
        pairs += [(product.name, RELEASES[key]) for key in keys]
        subject = f"{product.name} {r.choice(product.scheme.cycles)}"
        pairs += [(subject, RELEASES[key]) for key in _OF_CYCLE]
        pairs.append((f"{product.name} {_other_cycle(r)}", RELEASES[r.choice(_OF_CYCLE)]))
    pairs.append((near, RELEASES[r.choice(_OF_PRODUCT)]))
    pairs.append((f"{near} {products[0].scheme.cycles[0]}", RELEASES[r.choice(_OF_CYCLE)]))
    # Names that nothing resembles: to abstain is learned on these first, and then on near ones.
    strangers = [values.product_name(r) for _ in range(3)]
    pairs += [(stranger, RELEASES[r.choice(_OF_PRODUCT)]) for stranger in strangers]
    pairs += [
        (f"{stranger} {_other_cycle(r)}", RELEASES[r.choice(_OF_CYCLE)]) for stranger in strangers
    ]
    r.shuffle(pairs)
    return pairs[:6]


def _other_cycle(r: Random) -> str:
    return scheme(r, 1).cycles[0]
