"""Grammars of llama.cpp: read by another reader of them, they accept what the pattern matches."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from llguidance import LLMatcher, LLTokenizer
from llguidance.gbnf_to_lark import gbnf_to_lark

from harness.models.base import ModelError
from harness.models.openai.gbnf import choice_grammar, regex_grammar

BYTES = LLTokenizer("byte")
PATTERNS = (
    r"\d{4}-\d{2}-\d{2}",
    r"^(?:yes|no|)$",
    r"CVE-\d{4}-\d{4,7}",
    r"[A-Z][a-z]+(?: [A-Z][a-z]*?){0,2}",
    r"(v?\d+(\.\d+)*)|none",
    r"[^a-c\d\]\\^-]{2,}",
    r"[-+.]?\d",
    r"a\$\.\*\\",
    r"\x41\u00e9\n?\t",
    r'"[^"\\]*"',
    r".é|[à-ü]\s\S",
    r"\w\W\D",
    "",
)


def accepts(grammar: str, text: str) -> bool:
    matcher = LLMatcher(BYTES, LLMatcher.grammar_from_lark(gbnf_to_lark(grammar)), log_level=0)
    assert not matcher.is_error(), matcher.get_error()
    return all(matcher.consume_token(byte) for byte in text.encode()) and matcher.is_accepting()


@pytest.mark.parametrize("pattern", PATTERNS)
@given(data=st.data())
def test_a_grammar_accepts_what_its_pattern_matches(pattern: str, data: st.DataObject) -> None:
    grammar = regex_grammar(pattern)
    ascii_text = st.text(st.characters(max_codepoint=127), max_size=8)
    matching = st.from_regex(re.compile(pattern, re.ASCII), fullmatch=True)
    text = data.draw(st.one_of(matching, ascii_text))
    matches = re.fullmatch(pattern, text, re.ASCII) is not None
    # A dot is no line's end, and \r is one for ECMAScript: the grammar is the narrower of the two.
    if "\r" in text:
        assert matches or not accepts(grammar, text)
    else:
        assert accepts(grammar, text) == matches


@given(st.lists(st.text(st.characters(codec="utf-8"), min_size=1), min_size=1), st.text())
def test_a_choice_is_any_of_its_options_and_nothing_else(options: list[str], other: str) -> None:
    grammar = choice_grammar(options)
    assert all(accepts(grammar, option) for option in options)
    if other in options or not other.isascii():
        return
    assert not accepts(grammar, other)


@pytest.mark.parametrize(
    ("pattern", "what"),
    [
        (r"(?=a)b", "'(?=a'"),
        (r"(?i)b", "'(?i)'"),
        (r"(a)\1", r"'\1'"),
        (r"\bword", r"'\b'"),
        (r"\p{L}", r"'\p'"),
        (r"a^b", "'^' here"),
        (r"a$b", "'$' here"),
        (r"*a", "'*' here"),
        (r"a{2}{3}", "a repetition of a repetition"),
        (r"a++", "a repetition of a repetition"),
        (r"(a", "a group without end"),
        (r"a)", "')' without its opening"),
        (r"[a", "a class without end"),
        (r"[]", "an empty class"),
        (r"[[:alpha:]]", "'[' in a class"),
        (r"[z-a]", "the range z-a"),
        (r"[\D]", r"'\D'"),
        ("\\", "'\\'"),
    ],
)
def test_what_a_grammar_cannot_say_is_refused_by_name(pattern: str, what: str) -> None:
    with pytest.raises(ModelError, match=re.escape(what)) as caught:
        regex_grammar(pattern)
    assert caught.value.kind == "grammar"
