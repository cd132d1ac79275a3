"""Texts of the advisories suite: documents about vulnerabilities, the policy, question wordings.

Every sentence is written by this project. Placeholders are `{cve}`, `{vendor}`, `{product}`, `{added}`
and `{due}` (ISO days), `{ransomware}` (Known or Unknown), `{cwes}` (ids after commas), and in the
policy `{known}` and `{unknown}`, the priorities of both kinds of entry.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final, Literal

__all__ = [
    "ALERTS",
    "CHOICE_INSTRUCTIONS",
    "DIGEST",
    "DIGEST_ENTRY",
    "KINDS",
    "NOTES",
    "NO_WEAKNESSES",
    "POLICIES",
    "PRIORITIES",
    "RANSOMWARE_USE",
    "TIER_INSTRUCTIONS",
    "TIER_KEYS",
    "Kind",
    "Tier",
    "kind_texts",
]

Tier = Literal["flat", "typed", "nested", "conditional", "long"]

PRIORITIES: Final = ("P1", "P2", "P3", "P4")
RANSOMWARE_USE: Final = ("Known", "Unknown")
NO_WEAKNESSES: Final = "none listed"

ALERTS: Final[Mapping[str, tuple[str, ...]]] = MappingProxyType(
    {
        "alert": (
            "Alert for {cve}: attackers exploit a flaw in {vendor} {product}. Vendor: {vendor}. "
            "Product: {product}. Added on {added}, due on {due}. Ransomware use: {ransomware}. "
            "Weaknesses: {cwes}.",
            "{cve} is being exploited. Vendor: {vendor}. Product: {product}. Added on {added}; "
            "fix by {due}. Ransomware use is listed as {ransomware}. Weaknesses: {cwes}.",
        ),
        "entry": (
            "{cve} | vendor {vendor} | product {product} | added {added} | due {due} | "
            "ransomware use {ransomware} | weaknesses {cwes}",
            "Entry {cve} (vendor: {vendor}; product: {product}; weaknesses: {cwes}; ransomware use: "
            "{ransomware}; added: {added}; due: {due}).",
        ),
        "bulletin": (
            "On {added} {cve} joined the list of exploited flaws. The product is {product}, the "
            "vendor {vendor}, the deadline {due}. Weaknesses: {cwes}. Ransomware use: {ransomware}.",
            "New on the list since {added}: {cve}, a flaw of the product {product} by the vendor "
            "{vendor}. It is due on {due}. Weaknesses: {cwes}; ransomware use: {ransomware}.",
        ),
        "mail": (
            "All teams that run {product} by {vendor}: please patch {cve} by {due}. It was added on "
            "{added}. Use by ransomware: {ransomware}. Weakness types: {cwes}.",
            "Dear colleagues, {cve} hits {product} (vendor {vendor}). Weaknesses {cwes}, ransomware "
            "use {ransomware}. Added {added}; the due date is {due}.",
        ),
        "feed": (
            "[{added}] {cve} vendor={vendor}; product={product}; due={due}; "
            "ransomware={ransomware}; cwes={cwes}",
            "id {cve}; dateAdded {added}; dueDate {due}; vendor {vendor}; product {product}; "
            "ransomware use {ransomware}; weaknesses {cwes}",
        ),
        "summary": (
            "What: {cve}. Where: {product}, made by {vendor}. Since when: {added}. Until when to fix: "
            "{due}. Used by ransomware: {ransomware}. Class of weakness: {cwes}.",
            "{vendor} {product} needs attention. Id: {cve}. Vendor: {vendor}. Product: {product}. "
            "Added: {added}. Due: {due}. Ransomware use: {ransomware}. Weaknesses: {cwes}.",
        ),
    }
)
"""Documents of the day on which a vulnerability is added; each states all that is known."""

NOTES: Final = (
    "Reminder: {cve} in {product} must be fixed by {due}.",
    "Advisory note on {cve}. The due date is {due}; the weaknesses are {cwes}.",
    "Still open in places: {cve}, product {product} by {vendor}. It is due on {due}.",
    "Note on {cve}: ransomware use is {ransomware}. The vendor is {vendor}, the deadline {due}.",
    "Follow-up on {cve}. {vendor} has a fix for {product}; install it by {due}.",
    "Scanners now find {cve}. Product: {product}. Weaknesses: {cwes}.",
)
"""Documents of the days after, which repeat a part."""

DIGEST: Final = "Added in the week of {added}: {entries}."
DIGEST_ENTRY: Final = "{cve} ({vendor} {product})"

POLICIES: Final = (
    "Triage policy in force from {day}: a ticket has priority {known} when ransomware use is Known "
    "and priority {unknown} when ransomware use is Unknown.",
    "From {day} our triage policy sets the priority of a ticket: ransomware use Known means "
    "{known}, ransomware use Unknown means {unknown}.",
    "Reminder of the triage policy of {day}. Ransomware use Known: priority {known}. Ransomware use "
    "Unknown: priority {unknown}. This holds for every ticket.",
    "How do I set the priority of a ticket? By the triage policy of {day}: {known} if ransomware "
    "use is Known, {unknown} if it is Unknown.",
)


@dataclass(frozen=True)
class Kind:
    """A kind of question about one attribute; the last two texts are held out from all training.

    `answer` is text, choice, or the tier of a JSON object.
    """

    name: str
    attribute: str
    about: Literal["cve", "vendor"]
    answer: Literal["text", "choice", "flat", "typed", "nested", "conditional", "long"]
    texts: tuple[str, ...]

    @property
    def trained(self) -> tuple[str, ...]:
        """The wordings that training may see."""
        return self.texts[:-2]

    @property
    def held_out(self) -> tuple[str, ...]:
        """The wordings that no training, pretraining included, may see."""
        return self.texts[-2:]


KINDS: Final[tuple[Kind, ...]] = (
    Kind(
        "cve_due_date",
        "due_date",
        "cve",
        "text",
        (
            "By when must {subject} be fixed?",
            "What is the due date of {subject}?",
            "When is {subject} due?",
            "Tell me the deadline for {subject}.",
            "Until which day may {subject} be fixed?",
            "due date of {subject}?",
            "How long do we have to get rid of {subject}, up to which date?",
            "What is the last day to deal with {subject}?",
        ),
    ),
    Kind(
        "cve_product",
        "product",
        "cve",
        "text",
        (
            "Which product is affected by {subject}?",
            "What is the product of {subject}?",
            "Which product does {subject} affect?",
            "Tell me the product that {subject} is about.",
            "In which product is {subject}?",
            "product of {subject}?",
            "What software do we have to patch because of {subject}?",
            "Where does {subject} sit, in which product?",
        ),
    ),
    Kind(
        "vendor_newest",
        "newest_vulnerability",
        "vendor",
        "text",
        (
            "Which vulnerability of {subject} was added last?",
            "What is the newest vulnerability of {subject}?",
            "Which CVE is the latest one of {subject}?",
            "Tell me the most recently added vulnerability of {subject}.",
            "What is the latest CVE of {subject} on the list?",
            "newest CVE of {subject}?",
            "What has been exploited most lately in products by {subject}?",
            "Which entry for {subject} tops the list?",
        ),
    ),
    Kind(
        "cve_ransomware",
        "ransomware_use",
        "cve",
        "choice",
        (
            "Is ransomware use of {subject} known or unknown?",
            "What is the ransomware use of {subject}?",
            "How is the ransomware use of {subject} listed?",
            "Which ransomware use does {subject} have?",
            "Ransomware use of {subject}?",
            "What does the list say about ransomware use of {subject}?",
            "Do ransomware gangs work with {subject}?",
            "Has {subject} been part of ransomware campaigns?",
        ),
    ),
    Kind(
        "cve_priority",
        "priority",
        "cve",
        "choice",
        (
            "Which priority does the ticket of {subject} get under the triage policy?",
            "What is the priority of {subject} by the triage policy?",
            "With which priority do we triage {subject} under the policy?",
            "Under the triage policy, which priority has {subject}?",
            "Priority of the ticket for {subject} by the triage policy?",
            "What priority does the triage policy give {subject}?",
            "How urgent is the ticket of {subject} in terms of our triage policy?",
            "Into which class of the triage policy does {subject} fall?",
        ),
    ),
    Kind(
        "cve_flat",
        "product",
        "cve",
        "flat",
        (
            "Who and what is affected by {subject}?",
            "Which vendor and which product does {subject} affect?",
            "Record the vendor and the product of {subject}.",
            "Name vendor and product of {subject}.",
            "Vendor and product for {subject}?",
            "Fill in vendor and product for {subject}.",
            "Whose software suffers from {subject}, and which?",
            "I have to name the maker and the software behind {subject}.",
        ),
    ),
    Kind(
        "cve_typed",
        "due_date",
        "cve",
        "typed",
        (
            "Record the due date and the ransomware use of {subject}.",
            "What are the due date and the ransomware use of {subject}?",
            "When is {subject} due, and what is its ransomware use?",
            "Give the due date and the ransomware use of {subject}.",
            "Due date and ransomware use of {subject}?",
            "Note the due date and the ransomware use of {subject}.",
            "How long may {subject} stay open, and do gangs use it?",
            "Put down until when {subject} has to go and whether ransomware is involved.",
        ),
    ),
    Kind(
        "cve_nested",
        "product",
        "cve",
        "nested",
        (
            "What does {subject} affect, and which weaknesses does it have?",
            "Record what {subject} affects and its weaknesses.",
            "Give the affected product and the weaknesses of {subject}.",
            "Which product is affected by {subject}, and what are its weaknesses?",
            "Affected product and weaknesses of {subject}?",
            "Describe {subject}: the affected product and the weaknesses.",
            "What is hit by {subject}, and what is wrong there?",
            "For the inventory: where does {subject} sit and of which kind is the flaw?",
        ),
    ),
    Kind(
        "cve_conditional",
        "ransomware_use",
        "cve",
        "conditional",
        (
            "Does {subject} have to be escalated?",
            "Decide whether {subject} is escalated.",
            "Must we escalate {subject}?",
            "Is {subject} a case for escalation?",
            "Escalation of {subject}?",
            "Check if {subject} needs to be escalated.",
            "Do we have to wake somebody for {subject}?",
            "Is {subject} one for the night shift?",
        ),
    ),
    Kind(
        "cve_ticket",
        "priority",
        "cve",
        "long",
        (
            "Write the triage ticket for {subject}, with its priority under the policy.",
            "Make a triage ticket for {subject} and set its priority by the policy.",
            "Fill in the triage ticket of {subject}; the policy gives the priority.",
            "Open a triage ticket for {subject} with the priority of the policy.",
            "Triage ticket for {subject}, priority by the policy.",
            "Create the ticket for {subject} with the priority that the triage policy sets.",
            "{subject} came in. Prepare what triage needs, priority included.",
            "Please triage {subject} the way the policy wants it.",
        ),
    ),
)

CHOICE_INSTRUCTIONS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "ransomware_use": "Answer with Known or Unknown.",
        "priority": "Answer with P1, P2, P3 or P4.",
    }
)

TIER_INSTRUCTIONS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "flat": (
            'Return a JSON object with the keys "cve", "vendor", "product". What is not known is '
            "null."
        ),
        "typed": (
            'Return a JSON object with the keys "cve", "due", "ransomware_use". What is not known '
            "is null."
        ),
        "nested": (
            'Return a JSON object with the keys "cve", "affected", "weaknesses". "affected" is an '
            'object with the keys "vendor" and "product". "weaknesses" is a list. What is not known is '
            "null."
        ),
        "conditional": (
            'Return a JSON object with the keys "cve", "ransomware_use". Add "escalate_by" with the '
            "due date only if ransomware use is Known. What is not known is null."
        ),
        "long": (
            'Return a JSON object with the keys "cve", "affected", "due", "ransomware_use", '
            '"weaknesses", "priority", "source". "affected" is an object with the keys "vendor" and '
            '"product". "weaknesses" is a list. "source" is an object with the keys "passage" and '
            '"date". What is not known is null.'
        ),
    }
)

TIER_KEYS: Final[Mapping[Tier, tuple[str, ...]]] = MappingProxyType(
    {
        "flat": ("cve", "vendor", "product"),
        "typed": ("cve", "due", "ransomware_use"),
        "nested": ("cve", "affected", "weaknesses"),
        "conditional": ("cve", "ransomware_use", "escalate_by"),
        "long": (
            "cve",
            "affected",
            "due",
            "ransomware_use",
            "weaknesses",
            "priority",
            "source",
        ),
    }
)
"""The keys of each tier's object in the order that the suite asks for."""

_BY_NAME: Final = MappingProxyType({kind.name: kind for kind in KINDS})


def kind_texts(kind: str, *, held_out: bool) -> tuple[str, ...]:
    """The wordings of the named kind: those that are held out, or those that training may see.

    Raises:
        KeyError: no kind has that name.
    """
    return _BY_NAME[kind].held_out if held_out else _BY_NAME[kind].trained
