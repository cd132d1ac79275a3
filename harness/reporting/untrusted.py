"""Texts from models, users and files, made safe to look at.

Escaping is the template's business. This module deals with what escaping leaves: characters that
cannot be seen but change what is seen (bidi overrides, NULs, zero-width spaces) and texts too long
to print.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from typing import ClassVar

SHOWN = 900

# Control pictures exist for C0; joiners stay because scripts need them and they reorder nothing.
_KEPT = frozenset("\n\t\u200c\u200d")
_HIDDEN_CATEGORIES = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})
_SUSPECT = re.compile(r"[^\t\n\x20-\x7e\xa1-\xac\xae-\u0600]")


@dataclass(frozen=True, slots=True)
class Excerpt:
    """The beginning of a text; `omitted` says how much there is in all when it was cut."""

    kind: ClassVar[str] = "excerpt"

    text: str
    omitted: str = ""


def visible(text: str) -> str:
    r"""`text` with every invisible control character spelled out, as `⟨U+202E⟩` or `␀`."""
    return _SUSPECT.sub(_spell, text)


def excerpt(text: str, limit: int = SHOWN) -> Excerpt:
    """The first `limit` characters, saying so when there are more."""
    if len(text) <= limit:
        return Excerpt(visible(text))
    return Excerpt(
        visible(text[:limit].rstrip()) + " …",
        f"the first {limit:,} of {len(text):,} characters",
    )


def single_line(text: str, limit: int = 60) -> str:
    """`text` on one line of at most `limit` characters."""
    line = " ".join(visible(text[: 4 * limit]).split())
    return line if len(line) <= limit else f"{line[: limit - 1]}…"


def _spell(match: re.Match[str]) -> str:
    character = match.group()
    code = ord(character)
    hidden = unicodedata.category(character) in _HIDDEN_CATEGORIES or _is_no_character(code)
    if character in _KEPT or not hidden:
        return character
    return chr(0x2400 + code) if code < 0x20 else f"⟨U+{code:04X}⟩"  # noqa: PLR2004


def _is_no_character(code: int) -> bool:
    """Whether Unicode says that no text has it, so that HTML and XML refuse it."""
    return code & 0xFFFE == 0xFFFE or 0xFDD0 <= code <= 0xFDEF  # noqa: PLR2004
