# ruff: noqa: PLR2004 - shares of a mix are literal

"""Scenes of vulnerability alerts with near ids, notes on them, digests, and a dated triage policy.

The policy says which priority follows from ransomware use, with names of priorities drawn anew for
each scene: a priority has to be read in two passages, and is missing where there is no policy.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta
from random import Random
from typing import Final

from harness.models.lab.synthetic import values
from harness.models.lab.synthetic.attributes import ADVISORY, Attribute
from harness.models.lab.synthetic.scene import Claim, Item, Passage, Scene, close_scene
from harness.world.advisories.wording import (
    ALERTS,
    DIGEST,
    DIGEST_ENTRY,
    KINDS,
    NO_WEAKNESSES,
    NOTES,
    POLICIES,
)

__all__ = ["NEWEST", "PRIORITY", "TRIAGE", "priorities", "product_text", "triage_scene"]


def _trained(attribute: str) -> tuple[str, ...]:
    return tuple(
        text.replace("{subject}", "{s}")
        for kind in KINDS
        if kind.attribute == attribute and kind.answer in {"text", "choice"}
        for text in kind.trained
    )


PRIORITY: Final = Attribute(
    "triage_priority",
    "priority",
    ("priority under the policy", "triage priority", "priority of the ticket"),
    (
        *_trained("priority"), "How urgent is {s} under the policy?",
        "What priority follows from the policy for {s}?", "How is {s} to be triaged?",
        "Which priority must we give {s}?",
    ),
)  # fmt: skip
NEWEST: Final = Attribute(
    "newest_vulnerability",
    "advisory",
    ("newest vulnerability", "latest CVE", "most recent entry", "latest vulnerability"),
    (
        *_trained("newest_vulnerability"), "Which flaw of {s} came last?",
        "What is the last entry for {s}?", "Which vulnerability of {s} is the most recent?",
    ),
)  # fmt: skip
TRIAGE: Final[Mapping[str, Attribute]] = {
    key: replace(ADVISORY[key], asks=(*ADVISORY[key].asks, *_trained(key)))
    for key in ("vendor", "product", "date_added", "due_date", "ransomware_use", "cwes")
}
"""What alerts state."""

_FIELDS: Final = {
    "{vendor}": "vendor", "{product}": "product", "{added}": "date_added", "{due}": "due_date",
    "{ransomware}": "ransomware_use", "{cwes}": "cwes",
}  # fmt: skip
_MORE_ALERTS: Final = (
    "{cve}: vendor {vendor}, product {product}, weaknesses {cwes}, ransomware use {ransomware}, "
    "due {due}, added {added}.",
    "Since {added} the list has {cve}. Product {product}; vendor {vendor}. Ransomware use "
    "{ransomware}. {cwes}. Due {due}.",
    "Exploited: {cve}. Deadline {due}. Maker: {vendor}. Software: {product}. Listed {added}. "
    "Ransomware: {ransomware}. CWE: {cwes}.",
    "{vendor} warns of {cve} in {product}. Listed on {added}, to be fixed by {due}; ransomware use "
    "{ransomware}; weaknesses {cwes}.",
    "{product} ({vendor}) is open to {cve}. {cwes}. Ransomware use: {ransomware}. The deadline is "
    "{due}, the day of listing {added}.",
)  # fmt: skip
_MORE_NOTES: Final = (
    "The due date of {cve} is now {due}.",
    "Ransomware use of {cve} is now listed as {ransomware}.",
    "Update for {cve}: due on {due}, ransomware use {ransomware}.",
    "{cve} was classified anew. Weaknesses: {cwes}.",
    "Is {cve} gone? {product} has to be patched by {due}.",
)
_MORE_POLICIES: Final = (
    "Policy of {day}. Known ransomware use: {known}. Unknown ransomware use: {unknown}.",
    "Priorities from {day} on: {known} for ransomware use Known, {unknown} for Unknown.",
    "We changed the policy on {day}. If ransomware use is Unknown, the priority is {unknown}; if it "
    "is Known, the priority is {known}.",
    "Rule for tickets ({day}): ransomware Known -> {known}; ransomware Unknown -> {unknown}.",
    "Tickets get priority {known} where ransomware use is Known. All others, with ransomware use "
    "Unknown, get {unknown}. In force since {day}.",
    "As of {day}, priority {unknown} is for ransomware use Unknown and priority {known} for "
    "ransomware use Known.",
)  # fmt: skip
_SCALES: Final = (
    ("P1", "P2", "P3", "P4"), ("P1", "P2", "P3", "P4"), ("urgent", "high", "routine", "low"),
    ("critical", "high", "medium", "low"), ("A", "B", "C", "D"), ("S1", "S2", "S3"),
    ("now", "soon", "later"), ("red", "orange", "green"), ("1", "2", "3", "4", "5"),
)  # fmt: skip
_ALERTS: Final = (*(text for texts in ALERTS.values() for text in texts), *_MORE_ALERTS)


@dataclass(frozen=True)
class _Flaw:
    """A vulnerability with the text of each placeholder."""

    id: str
    texts: Mapping[str, str]


def priorities(r: Random, used: str) -> tuple[str, ...]:
    """Return the names of a scale that has `used`, in order."""
    return r.choice([scale for scale in _SCALES if used in scale])


def triage_scene(
    r: Random,
    count: int,
    conflicts: float,
    scale: tuple[str, ...] | None = None,
    *,
    cve_only: bool = False,
    product: Callable[[Random], str] | None = None,
) -> Scene:
    """Return a scene of `count` passages, some about the same vulnerability; see the module.

    With chance `conflicts` a note states something else than the alert did, and of two policies
    the newer one holds. `scale` names the priorities; without it they are drawn.
    `cve_only` leaves out ids of other forms. `product` draws what is affected (`product_text`).
    """
    product = product or product_text
    vendors = [values.vendor_name(r) for _ in range(r.choice((1, 2, 2, 3)))]
    days = _days(r, count)
    flaws = [_flaw(r, _first_id(r, cve_only=cve_only), vendors, days[0], product)]
    passages: list[Passage] = []
    policies: dict[str, Mapping[str, str]] = {}
    if count > 1 and r.random() < 0.65:
        scale = scale or r.choice(_SCALES)
        for day in _policy_days(r, days, 2 if count > 3 and r.random() < conflicts else 1):
            policies[day] = dict(zip(("Known", "Unknown"), r.sample(scale, 2), strict=True))
            passages.append(Passage(day, _policy(r, day, policies[day]), ()))
    rest = [day for day in days if day not in policies]
    # Days run from the newest back: an alert is older than the notes that follow it.
    for number, day in enumerate(reversed(rest)):
        if number and r.random() < 0.35:
            passages.append(_note(r, day, r.choice(flaws), conflicts))
            continue
        if number:
            flaws.append(_flaw(r, _other_id(r, flaws), vendors, day, product))
        flaws[-1] = _listed_on(r, flaws[-1], day)
        passages.append(_passage(r.choice(_ALERTS), day, flaws[-1]))
    if r.random() < 0.2:
        digest = _digest(r, flaws)
        if digest.day not in days:
            passages.append(digest)
    scene = close_scene(r, passages, _candidates(r, flaws, vendors), fillers=0.08)
    return replace(scene, known=(*scene.known, *_derived(scene, policies)), triage=True)


def _days(r: Random, count: int) -> list[str]:
    days = [values.day(r, 2018, 2027)]
    while len(days) < count:
        days.append(values.day_before(r, days[-1]))
    return days


def _policy_days(r: Random, days: list[str], count: int) -> list[str]:
    """Return days for policies; that of the newest passage half of the time."""
    if r.random() < 0.5:
        return [days[0], *r.sample(days[1:], count - 1)]
    return r.sample(days, count)


def _first_id(r: Random, *, cve_only: bool) -> str:
    if cve_only or r.random() < 0.85:
        return f"CVE-{r.randint(2009, 2027)}-{r.randint(1, 59999):04d}"
    return values.advisory_id(r)


def _other_id(r: Random, flaws: list[_Flaw]) -> str:
    """Return an id near one of those of `flaws`, and none of them."""
    taken = {flaw.id for flaw in flaws}
    while (near := _near(r, r.choice(flaws).id)) in taken:
        pass
    return near


def _near(r: Random, known: str) -> str:
    """Return an id of the same form that differs in some digits, or in all of its number."""
    head, _, number = known.rpartition("-")
    while True:
        digits = list(number)
        places = r.sample(range(len(digits)), r.choice((1, 2, len(digits))))
        for place in places:
            digits[place] = str(r.randint(0, 9))
        year = head if r.random() < 0.75 else f"{head[:-1]}{r.randint(0, 9)}"
        near = f"{year}-{''.join(digits)}"
        if near != known:
            return near


def product_text(r: Random) -> str:
    """Return an invented product, or several, as an alert names them."""
    kind = r.random()
    name = values.product_name(r) if r.random() < 0.6 else _plain_name(r)
    if kind < 0.8:
        return name
    if kind < 0.88:
        other = values.product_name(r) if r.random() < 0.5 else _plain_name(r)
        return f"{name} and {other}"
    if kind < 0.93:
        return f"{name}, {values.product_name(r)}, and {values.product_name(r)}"
    return f"Multiple {r.choice(('Products', 'Devices', 'Routers', 'Services', 'Appliances'))}"


def _plain_name(r: Random) -> str:
    """Return a name of everyday words ("Harbor Signal Gateway"), as products of large vendors have."""
    words = [word.capitalize() for word in r.sample(values.plain_words(), r.choice((1, 1, 2)))]
    words += r.sample(values.SUFFIXES, r.choice((1, 1, 2, 3)))
    name = " ".join(words)
    return f"{name} ({''.join(word[0] for word in words)})" if r.random() < 0.35 else name


def _flaw(
    r: Random, known: str, vendors: list[str], day: str, product: Callable[[Random], str]
) -> _Flaw:
    drawn = {key: attribute.draw(r) for key, attribute in TRIAGE.items()}
    drawn["vendor"] = r.choice(vendors)
    drawn["product"] = product(r)
    drawn |= {"date_added": day, "due_date": _due(r, day)}
    if r.random() < 0.4:
        drawn["cwes"] = f"CWE-{r.choice((20, 22, 78, 79, 89, 94, 119, 122, 287, 416, 502, 787))}"
    elif r.random() < 0.12:
        drawn["cwes"] = NO_WEAKNESSES
    return _Flaw(known, drawn)


def _due(r: Random, day: str) -> str:
    """Return a day some weeks or months after `day`, at times any day."""
    if r.random() < 0.2:
        return values.day(r)
    later = date.fromisoformat(day) + timedelta(
        days=r.choice((7, 14, 21, 21, 28, r.randint(1, 200)))
    )
    return later.isoformat()


def _listed_on(r: Random, flaw: _Flaw, day: str) -> _Flaw:
    return _Flaw(flaw.id, {**flaw.texts, "date_added": day, "due_date": _due(r, day)})


def _passage(template: str, day: str, flaw: _Flaw) -> Passage:
    stated = {mark: key for mark, key in _FIELDS.items() if mark in template}
    text = template.replace("{cve}", flaw.id)
    for mark, key in stated.items():
        text = text.replace(mark, flaw.texts[key])
    claims = [Claim(flaw.id, TRIAGE[key], flaw.texts[key]) for key in stated.values()]
    if "{vendor}" in template and "{added}" in template:
        claims.append(Claim(flaw.texts["vendor"], NEWEST, flaw.id))
    return Passage(day, text, tuple(claims))


def _note(r: Random, day: str, flaw: _Flaw, conflicts: float) -> Passage:
    if r.random() < conflicts:
        key = r.choice(("due_date", "ransomware_use", "cwes"))
        flaw = _Flaw(flaw.id, {**flaw.texts, key: TRIAGE[key].draw(r)})
    return _passage(r.choice((*NOTES, *_MORE_NOTES)), day, flaw)


def _digest(r: Random, flaws: list[_Flaw]) -> Passage:
    """Return what was listed from the Monday before one listing up to some days after it."""
    listed = date.fromisoformat(r.choice(flaws).texts["date_added"])
    monday = (listed - timedelta(days=listed.weekday())).isoformat()
    day = (listed + timedelta(days=r.randint(1, 6))).isoformat()
    shown = [flaw for flaw in flaws if monday <= flaw.texts["date_added"] <= day]
    entries = [
        DIGEST_ENTRY.format(cve=f.id, vendor=f.texts["vendor"], product=f.texts["product"])
        for f in shown
    ]
    claims = [
        Claim(f.id, TRIAGE[key], f.texts[key]) for f in shown for key in ("vendor", "product")
    ]
    return Passage(day, DIGEST.format(added=monday, entries=", ".join(entries)), tuple(claims))


def _policy(r: Random, day: str, rule: Mapping[str, str]) -> str:
    template = r.choice((*POLICIES, *_MORE_POLICIES))
    return template.format(day=day, known=rule["Known"], unknown=rule["Unknown"])


def _candidates(r: Random, flaws: list[_Flaw], vendors: list[str]) -> list[tuple[str, Attribute]]:
    ids = [flaw.id for flaw in flaws]
    strangers = {_near(r, r.choice(ids)) for _ in range(2)} - set(ids)
    pairs = [(known, a) for known in sorted(strangers) for a in (*TRIAGE.values(), PRIORITY)]
    pairs += [(values.vendor_name(r), NEWEST)]
    pairs += [(vendor, NEWEST) for vendor in vendors]
    r.shuffle(pairs)
    return pairs


def _derived(scene: Scene, policies: Mapping[str, Mapping[str, str]]) -> list[Item]:
    """Return the priority of each vulnerability of known ransomware use, by the newest policy."""
    if not policies:
        return []
    rule = policies[max(policies)]
    return [
        replace(
            item,
            attribute=PRIORITY,
            value=rule[item.value or ""],
            restated=item.restated
            or len({policy[item.value or ""] for policy in policies.values()}) > 1,
        )
        for item in scene.known
        if item.attribute is TRIAGE["ransomware_use"]
    ]
