# ruff: noqa: PLR2004 - shares of a mix are literal

"""Requests for JSON and their answers: random keys, mostly flat, sometimes nested or conditional.

The schema of the releases suite, its exact keys and nesting, is never asked for: a base model
should have to generalise to it, and an adapter to learn it.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from random import Random
from typing import Final

from harness.models.lab.synthetic.attributes import Attribute
from harness.models.lab.synthetic.scene import Item

__all__ = ["SUITE_KEYS", "SUITE_SOURCE_KEYS", "Json", "item_task", "record_task"]

Json = str | int | bool | None | list["Json"] | dict[str, "Json"]

SUITE_KEYS: Final = frozenset({"product", "field", "value", "as_of", "known", "source"})
SUITE_SOURCE_KEYS: Final = frozenset({"passage", "date"})

_NAMES: Final[Mapping[str, tuple[str, ...]]] = {
    "subject": ("product", "name", "entity", "item", "software", "subject", "title", "about", "id"),
    "field": ("field", "attribute", "property", "topic", "kind", "asked", "key"),
    "value": ("value", "answer", "result", "response", "content", "found_value", "reply", "fact"),
    "day": ("as_of", "date", "updated", "source_date", "valid_on", "timestamp", "day", "dated"),
    "passage": ("source", "passage", "doc", "ref", "citation", "passage_number", "document"),
    "known": ("known", "found", "ok", "has_answer", "answered", "available", "success"),
    "today": ("today", "asked_on", "query_date", "now"),
}
_GROUPS: Final = (
    "meta", "data", "details", "info", "source", "evidence", "origin", "context", "provenance",
    "reference", "result", "support", "record", "body",
)  # fmt: skip
_CONSTANTS: Final = (
    ("version", "1"), ("schema", "v2"), ("lang", "en"), ("type", "answer"), ("format", "short"),
    ("unit", "none"), ("model", "lab"),
)  # fmt: skip
_LISTINGS: Final = (
    "Return a JSON object with the keys {k}.", "Return a JSON object with the keys {k}.",
    "Answer in JSON with keys {k}.", "Reply only with JSON: {k}.", "Respond as JSON with {k}.",
    "Output JSON with fields {k}.", "Answer as a JSON object ({k}).",
    "Give a JSON object with {k}.", "Write JSON with exactly these keys: {k}.",
    "Use JSON and the keys {k}.", "The answer must be a JSON object with the keys {k}.",
)  # fmt: skip
_INLINE: Final = ("Return JSON like {k}.", "Fill in this JSON: {k}", "Schema: {k}", "Form: {k}")


@dataclass(frozen=True)
class _Field:
    key: str
    value: Json
    type: str
    note: str = ""


def item_task(r: Random, item: Item, today: str, numbered: bool, dated: bool) -> tuple[str, str]:
    """Return an instruction and the JSON answer for one question.

    `numbered` and `dated` tell whether the passages show a number and a day that can be asked for.
    """
    while True:
        fields = _item_fields(r, item, today, numbered, dated)
        instruction, answer = _laid_out(r, fields)
        if not _is_suite_schema(answer):
            return instruction, json.dumps(answer, ensure_ascii=False)


def record_task(r: Random, subject: str, items: Sequence[Item]) -> tuple[str, str]:
    """Return a request for several attributes of one subject at once, and the JSON answer."""
    fields = [_attribute_field(r, item) for item in items]
    if r.random() < 0.5:
        fields.insert(0, _Field(r.choice(_NAMES["subject"]), subject, "string"))
    flags = [item for item in items if item.attribute.key == "ransomware_use" and item.value]
    if flags and r.random() < 0.5:
        name = r.choice(("urgent", "escalate", "ransomware", "critical", "page_on_call"))
        known = flags[0].value == "Known"
        fields.append(_Field(name, known, "true or false", _flag_note(r, name)))
    fields = list({field.key: field for field in fields}.values())
    instruction, answer = _laid_out(r, fields)
    ask = r.choice(("Summarise {s}. ", "Describe {s}. ", "{s}: ", "Make a ticket for {s}. ",
                    "What do the passages say about {s}? ", "Record for {s}. "))  # fmt: skip
    return ask.replace("{s}", subject) + instruction, json.dumps(answer, ensure_ascii=False)


def _flag_note(r: Random, name: str) -> str:
    forms = (
        '"{n}" is true if ransomware use is Known, otherwise false.',
        'Set "{n}" to true when ransomware use is Known and to false when it is not.',
    )
    return r.choice(forms).replace("{n}", name)


def _attribute_field(r: Random, item: Item) -> _Field:
    attribute = item.attribute
    noun = r.choice(attribute.nouns).replace(" ", "_").replace("-", "_")
    key = attribute.key if r.random() < 0.5 else noun
    if attribute.kind == "weaknesses" and r.random() < 0.7:
        listed: Json = [*item.value.split(", ")] if item.value else []
        return _Field(key, listed, "list", f'"{key}" is a list.')
    if attribute.answer == "choice" and r.random() < 0.5:
        flag = None if item.value is None else item.value == "yes"
        return _Field(key, flag, "true or false", f'"{key}" is true, false or null.')
    return _Field(key, item.value, "string")


def _item_fields(r: Random, item: Item, today: str, numbered: bool, dated: bool) -> list[_Field]:
    known = item.value is not None
    empty, note = _empty(r)
    name = {role: r.choice(names) for role, names in _NAMES.items()}
    value: Json = item.value if known else empty
    fields = [_Field(name["value"], value, "string", note.replace("{k}", name["value"]))]
    if r.random() < 0.65:
        fields.append(_Field(name["subject"], item.subject, "string"))
    if r.random() < 0.45:
        fields.append(_named_attribute(r, name["field"], item.attribute))
    if dated and r.random() < 0.5:
        fields.append(_Field(name["day"], item.day, "date or null"))
    if numbered and r.random() < 0.35:
        fields.append(_Field(name["passage"], item.passage, "integer or null"))
    if r.random() < 0.35:
        fields.append(_Field(name["known"], known, "true or false"))
    if r.random() < 0.06:
        fields.append(_Field(name["today"], today, "date"))
    if r.random() < 0.08:
        key, constant = r.choice(_CONSTANTS)
        fields.append(_Field(key, constant, "string", f'"{key}" is always "{constant}".'))
    fields = list({field.key: field for field in fields}.values())
    if r.random() < 0.6:
        r.shuffle(fields)
    return fields


def _empty(r: Random) -> tuple[Json, str]:
    """Return what stands for an unknown value, and the note that says so when it is not null."""
    kind = r.random()
    if kind < 0.75:
        return None, ""
    if kind < 0.85:
        return None, 'If there is no answer, "{k}" is null.'
    word = r.choice(("unknown", "none", "n/a", ""))
    return word, f'If there is no answer, "{{k}}" is "{word}".'


def _named_attribute(r: Random, key: str, attribute: Attribute) -> _Field:
    kind = r.random()
    if kind < 0.3:
        others = r.sample(("license", "vendor", "release_date", "due_date", "end_of_life",
                           "latest_version", "severity", "lts", "newest_cycle"), 2)  # fmt: skip
        options = [*dict.fromkeys([*others, attribute.key])]
        r.shuffle(options)
        listed = ", ".join(f'"{option}"' for option in options)
        return _Field(key, attribute.key, "string", f'"{key}" is one of {listed}.')
    # Unless it is said, an attribute is as often named by its identifier as in plain words.
    return _Field(key, attribute.key if kind < 0.65 else attribute.nouns[0], "string")


def _laid_out(r: Random, fields: list[_Field]) -> tuple[str, dict[str, Json]]:
    """Return the instruction and the answer, with some fields moved into an inner object."""
    inner: list[_Field] = []
    if len(fields) > 2 and r.random() < 0.3:
        cut = r.randint(1, min(3, len(fields) - 1))
        fields, inner = fields[:-cut], fields[-cut:]
    outer_keys = {field.key for field in fields}
    group = r.choice([name for name in _GROUPS if name not in outer_keys])
    answer: dict[str, Json] = {field.key: field.value for field in fields}
    if inner:
        answer[group] = {field.key: field.value for field in inner}
    notes = " ".join(field.note for field in [*fields, *inner] if field.note)
    if r.random() < 0.2:
        shape = _shape(fields, group, inner)
        return f"{r.choice(_INLINE).replace('{k}', shape)} {notes}".strip(), answer
    keys = [field.key for field in fields] + ([group] if inner else [])
    head = r.choice(_LISTINGS).replace("{k}", _listed(r, keys, 0.75))
    if inner:
        head += " " + _inner_note(r, group, [field.key for field in inner])
    return f"{head} {notes}".strip(), answer


def _listed(r: Random, keys: Sequence[str], quoted: float) -> str:
    shown = [f'"{key}"' if r.random() < quoted else key for key in keys[:1]]
    quote = shown[0].startswith('"')
    return ", ".join(f'"{key}"' if quote else key for key in keys)


def _inner_note(r: Random, group: str, keys: Sequence[str]) -> str:
    quoted = [f'"{key}"' for key in keys]
    listed = " and ".join([", ".join(quoted[:-1]), quoted[-1]]) if len(quoted) > 1 else quoted[0]
    plural, go = ("keys", "go") if len(quoted) > 1 else ("key", "goes")
    forms = (
        f'"{group}" is an object with the {plural} {listed}.',
        f'"{group}" is an object with the {plural} {listed}.',
        f"Put {listed} inside {group}.",
        f'"{group}" holds {listed}.',
        f"{listed} {go} into the object {group}.",
    )
    return r.choice(forms)


def _shape(fields: Sequence[_Field], group: str, inner: Sequence[_Field]) -> str:
    parts = [f'"{field.key}": {field.type}' for field in fields]
    if inner:
        nested = ", ".join(f'"{field.key}": {field.type}' for field in inner)
        parts.append(f'"{group}": {{{nested}}}')
    return "{" + ", ".join(parts) + "}"


def _is_suite_schema(answer: Mapping[str, Json]) -> bool:
    source = answer.get("source")
    nested = isinstance(source, dict) and frozenset(source) == SUITE_SOURCE_KEYS
    return nested or frozenset(answer) == SUITE_KEYS
