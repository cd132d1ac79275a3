# ruff: noqa: PLR2004 - shares of a mix are literal

"""Tickets: JSON of many fields about one vulnerability, in groups, with lists and conditions.

Keys, their order and grouping are drawn anew; the objects of the advisories suite are never asked
for, so that a base model has to generalise to them.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from random import Random
from typing import Final

from harness.models.lab.synthetic.json_tasks import SUITE_SOURCE_KEYS, Json
from harness.models.lab.synthetic.scene import Item
from harness.models.lab.synthetic.triage import PRIORITY, TRIAGE
from harness.world.advisories.wording import NO_WEAKNESSES, TIER_KEYS

__all__ = ["IDS", "KEYS", "ticket_task"]

IDS: Final = ("id", "cve", "cve_id", "vulnerability", "name", "key", "advisory", "flaw")
KEYS: Final[Mapping[str, tuple[str, ...]]] = {
    "vendor": ("vendor", "maker", "company", "vendor_name", "supplier"),
    "product": ("product", "software", "affected_product", "component", "product_name"),
    "date_added": ("added", "date_added", "listed", "listed_on", "since"),
    "due_date": ("due", "due_date", "deadline", "fix_by", "remediate_by", "until"),
    "ransomware_use": ("ransomware_use", "ransomware", "ransomware_status", "in_campaigns"),
    "cwes": ("weaknesses", "cwes", "cwe_ids", "cwe", "weakness_list"),
    "triage_priority": ("priority", "triage", "triage_priority", "urgency", "level"),
}
_PLACES: Final = ("passage", "source", "ref", "document", "evidence", "rests_on")
_DAYS: Final = ("date", "as_of", "dated", "source_date", "day")
_GROUPS: Final = (
    "affected", "source", "target", "origin", "details", "dates", "meta", "evidence", "info",
    "classification", "where", "what", "body", "reference",
)  # fmt: skip
_CONDITIONAL: Final = (
    "escalate_by", "page_by", "wake_up_by", "report_until", "notify_by", "escalation_deadline",
)  # fmt: skip
_HEADS: Final = (
    "Return a JSON object with the keys {k}.", "Return a JSON object with the keys {k}.",
    "Return a JSON object with the keys {k}.", "Answer in JSON with the keys {k}.",
    "Reply only with JSON: {k}.", "Write a JSON object with exactly the keys {k}.",
    "Use JSON with {k}.", "The ticket is a JSON object with the keys {k}.",
)  # fmt: skip
_REQUESTS: Final = (
    "Write the ticket for {s}.", "Make a ticket for {s}.", "Ticket for {s}.", "Describe {s}.",
    "Record {s}.", "Summarise {s}.", "What do we know about {s}?", "{s}:", "File {s}.",
    "Fill in the ticket for {s}.", "Open a ticket for {s}, with its priority.",
    "Write down what the passages say about {s}.", "Give the record of {s}.", "Enter {s}.",
    "Register {s} for the team.", "What has to be known about {s}?", "Report {s}.",
)  # fmt: skip


@dataclass(frozen=True)
class _Field:
    key: str
    value: Json
    note: str = ""


def ticket_task(
    r: Random, subject: str, items: Sequence[Item], numbered: bool, dated: bool
) -> tuple[str, str, str]:
    """Return a request, an instruction and the JSON answer for several attributes of one subject.

    Of `items`, all about `subject`, those without a value stand for what is missing. `numbered`
    and `dated` tell whether the passages show a number and a day.
    """
    while True:
        fields = _fields(r, subject, items, numbered, dated)
        asked, notes = _grouped(r, fields)
        extra = _conditional(r, items)
        if (extra is not None and extra.key in asked) or _cites_as_the_suites(asked):
            continue
        answer = asked
        if extra is not None and extra.value is not None:
            answer = {**asked, extra.key: extra.value}
        if not {tuple(asked), tuple(answer)} & set(TIER_KEYS.values()):
            break
    head = r.choice(_HEADS).replace("{k}", ", ".join(f'"{key}"' for key in asked))
    notes += [field.note for field in fields if field.note]
    notes += [extra.note] if extra is not None else []
    request = r.choice(_REQUESTS).replace("{s}", subject)
    return request, " ".join([head, *notes]), json.dumps(answer, ensure_ascii=False)


def _cites_as_the_suites(asked: Mapping[str, Json]) -> bool:
    source = asked.get("source")
    return isinstance(source, dict) and frozenset(source) == SUITE_SOURCE_KEYS


def _fields(
    r: Random, subject: str, items: Sequence[Item], numbered: bool, dated: bool
) -> list[_Field]:
    chosen = r.sample(list(items), r.randint(1, len(items)))
    if r.random() < 0.5:
        order = [*TRIAGE, PRIORITY.key]
        chosen.sort(key=lambda item: order.index(item.attribute.key))
    fields = [_Field(r.choice(IDS), subject)] if r.random() < 0.85 else []
    fields += [_field(r, item) for item in chosen]
    passages = {(item.passage, item.day) for item in chosen}
    if len(passages) == 1:
        number, day = passages.pop()
        if numbered and r.random() < 0.4:
            fields.append(_Field(r.choice(_PLACES), number))
        if dated and r.random() < 0.3:
            fields.append(_Field(r.choice(_DAYS), day))
    return list({field.key: field for field in fields}.values())


def _field(r: Random, item: Item) -> _Field:
    key = r.choice(KEYS[item.attribute.key])
    if item.attribute is TRIAGE["cwes"] and r.random() < 0.8:
        listed: Json = None
        if item.value is not None:
            listed = [] if item.value == NO_WEAKNESSES else [*item.value.split(", ")]
        return _Field(key, listed, f'"{key}" is a list.')
    return _Field(key, item.value)


def _grouped(r: Random, fields: Sequence[_Field]) -> tuple[dict[str, Json], list[str]]:
    """Return the object, with runs of fields moved into inner objects, and what says so."""
    answer: dict[str, Json] = {}
    notes: list[str] = []
    taken = {field.key for field in fields}
    groups = [name for name in r.sample(_GROUPS, 4) if name not in taken]
    share = r.choice((0.0, 0.0, 0.25, 0.4))
    place = 0
    while place < len(fields):
        inner = fields[place : place + r.choice((1, 2, 2, 3))]
        if len(groups) > 2 and len(fields) > 2 and r.random() < share:
            group = groups.pop()
            answer[group] = {field.key: field.value for field in inner}
            notes.append(_group_note(r, group, [field.key for field in inner]))
            place += len(inner)
            continue
        answer[fields[place].key] = fields[place].value
        place += 1
    return answer, notes


def _group_note(r: Random, group: str, keys: Sequence[str]) -> str:
    quoted = [f'"{key}"' for key in keys]
    listed = ", ".join(quoted[:-1]) + " and " + quoted[-1] if len(quoted) > 1 else quoted[0]
    plural = "keys" if len(quoted) > 1 else "key"
    return r.choice(
        (
            f'"{group}" is an object with the {plural} {listed}.',
            f'"{group}" is an object with the {plural} {listed}.',
            f'"{group}" holds {listed}.',
        )
    )


def _conditional(r: Random, items: Sequence[Item]) -> _Field | None:
    """Return a key for one kind of ransomware use only; its value is None for the other kind."""
    known = {item.attribute.key: item for item in items}
    use, due = known.get("ransomware_use"), known.get("due_date")
    if use is None or due is None or r.random() >= 0.25:
        return None
    key, wanted = r.choice(_CONDITIONAL), r.choice(("Known", "Known", "Unknown"))
    note = r.choice(
        (
            f'Add "{key}" with the due date only if ransomware use is {wanted}.',
            f'If ransomware use is {wanted}, add "{key}" with the due date.',
            f'"{key}" is the due date; leave it out unless ransomware use is {wanted}.',
        )
    )
    return _Field(key, due.value if use.value == wanted else None, note)
