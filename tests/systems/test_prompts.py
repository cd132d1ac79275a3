"""The shipped templates say what the model was trained on; a bad template is named by line."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.errors import ConfigError
from harness.retrieval.base import Passage
from harness.systems.prompts import CLOSED_BOOK, RETRIEVAL, PromptTemplate
from harness.world.releases.wording import closed_book_prompt, retrieval_prompt

texts = st.text(max_size=40)
days = st.dates(date(1990, 1, 1), date(2050, 1, 1))
passages = st.lists(st.builds(Passage, texts, days, texts, st.floats(0, 1)), max_size=5)

closed_book = PromptTemplate.load(CLOSED_BOOK)
retrieval = PromptTemplate.load(RETRIEVAL)


@given(days, texts, texts, passages)
def test_templates_render_exactly_the_prompts_of_the_suite(
    today: date, question: str, instruction: str, found: list[Passage]
) -> None:
    numbered = [(passage.day.isoformat(), passage.text) for passage in found]
    assert retrieval.render(today, question, instruction, found) == retrieval_prompt(
        today.isoformat(), numbered, question, instruction
    )
    assert closed_book.render(today, question, instruction, ()) == closed_book_prompt(
        today.isoformat(), question, instruction
    )


def test_fingerprint_follows_the_content(tmp_path: Path) -> None:
    copy = tmp_path / "copy.jinja"
    copy.write_text(RETRIEVAL.read_text())
    assert PromptTemplate.load(copy).fingerprint() == retrieval.fingerprint()
    copy.write_text(RETRIEVAL.read_text() + "Be brief.\n")
    assert PromptTemplate.load(copy).fingerprint() != retrieval.fingerprint()


@pytest.mark.parametrize(
    ("source", "line", "what"),
    [
        ("Today is {{ today }}.\n{{ questoin }}", 2, "'questoin' is undefined"),
        ("\n\n{% for %}", 3, "Expected an expression"),
        ("{{ question.__class__ }}", 1, "unsafe"),
        ("\n{{ 1 / 0 }}", 2, "division by zero"),
    ],
)
def test_a_bad_template_is_refused_with_file_and_line(
    tmp_path: Path, source: str, line: int, what: str
) -> None:
    path = tmp_path / "mine.jinja"
    path.write_text(source)
    with pytest.raises(ConfigError, match=what) as caught:
        PromptTemplate.load(path)
    assert str(caught.value).startswith(f"{path}:{line}:")


def test_a_missing_template_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="cannot read the template"):
        PromptTemplate.load(tmp_path / "none.jinja")
