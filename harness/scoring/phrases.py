"""Find a value as it is spelled: case, accents, hyphens and white space folded, whole words only."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache
from typing import Final

Span = tuple[int, int]

_LETTERS: Final = str.maketrans(
    {
        "ø": "o", "ł": "l", "đ": "d", "ð": "d", "þ": "th", "æ": "ae", "œ": "oe", "\u0131": "i",
        "\u2018": "'", "\u2019": "'", "\u201c": '"', "\u201d": '"', "\u2212": "-",
    }
)  # fmt: skip
_SPACES: Final = re.compile(r"[\s_\-\u00ad\u2010-\u2015]")


def fold(text: str) -> str:
    """Case, accents, hyphens and white space out of the way; punctuation stays."""
    return " ".join(_fold_with_offsets(text)[0].split())


def mask(text: str, phrase: str) -> str:
    """`text` with every occurrence of `phrase` blanked out."""
    parts: list[str] = []
    last = 0
    for start, end in find_phrase(text, fold(phrase)):
        parts += [text[last:start], " " * (end - start)]
        last = end
    return "".join([*parts, text[last:]])


def find_phrase(text: str, folded: str, *, dotted: bool = False) -> list[Span]:
    """Where a folded phrase stands; in `dotted` values a dot or hyphen goes on with the word."""
    pattern = _pattern(folded, dotted)
    haystack, offsets = _fold_with_offsets(text)
    spans = (found.span() for found in pattern.finditer(haystack))
    if offsets is None:
        return list(spans)
    return [(offsets[start], offsets[end - 1] + 1) for start, end in spans]


@lru_cache(maxsize=65536)
def _pattern(folded: str, dotted: bool) -> re.Pattern[str]:
    if not folded:
        return re.compile(r"(?!)")
    before, after = (r"(?<![\w.])", r"(?![\w+#]|[.-]\w)") if dotted else (r"(?<!\w)", r"(?![\w+#])")
    return re.compile(before + " +".join(map(re.escape, folded.split())) + after)


@lru_cache(maxsize=4)
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
