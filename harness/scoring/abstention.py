"""When an answer says that it has no answer.

The list is general English; a text that names a value is judged by that value, whatever hedges
stand around it (`harness.scoring.freshness`).
"""

from __future__ import annotations

import re
from typing import Final

from harness.world.releases.wording import ABSTENTION

_NOT_ABLE: Final = r"(?:can ?not|can't|could ?n[o']t|could not|unable to|not able to)"

_ANYWHERE: Final = (
    re.escape(ABSTENTION.rstrip(".").lower()),
    r"\b(?:do not|don't|does not|doesn't|did not|didn't) (?:actually |really )?(?:know|have (?:\w+ ){0,4}?"
    r"(?:information|data|access|knowledge|record|answer))",
    _NOT_ABLE + r" (?:\w+ ){0,2}?"
    r"(?:answer|determine|find|say|tell|confirm|verify|provide|help|assist|infer|know|identify)",
    r"\b(?:no|not enough|insufficient|lacks?(?: the)?) (?:\w+ ){0,2}?"
    r"(?:information|data|details?|evidence|context|records?|answer|mention)\b",
    r"\b(?:is|are|was|were|has|have) not (?:been )?"
    r"(?:mentioned|specified|stated|given|provided|listed|disclosed|known)\b",
    r"\b(?:context|passages?|documents?|sources?|text) (?:does|do) ?n[o']t\b",
    r"\b(?:context|passages?|documents?|sources?|text) (?:does|do) not\b",
    r"\bnot (?:sure|certain|aware)\b",
    r"\bno (?:idea|clue)\b",
    r"\b(?:is|are|remains?) unknown\b",
)
_WHOLE: Final = (
    r"unknown",
    r"not known",
    r"n/?a",
    r"none",
    r"null",
    r"not (?:available|applicable|specified|stated|mentioned|found)",
    r"unanswerable",
    r"[-?]+",
)

_PATTERN: Final = re.compile(
    rf"(?:{'|'.join(_ANYWHERE)})|\A\W*(?:{'|'.join(_WHOLE)})\W*\Z", re.IGNORECASE
)
_QUOTES: Final = str.maketrans({"\u2019": "'", "\u2018": "'", "\u02bc": "'"})


def abstention(text: str) -> str | None:
    """The words with which `text` declines to answer, or None."""
    found = _PATTERN.search(text.translate(_QUOTES))
    return found.group().strip() if found else None
