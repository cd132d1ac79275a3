"""Scenes of catalogue entries about vulnerabilities, each stating many attributes at once."""

from __future__ import annotations

from random import Random
from typing import Final

from harness.models.lab.synthetic import values
from harness.models.lab.synthetic.attributes import ADVISORY
from harness.models.lab.synthetic.scene import Claim, Passage, Scene, close_scene, shuffled_days

__all__ = ["security_scene"]

_KEYS: Final = ("vendor", "product", "date_added", "due_date", "ransomware_use", "cwes", "priority")
_ENTRIES: Final = (
    "{s} affects {product} by {vendor}. It was added on {date_added} and is due on {due_date}. "
    "Ransomware use: {ransomware_use}. Weaknesses: {cwes}.",
    "{s} | vendor: {vendor} | product: {product} | added: {date_added} | due: {due_date} | "
    "ransomware: {ransomware_use} | {cwes}",
    "Entry {s}. Vendor {vendor}, product {product}. Date added {date_added}, due date {due_date}. "
    "Known use in ransomware campaigns: {ransomware_use}. {cwes}.",
    "On {date_added} the catalogue took up {s} in {vendor} {product}; agencies must act by "
    "{due_date}. Ransomware use is {ransomware_use}. Priority: {priority}.",
    "{vendor} {product} has an exploited flaw, {s} ({cwes}). Patch it by {due_date}. Use by "
    "ransomware: {ransomware_use}.",
    "Ticket for {s}: product {product}, vendor {vendor}, priority {priority}, deadline {due_date}.",
    "{s} ({product}, {vendor}) was listed on {date_added}. The weakness is {cwes}, the handling "
    "priority {priority}.",
    "Due on {due_date}: {s}, a flaw of {product} from {vendor}. Ransomware use {ransomware_use}.",
)  # fmt: skip
_CHANGES: Final = {
    "due_date": "The due date of {s} was changed to {due_date}.",
    "ransomware_use": "Ransomware use of {s} is now listed as {ransomware_use}.",
    "priority": "The priority of {s} was changed to {priority}.",
}


def security_scene(r: Random, count: int, conflicts: float) -> Scene:
    """Return a scene of `count` entries; with chance `conflicts` an entry is amended later."""
    days = shuffled_days(r, count)
    vendors = [values.vendor_name(r) for _ in range(2)]
    passages: list[Passage] = []
    while len(passages) < count:
        subject = values.advisory_id(r)
        if len(passages) + 1 < count and r.random() < conflicts:
            key = r.choice(tuple(_CHANGES))
            passages.append(_entry(r, days[len(passages)], subject, vendors, _CHANGES[key]))
        passages.append(_entry(r, days[len(passages)], subject, vendors, r.choice(_ENTRIES)))
    known = {claim.subject for passage in passages for claim in passage.claims}
    candidates = [(subject, ADVISORY[key]) for subject in sorted(known) for key in _KEYS]
    candidates += [(values.advisory_id(r), ADVISORY[r.choice(_KEYS)]) for _ in range(2)]
    r.shuffle(candidates)
    return close_scene(r, passages, candidates, fillers=0.08)


def _entry(r: Random, day: str, subject: str, vendors: list[str], template: str) -> Passage:
    drawn = {key: ADVISORY[key].draw(r) for key in _KEYS}
    drawn["vendor"] = r.choice(vendors)
    stated = [key for key in _KEYS if f"{{{key}}}" in template]
    claims = tuple(Claim(subject, ADVISORY[key], drawn[key]) for key in stated)
    return Passage(day, template.format(s=subject, **drawn), claims)
