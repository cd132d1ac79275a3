"""What an answer says, read out of its output format; leniently, since strictness is scored apart."""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal
from typing import Final, Literal

from harness.scoring.abstention import abstention
from harness.scoring.jsontext import Json, JsonTextError, find, pointer_tokens, resolve
from harness.world.formats import Choice, JsonSchema, OutputFormat

READ_LIMIT: Final = 100_000
"""Characters of an answer that are read; what stands behind them decides nothing."""

_STRAY: Final = re.compile(
    r"<\|[^|<>\n]{0,40}\|>|</?(?:s|bos|eos|pad|unk|start_of_turn|end_of_turn)>|\[/?INST\]",
    re.IGNORECASE,
)
_KNOWN: Final = "known"


@dataclass(frozen=True, slots=True)
class Reading:
    """`says` is `value` (then `text` is what was said), `nothing` (an abstention) or `unreadable`."""

    says: Literal["value", "nothing", "unreadable"]
    text: str = ""


_NOTHING: Final = Reading("nothing")
_UNREADABLE: Final = Reading("unreadable")


def read(text: str, output_format: OutputFormat) -> Reading:
    """The answer's own words: the field of a JSON object, the option of a choice, the whole text.

    Stray chat tokens (`<|end|>`, `</s>`, `[INST]`) are taken off first.
    """
    text = _STRAY.sub(" ", text[:READ_LIMIT]).strip()
    if not text:
        return _UNREADABLE
    if isinstance(output_format, JsonSchema):
        return _read_json(text, output_format.value_pointer)
    if isinstance(output_format, Choice):
        return _read_choice(text, output_format.options)
    return Reading("value", text)


def _read_json(text: str, pointer: str) -> Reading:
    try:
        whole = find(text)
        value = resolve(whole, pointer)
        parent = resolve(whole, pointer.rpartition("/")[0]) if pointer_tokens(pointer) else None
    except (JsonTextError, KeyError):
        return _UNREADABLE
    if isinstance(parent, dict) and parent.get(_KNOWN) is False:
        return _NOTHING
    return _read_value(value)


def _read_value(value: Json) -> Reading:  # noqa: PLR0911  (one a JSON type)
    match value:
        case None:
            return _NOTHING
        case bool():
            return Reading("value", "yes" if value else "no")
        case str():
            return Reading("value", value) if value.strip() else _NOTHING
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
