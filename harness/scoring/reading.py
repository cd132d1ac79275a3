"""What an answer says, read out of its output format; leniently, since strictness is scored apart."""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal
from typing import Final, Literal

from harness.scoring.abstention import abstention
from harness.scoring.columns import read_records
from harness.scoring.jsontext import Json, JsonTextError, find, pointer_tokens, resolve
from harness.world.formats import Choice, Csv, JsonSchema, OutputFormat, Xml

READ_LIMIT: Final = 100_000
"""Characters of an answer that are read; what stands behind them decides nothing."""

_STRAY: Final = re.compile(
    r"<\|[^|<>\n]{0,40}\|>|</?(?:s|bos|eos|pad|unk|start_of_turn|end_of_turn)>|\[/?INST\]",
    re.IGNORECASE,
)
_NEXT_TURN: Final = re.compile(
    r"^[ \t]*(?:#+ [^\n]*(?:\?|\Z)|(?:Question|Instruction|Prompt|User|Human|Q)(?: \d+)?:)",
    re.MULTILINE,
)
_WORD: Final = re.compile(r"\w")
_KNOWN: Final = "known"


@dataclass(frozen=True, slots=True)
class Reading:
    """`says` is `value` (then `text` is what was said), `nothing` (an abstention) or `unreadable`.

    `start` is where `text` begins in the answer as sent; None where it is not there as it is.
    """

    says: Literal["value", "nothing", "unreadable"]
    text: str = ""
    start: int | None = None


_NOTHING: Final = Reading("nothing")
_UNREADABLE: Final = Reading("unreadable")


def read(text: str, output_format: OutputFormat) -> Reading:
    """The answer's own words: the field of a JSON object, the option of a choice, the whole text.

    Stray chat tokens (`<|end|>`, `</s>`, `[INST]`) are taken off first, and of free text the turns
    that a model without an end goes on to invent (`Question: ...`, `## What is ...?`).
    """
    text = clean(text)
    if not text or text.isspace():
        return _UNREADABLE
    if isinstance(output_format, JsonSchema):
        return _read_json(text, output_format.value_pointer)
    if isinstance(output_format, Choice):
        return _read_choice(text.strip(), output_format.options)
    if isinstance(output_format, Csv | Xml):
        values = [v for v in read_records(text, output_format)[0].values if v.strip()]
        return Reading("value", "; ".join(values)) if values else _UNREADABLE
    said = _WORD.search(text)
    turn = _NEXT_TURN.search(text, said.end()) if said is not None else None
    if turn is not None:
        text = text[: turn.start()]
    start = len(text) - len(text.lstrip())
    return Reading("value", text.strip(), start)


def clean(text: str) -> str:
    """What is read of an answer, stray chat tokens blanked out so that places stay."""
    text = text[:READ_LIMIT]
    if "<" not in text and "[" not in text:  # with which all of them begin
        return text
    return _STRAY.sub(lambda stray: " " * len(stray.group()), text)


def _read_json(text: str, pointer: str) -> Reading:
    try:
        whole = find(text)
        value = resolve(whole, pointer)
        parent = resolve(whole, pointer.rpartition("/")[0]) if pointer_tokens(pointer) else None
    except (JsonTextError, KeyError):
        return _UNREADABLE
    if isinstance(parent, dict) and parent.get(_KNOWN) is False:
        return _NOTHING
    if isinstance(value, str) and value.strip():
        return Reading("value", value, _place(text, pointer, value))
    return _read_value(value)


def _place(text: str, pointer: str, value: str) -> int | None:
    """Where a string stands in JSON: after its key; None where it is escaped or in a list."""
    key = text.find(f'"{pointer.rpartition("/")[2]}"') if pointer else 0
    place = text.find(f'"{value}"', key + 1 if pointer else 0) if key >= 0 else -1
    return place + 1 if place >= 0 else None


def _read_value(value: Json) -> Reading:  # noqa: PLR0911  (one a JSON type)
    """Of what is no text, or an empty one."""
    match value:
        case None:
            return _NOTHING
        case bool():
            return Reading("value", "yes" if value else "no")
        case str():
            return _NOTHING
        case int() | float() | Decimal():
            return Reading("value", str(value))
        case list() if value and all(isinstance(item, str | int | float) for item in value):
            return Reading("value", "; ".join(map(str, value)))
        case []:
            return _NOTHING
        case _:
            return _UNREADABLE


def _read_choice(text: str, options: tuple[str, ...]) -> Reading:
    """The option that stands alone or leads, else the only one named, else the whole text.

    JSON that names no option says nothing of the choice: `{"has_answer": false}` is not a no.
    """
    for option in sorted(options, key=len, reverse=True):
        if re.match(rf"\W*{re.escape(option)}\W*(?:\Z|(?<=[,.!;:\n]))", text, re.IGNORECASE):
            return Reading("value", option)
    if abstention(text):
        return _NOTHING
    named = [o for o in options if re.search(rf"(?<!\w){re.escape(o)}(?!\w)", text, re.IGNORECASE)]
    if len(named) == 1:
        return Reading("value", named[0])
    return _UNREADABLE if text.startswith(("{", "[")) else Reading("value", text)
