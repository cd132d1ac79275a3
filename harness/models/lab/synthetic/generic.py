# ruff: noqa: PLR2004 - shares of a mix are literal

"""Scenes about products and advisories with attributes of many kinds, several facts a passage."""

from __future__ import annotations

from random import Random
from typing import Final

from harness.models.lab.synthetic import values
from harness.models.lab.synthetic.attributes import (
    ADVISORY,
    CORE,
    RELEASES,
    Attribute,
    random_attribute,
)
from harness.models.lab.synthetic.scene import Claim, Passage, Scene, close_scene, shuffled_days
from harness.models.lab.synthetic.versions import version

__all__ = ["generic_scene"]

_VERSION_STATES: Final = (
    "The latest version of {s} is {v}.", "{s} {v} is now the latest version.",
    "{s} {v} is the current stable release.", "The newest release of {s} is version {v}.",
    "Version {v} of {s} is the latest one.", "The current version of {s} is {v}.",
    "The {s} team has released version {v}.", "{s} {v} is available for download.",
    "As of now the stable build of {s} is {v}.", "{s} {v} supersedes all earlier versions.",
)  # fmt: skip
_DATED: Final = (RELEASES["release_date"], RELEASES["end_of_life"])
_VERSIONED: Final = RELEASES["latest_version"]


def generic_scene(r: Random, count: int, conflicts: float) -> Scene:
    """Return a scene of `count` passages; `conflicts` is the chance that a fact is restated."""
    days = shuffled_days(r, count)
    subjects: list[tuple[str, bool]] = []
    taken: dict[tuple[str, str], Attribute] = {}
    passages: list[Passage] = []
    while len(passages) < count:
        subject, advisory = _subject(r, subjects)
        claims = [_claim(r, subject, advisory, taken)]
        while r.random() < 0.3 and len(claims) < 3:
            claims.append(_claim(r, subject, advisory, taken))
        claims = list({claim.attribute.key: claim for claim in claims}.values())
        if any((claim.subject, claim.attribute.key) in taken for claim in claims):
            continue
        taken |= {(claim.subject, claim.attribute.key): claim.attribute for claim in claims}
        passages.append(_passage(r, days[len(passages)], tuple(claims)))
        while len(passages) < count and r.random() < conflicts:
            first = claims[0]
            older = Claim(first.subject, first.attribute, first.attribute.draw(r))
            passages.append(_passage(r, days[len(passages)], (older,)))
    attributes = list(taken.values())
    candidates = [
        (subject, _attribute(r, advisory) if r.random() < 0.5 else r.choice(attributes))
        for subject, advisory in subjects
        for _ in range(2)
    ]
    candidates += [(values.similar_name(r, subject), a) for (subject, _), a in taken.items()][:2]
    candidates += [(values.product_name(r), attribute) for attribute in attributes[:2]]
    return close_scene(r, passages, candidates)


def _subject(r: Random, subjects: list[tuple[str, bool]]) -> tuple[str, bool]:
    """Return a subject and whether it is an advisory: a known one, a similar one or a new one."""
    if subjects and r.random() < 0.35:
        return r.choice(subjects)
    advisory = r.random() < 0.2
    products = [subject for subject, other in subjects if not other]
    if advisory:
        name = values.advisory_id(r)
    elif products and r.random() < 0.3:
        name = values.similar_name(r, r.choice(products))
    else:
        name = values.product_name(r)
        if r.random() < 0.2:
            name = f"{name} {version(r)}"
    subjects.append((name, advisory))
    return name, advisory


def _attribute(r: Random, advisory: bool) -> Attribute:
    if advisory:
        return r.choice(tuple(ADVISORY.values()))
    kind = r.random()
    if kind < 0.35:
        return random_attribute(r)
    if kind < 0.65:
        return r.choice(CORE)
    return r.choice((*_DATED, _VERSIONED))


def _claim(
    r: Random, subject: str, advisory: bool, taken: dict[tuple[str, str], Attribute]
) -> Claim:
    same_kind = [
        attribute
        for (other, _), attribute in taken.items()
        if other != subject and (attribute in ADVISORY.values()) == advisory
    ]
    # The same attribute of another subject is the hardest distractor.
    hard = bool(same_kind) and r.random() < 0.5
    attribute = r.choice(same_kind) if hard else _attribute(r, advisory)
    return Claim(subject, attribute, attribute.draw(r))


def _passage(r: Random, day: str, claims: tuple[Claim, ...]) -> Passage:
    return Passage(day, " ".join(_sentence(r, claim) for claim in claims), claims)


def _sentence(r: Random, claim: Claim) -> str:
    states = claim.attribute.states or _VERSION_STATES
    return r.choice(states).replace("{s}", claim.subject).replace("{v}", claim.value)
