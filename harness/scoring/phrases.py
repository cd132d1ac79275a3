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
    haystack, offsets = _fold_with_offsets(text)
    words = folded.split()
    if not words:
        return []
    if "  " not in haystack:
        spans = _search_plain(haystack, words, dotted)
    elif all(word in haystack for word in words):
        # To compile a pattern takes longer than anything else about an answer: nearly all do without.
        spans = _search_pattern(haystack, words, dotted)
    else:
        return []
    if offsets is None:
        return spans
    return [(offsets[start], offsets[end - 1] + 1) for start, end in spans]


def _search_plain(haystack: str, words: list[str], dotted: bool) -> list[Span]:
    """Where the words stand in a text that has single spaces only."""
    phrase = " ".join(words)
    spans: list[Span] = []
    start = haystack.find(phrase)
    while start >= 0:
        end = start + len(phrase)
        if _begins(haystack, start, dotted) and _ends(haystack, end, dotted):
            spans.append((start, end))
            start = haystack.find(phrase, end)
        else:
            start = haystack.find(phrase, start + 1)
    return spans


def _begins(haystack: str, start: int, dotted: bool) -> bool:
    before = haystack[start - 1 : start]
    return not (_is_word(before) or (dotted and before == "."))


def _ends(haystack: str, end: int, dotted: bool) -> bool:
    after = haystack[end : end + 1]
    if _is_word(after) or after in {"+", "#"}:
        return False
    return not (dotted and after in {".", "-"} and _is_word(haystack[end + 1 : end + 2]))


def _is_word(character: str) -> bool:
    """Whether it is a letter, a digit or an underscore; there may be none."""
    return character == "_" or character.isalnum()


def _search_pattern(haystack: str, words: list[str], dotted: bool) -> list[Span]:
    pattern = _pattern(tuple(words), dotted)
    return [found.span() for found in pattern.finditer(haystack)]


@lru_cache(maxsize=4096)
def _pattern(words: tuple[str, ...], dotted: bool) -> re.Pattern[str]:
    before, after = (r"(?<![\w.])", r"(?![\w+#]|[.-]\w)") if dotted else (r"(?<!\w)", r"(?![\w+#])")
    return re.compile(before + " +".join(map(re.escape, words)) + after)


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
