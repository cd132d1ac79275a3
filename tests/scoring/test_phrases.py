from __future__ import annotations

import re

from hypothesis import given
from hypothesis import strategies as st

from harness.scoring.phrases import find_phrase, fold

WORDS = st.sampled_from(["ab", "a", "a.b", "c++", "c", "1.2", "1", "_", "é", "ß", "+", "#"])
GAPS = st.sampled_from([" ", "  ", "-", ".", "", "+", "#", "_", "\u2019"])


def by_pattern(text: str, phrase: str, *, dotted: bool) -> list[tuple[int, int]]:
    """The same by one regular expression, on text whose characters fold one to one."""
    before, after = (r"(?<![\w.])", r"(?![\w+#]|[.-]\w)") if dotted else (r"(?<!\w)", r"(?![\w+#])")
    words = phrase.split()
    if not words:
        return []
    pattern = before + " +".join(map(re.escape, words)) + after
    return [found.span() for found in re.finditer(pattern, text)]


@given(st.lists(st.tuples(WORDS, GAPS), max_size=8), st.lists(WORDS, max_size=3), st.booleans())
def test_a_phrase_is_found_where_a_pattern_finds_it(
    parts: list[tuple[str, str]], wanted: list[str], dotted: bool
) -> None:
    text = "".join(word + gap for word, gap in parts).replace("ß", "x")
    phrase = fold(" ".join(wanted))
    folded = re.sub(r"[\s_\-]", " ", text.lower().replace("é", "e").replace("\u2019", "'"))
    assert find_phrase(text, phrase, dotted=dotted) == by_pattern(folded, phrase, dotted=dotted)
