"""Texts as folded words with their places: what names and phrases are compared by.

Case, accents, hyphens, apostrophes and white space do not tell two words apart; the dots of
`F.C.` and a possessive `'s` do not either, and `&` is `and`. A number with its dots is one word:
`4.1` is not `4`.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

_APOSTROPHES: Final = "'\u2019\u02bc\u2018`"
_MARKS: Final = "\u0300-\u036f"
_WORD: Final = re.compile(
    r"\d+(?:[.,]\d+)+(?![^\W_])"
    rf"|(?:[^\W\d_][{_MARKS}]?\.){{2,}}(?:[^\W\d_](?![\w{_MARKS}]))?"
    rf"|[^\W_](?:[^\W_]|[{_MARKS}])*(?:[{_APOSTROPHES}](?:[^\W_]|[{_MARKS}])+)*[+#]*|&"
)
_LETTERS: Final = str.maketrans(
    {"ø": "o", "ł": "l", "đ": "d", "ð": "d", "þ": "th", "æ": "ae", "œ": "oe", "\u0131": "i"}
)


@dataclass(frozen=True, slots=True)
class Words:
    """The words of `text`: word i is `folded[i]` and stands in `text[starts[i]:ends[i]]`."""

    text: str
    folded: tuple[str, ...]
    starts: tuple[int, ...]
    ends: tuple[int, ...]

    def __len__(self) -> int:
        return len(self.folded)

    def capital(self, index: int) -> bool:
        """Whether word `index` begins with a capital."""
        return self.text[self.starts[index]].isupper()

    def between(self, index: int) -> str:
        """What stands between word `index` and the next one."""
        return self.text[self.ends[index] : self.starts[index + 1]]


def words(text: str) -> Words:
    """The words of a text; characters that belong to none (punctuation) are left out."""
    found = [match.span() for match in _WORD.finditer(text)]
    return Words(
        text,
        tuple([fold_word(text[start:end]) for start, end in found]),
        tuple([start for start, _ in found]),
        tuple([end for _, end in found]),
    )


@lru_cache(maxsize=65536)
def fold_word(word: str) -> str:
    """One word without case, accents, apostrophes, abbreviating dots and possessive ending."""
    bare = word.lower() if word.isascii() else _bare(word)
    for mark in _APOSTROPHES:
        bare = bare.removesuffix(f"{mark}s").replace(mark, "")
    if bare == "&":
        return "and"
    return bare.replace(".", "") if not bare[:1].isdigit() else bare


def _bare(word: str) -> str:
    decomposed = unicodedata.normalize("NFKD", word).casefold().translate(_LETTERS)
    return "".join(c for c in decomposed if not unicodedata.combining(c))
