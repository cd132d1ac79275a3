"""Find a history's values in a text, by the type of the value.

| type | same value | not the same |
|---|---|---|
| version | `v3.12.4`, `3.12.4` (`packaging`; other schemes: the exact token) | `3.12.40`, `3.12`, `3.12.4rc1` |
| date | `2026-01-14`, `14 January 2026`, `Jan 14th, 2026` | a month alone; `03/04/2026`, which is two days |
| number | `1,200`, `1200.0` | `12000` |
| boolean | `Yes.`, `It is still supported` | |
| name, text, enum | case, accents, hyphens and white space folded, whole words | a part of a word |

A release has as many numbers as it was given: `3.12` names a cycle and is not version `3.12.0`.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Hashable, Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal, InvalidOperation
from functools import lru_cache
from typing import Final

from harness.world.facts import ValueType

Key = Hashable
"""What two spellings of one value have in common."""


@dataclass(frozen=True, slots=True)
class Mention:
    """The value with `key` is named in `text[start:end]`."""

    start: int
    end: int
    key: Key


Finder = Callable[[str], list[Mention]]


@dataclass(frozen=True, slots=True)
class Matcher:
    """Finds any of the values it was made for; `keys` has the key of each of them."""

    keys: dict[str, Key]
    find: Finder


@lru_cache(maxsize=4096)
def matcher(value_type: ValueType, values: tuple[str, ...], attribute: str = "") -> Matcher:
    """A matcher for `values`; `attribute` names what a yes or no is about."""
    keys = {value: value_key(value, value_type) for value in values}
    by_token = {key for key in keys.values() if not isinstance(key, str)}
    finders: list[Finder] = [
        _phrase(key, value_type) for key in {*keys.values()} if isinstance(key, str)
    ]
    if by_token and value_type == "boolean":
        finders.append(_boolean(attribute, by_token))
    elif by_token:
        finders.append(_tokens(value_type, by_token))

    def find(text: str) -> list[Mention]:
        return _longest([mention for finder in finders for mention in finder(text)])

    return Matcher(keys, find)


def value_key(value: str, value_type: ValueType) -> Key:
    """The key of a value as the history spells it; its folded text where its type cannot read it."""
    reader = _READERS.get(value_type)
    key = reader(value.strip()) if reader else None
    return fold(value) if key is None else key


def mask(text: str, phrase: str) -> str:
    """`text` with every occurrence of `phrase` (folded, whole words) blanked out."""
    parts: list[str] = []
    end = 0
    for mention in _phrase(fold(phrase), "name")(text):
        parts += [text[end : mention.start], " " * (mention.end - mention.start)]
        end = mention.end
    return "".join([*parts, text[end:]])


def fold(text: str) -> str:
    """Case, accents, hyphens and white space out of the way; punctuation stays."""
    return " ".join(_fold_with_offsets(text)[0].split())


# --- tokens: versions, dates, numbers ---------------------------------------------------------

_MONTH: Final = (
    r"(?:jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|"
    r"sept?(?:ember)?|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?)\.?"
)
_DAY: Final = r"\d{1,2}(?:st|nd|rd|th)?"
_TOKENS: Final[dict[str, re.Pattern[str]]] = {
    "version": re.compile(r"(?<![A-Za-z0-9.])[vV]?\d\w*(?:[.+-]\w+)*", re.ASCII),
    "date": re.compile(
        r"(?<![\d.-])(?:\d{4}([-/.])\d{1,2}\1\d{1,2}|\d{1,2}([-/.])\d{1,2}\2\d{4})(?!\d)"
        rf"|\b{_DAY}(?:\s+of)?[\s-]+{_MONTH},?[\s-]+\d{{4}}\b|\b{_MONTH}\s+{_DAY},?\s+\d{{4}}\b",
        re.ASCII | re.IGNORECASE,
    ),
    "number": re.compile(r"(?<![\w.])[-+]?\d+(?:,\d{3})*(?:\.\d+)?(?!\w|\.\d)", re.ASCII),
}
_MAX_TOKEN: Final = 64


def _tokens(value_type: ValueType, wanted: set[Key]) -> Finder:
    pattern, read = _TOKENS[value_type], _READERS[value_type]

    def find(text: str) -> list[Mention]:
        return [
            Mention(token.start(), token.end(), key)
            for token in pattern.finditer(text)
            if (key := read(token.group())) in wanted
        ]

    return find


@lru_cache(maxsize=65536)
def _version(token: str) -> Key | None:
    from packaging.version import InvalidVersion, Version  # noqa: PLC0415

    if len(token) > _MAX_TOKEN:
        return None
    try:
        version = Version(token)
    except InvalidVersion:
        return None
    return version, len(version.release)


@lru_cache(maxsize=65536)
def _date(token: str) -> Key | None:
    if token[:4].isdecimal() or not any(map(str.isalpha, token)):
        return _numeric_date(token)
    from dateutil import parser  # type: ignore[import-untyped]  # noqa: PLC0415

    try:
        day: date = parser.parse(token).date()
    except (ValueError, OverflowError):
        return None
    return day


def _numeric_date(token: str) -> date | None:
    """A date of numbers; None where day and month could be exchanged, since that is two dates."""
    parts = re.split(r"[-/.]", token.strip())
    if len(parts) != len(("year", "month", "day")) or not all(map(str.isdecimal, parts)):
        return None
    first, second, third = map(int, parts)
    year_first = len(parts[0]) == len("2026")
    orders = (
        [(first, second, third)] if year_first else [(third, second, first), (third, first, second)]
    )
    days = set()
    for order in orders:
        try:
            days.add(date(*order))
        except ValueError:
            continue
    return days.pop() if len(days) == 1 else None


def _number(token: str) -> Key | None:
    if len(token) > _MAX_TOKEN:
        return None
    try:
        number = Decimal(token.replace(",", ""))
    except InvalidOperation:
        return None
    return number if number.is_finite() else None


# --- yes and no ---------------------------------------------------------------------------------

_YES: Final = frozenset({"yes", "true", "y", "1", "supported"})
_NO: Final = frozenset({"no", "false", "n", "0", "unsupported"})
_LEAD: Final = re.compile(r"\A\W*(yes|no|true|false)\b(?!-)", re.IGNORECASE)
_NEGATION: Final = re.compile(
    r"\b(?:no|not|never|neither|without|isn't|doesn't|wasn't|hasn't|cannot|can't|ended|expired|"
    r"discontinued|unsupported|false)\b",
    re.IGNORECASE,
)


def _truth(value: str) -> Key | None:
    word = value.casefold()
    return True if word in _YES else False if word in _NO else None


def _boolean(attribute: str, wanted: set[Key]) -> Finder:
    """A leading yes or no decides; else a sentence about the attribute, negated or not."""
    words = [re.escape(word) for word in re.split(r"[\W_]+", attribute) if len(word) > len("of")]
    about = re.compile(
        rf"\b(?:{'|'.join(['yes', 'true', 'still', 'supported', *words])})\b", re.IGNORECASE
    )

    def find(text: str) -> list[Mention]:
        plain = text.replace("\u2019", "'")
        found = _LEAD.search(plain)
        key = _truth(found.group(1)) if found else None
        if found is None:
            found = _NEGATION.search(plain)
            key = False if found else None
        if found is None:
            found = about.search(plain)
            key = True if found else None
        return [Mention(found.start(), found.end(), key)] if found and key in wanted else []

    return find


# --- names and texts ----------------------------------------------------------------------------

_LETTERS: Final = str.maketrans(
    {
        "ø": "o", "ł": "l", "đ": "d", "ð": "d", "þ": "th", "æ": "ae", "œ": "oe", "\u0131": "i",
        "\u2018": "'", "\u2019": "'", "\u201c": '"', "\u201d": '"', "\u2212": "-",
    }
)  # fmt: skip
_SPACES: Final = re.compile(r"[\s_\-\u00ad\u2010-\u2015]")


def _fold_with_offsets(text: str) -> tuple[str, list[int] | None]:
    """The folded text and, where lengths changed, the place in `text` of each of its characters."""
    if text.isascii():
        return _SPACES.sub(" ", text.lower()), None
    folded: list[str] = []
    offsets: list[int] = []
    for place, character in enumerate(text):
        for part in _fold_character(character):
            folded.append(part)
            offsets.append(place)
    return "".join(folded), offsets


@lru_cache(maxsize=4096)
def _fold_character(character: str) -> str:
    decomposed = unicodedata.normalize("NFKD", character).casefold().translate(_LETTERS)
    bare = "".join(c for c in decomposed if not unicodedata.combining(c))
    return _SPACES.sub(" ", bare)


@lru_cache(maxsize=65536)
def _phrase(folded: str, value_type: ValueType) -> Finder:
    """Finds a folded value as whole words; in versions a dot or plus goes on with the word."""
    if not folded:
        return lambda _text: []
    after = r"(?![\w+#])" if value_type != "version" else r"(?![\w+#]|[.-]\w)"
    before = r"(?<![\w])" if value_type != "version" else r"(?<![\w.])"
    body = r" +".join(re.escape(word) for word in folded.split())
    pattern = re.compile(before + body + after)

    def find(text: str) -> list[Mention]:
        haystack, offsets = _fold_with_offsets(text)
        spans = (found.span() for found in pattern.finditer(haystack))
        if offsets is None:
            return [Mention(start, end, folded) for start, end in spans]
        return [Mention(offsets[start], offsets[end - 1] + 1, folded) for start, end in spans]

    return find


_READERS: Final[dict[str, Callable[[str], Key | None]]] = {
    "version": _version,
    "date": _date,
    "number": _number,
    "boolean": _truth,
}


def _longest(mentions: list[Mention]) -> list[Mention]:
    """In reading order, without those that lie inside a longer one (`Inter` in `Inter Miami`)."""
    return list(_not_nested(sorted(mentions, key=lambda m: (m.start, -m.end))))


def _not_nested(mentions: list[Mention]) -> Iterator[Mention]:
    end = -1
    for mention in mentions:
        if mention.end > end:
            end = mention.end
            yield mention
