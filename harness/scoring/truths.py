"""Read a yes or no out of an answer to a question such as "is it still supported?"."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Final

_YES: Final = frozenset({"yes", "true", "y", "1", "supported"})
_NO: Final = frozenset({"no", "false", "n", "0", "unsupported"})
_LEAD: Final = re.compile(r"\A\W*(yes|no|true|false)\b(?!-)", re.IGNORECASE)
_ALONE: Final = re.compile(r"\A\W*(?:yes|no|true|false)\W*(?:\Z|[,.!;\n])", re.IGNORECASE)
_NEGATION: Final = re.compile(
    r"\b(?:no|not|never|neither|without|isn't|doesn't|wasn't|hasn't|cannot|can't|ended|expired|"
    r"discontinued|unsupported|false)\b",
    re.IGNORECASE,
)


def read_truth(value: str) -> bool | None:
    """True or False as tables write it; None where `value` is neither."""
    word = value.strip().casefold()
    return True if word in _YES else False if word in _NO else None


def find_truth(text: str, attribute: str) -> tuple[int, int, bool] | None:
    """Where the answer says yes or no, and which.

    A leading yes or no decides; else a sentence about the attribute, negated or not.
    """
    plain = text.replace("\u2019", "'")
    if found := _LEAD.search(plain):
        return *found.span(), found.group(1).lower() in _YES
    if found := _NEGATION.search(plain):
        return *found.span(), False
    if found := _about(attribute).search(plain):
        return *found.span(), True
    return None


@lru_cache(maxsize=256)
def _about(attribute: str) -> re.Pattern[str]:
    words = [re.escape(word) for word in re.split(r"[\W_]+", attribute) if len(word) > len("of")]
    return re.compile(
        rf"\b(?:{'|'.join(['yes', 'true', 'still', 'supported', *words])})\b", re.IGNORECASE
    )


def leads(text: str) -> bool:
    """Whether the text begins with a yes or no of its own (`No, ...`, not `No information`)."""
    return _ALONE.search(text) is not None
