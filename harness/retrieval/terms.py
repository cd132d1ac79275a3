"""Search terms: how texts and queries are cut for BM25 and for the hashed embedder.

Short technical passages name products and versions, and a general tokenizer breaks both: "3.12.4"
becomes three numbers, "Node.js 22" loses its version among all others. Here a version stays one
term, and a number is also joined to the word before it ("node.js~22").
"""

from __future__ import annotations

import re
from itertools import pairwise

# Letters and digits, joined inside by the marks that occur in versions and names; "c++", "c#".
_TERM = re.compile(r"[^\W_]+(?:['.+#/:-][^\W_]+)*[+#]*")
_POSSESSIVE = re.compile(r"['\u2019]s\b")

# Words that say nothing of what is asked or stated; in short passages they would decide by style.
_STOP_TEXT = """
a about an and are as at be been but by can could did do does for from had has have how i if in into
is it its me my no not of on or our s since so still such t tell than that the their then there these
they this to today up was we were what when which who will with would you your
"""
_STOP_WORDS = frozenset(_STOP_TEXT.split())


def search_terms(text: str) -> list[str]:
    """Lower-case terms in order, then every number joined to the term before it."""
    words = [
        word for word in _TERM.findall(_POSSESSIVE.sub("", text.lower())) if word not in _STOP_WORDS
    ]
    return words + [f"{first}~{second}" for first, second in pairwise(words) if second[0].isdigit()]
