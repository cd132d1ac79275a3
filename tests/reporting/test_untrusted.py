import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.reporting.untrusted import SHOWN, excerpt, single_line, visible


@pytest.mark.parametrize(
    ("raw", "shown"),
    [
        ("plain text, with\ta tab\nand a line", "plain text, with\ta tab\nand a line"),
        ("a\x00b", "a␀b"),
        ("\x1b[31m", "␛[31m"),
        ("\x7f\x85", "⟨U+007F⟩⟨U+0085⟩"),
        ("abc\u202edcba", "abc⟨U+202E⟩dcba"),
        ("\u2066x\u2069", "⟨U+2066⟩x⟨U+2069⟩"),
        ("zero\u200bwidth\ufeff", "zero⟨U+200B⟩width⟨U+FEFF⟩"),
        ("soft\u00adhyphen", "soft⟨U+00AD⟩hyphen"),
        ("line\u2028separator", "line⟨U+2028⟩separator"),
        ("\udc80", "⟨U+DC80⟩"),
        ("\U000e0041", "⟨U+E0041⟩"),
        ("Ünïcode, عربى, 日本語, 👩\u200d🔬", "Ünïcode, عربى, 日本語, 👩\u200d🔬"),
    ],
)
def test_what_cannot_be_seen_is_spelled_out(raw: str, shown: str) -> None:
    assert visible(raw) == shown


@given(st.text(st.characters()))
def test_nothing_invisible_is_left_and_the_text_can_be_written(text: str) -> None:
    shown = visible(text)
    shown.encode()
    left = {c for c in shown if unicodedata.category(c) in {"Cc", "Cf", "Cs", "Zl", "Zp"}}
    assert left <= set("\n\t\u200c\u200d")


@given(st.text(st.characters()))
def test_spelling_out_twice_changes_nothing(text: str) -> None:
    assert visible(visible(text)) == visible(text)


def test_a_long_text_is_cut_and_says_how_long_it_was() -> None:
    cut = excerpt("x" * 10_000_000)
    assert len(cut.text) == SHOWN + 2
    assert cut.omitted == "the first 900 of 10,000,000 characters"
    assert excerpt("short").omitted == ""


def test_a_single_line_is_one_line() -> None:
    assert single_line("a\n b\r\n  c") == "a b␍ c"
    assert single_line("x" * 70) == "x" * 59 + "…"
