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
        ("{% if question == 'x' %}\n{{ questoin }}{% endif %}", 2, "did you mean 'question'"),
        ("{{ question.__class__ }}", 1, "unsafe"),
        ("{{ question|attr('__class__') }}", 1, "unsafe"),
        ("{{ '{0.__class__}'.format(question) }}", 1, "unsafe"),
        ("{{ '{a.__class__}'.format_map({'a': 1}) }}", 1, "unsafe"),
        ("{{ cycler.__init__.__globals__ }}", 1, "unsafe"),
        ("{{ namespace.__init__.__globals__.os }}", 1, "unsafe"),
        ("{{ (passages|map('upper')).gi_frame }}", 1, "unsafe"),
        ("{{ passages.append(question) }}", 1, "no attribute 'append'"),
        ("\n{{ 1 / 0 }}", 2, "division by zero"),
        ("\n{% include '/etc/hostname' %}", 2, "include reads other files"),
        ("{% if question == 'x' %}\n{% include 'a' %}{% endif %}", 2, "include reads other files"),
        ("{% import 'a' as b %}", 1, "import reads other files"),
        ("{% from 'a' import b %}", 1, "import reads other files"),
        ("{% extends 'a' %}", 1, "extends reads other files"),
        ("{{ lipsum() }}", 1, "'lipsum' is undefined"),
        ("{{ [1, 2]|random }}", 1, "No filter named 'random'"),
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


MANY = "{% for a in range(9999) %}"


@pytest.mark.parametrize(
    ("source", "what"),
    [
        (f"{MANY * 4}{'{% endfor %}' * 4}", "more than 100,000 rounds"),
        (f"{{% set x %}}{MANY * 2}x{'{% endfor %}' * 2}{{% endset %}}", "more than 100,000 rounds"),
        ("{% for a in range(10 ** 9) %}{% endfor %}", "none to a power"),
        ("{% for a in range(1000000000) %}{% endfor %}", "a range of more than 10,000"),
        (f"{MANY}{'x' * 2000}{{% endfor %}}", "more than 10,000,000 characters"),
        ("{% macro f(n) %}{% if n %}{{ f(n - 1) }}{{ f(n - 1) }}{% endif %}{% endmacro %}{{ f(60) }}",
         "more than 100,000 rounds"),
        ("{% macro f() %}{{ f() }}{% endmacro %}{{ f() }}", "maximum recursion depth"),
        ("{% for a in [1] recursive %}{{ loop([1]) }}{% endfor %}", "maximum recursion depth"),
        ("{% block a %}{{ self.a() }}{% endblock %}", "maximum recursion depth"),
        ("{{ 'x' * 10000000000 }}", "only numbers are multiplied"),
        ("{{ 10 ** 10 ** 10 }}", "none to a power"),
        ("{{ '%10000000000d' % 1 }}", "only numbers are multiplied"),
    ],
)  # fmt: skip
def test_a_template_that_would_not_end_is_refused(tmp_path: Path, source: str, what: str) -> None:
    path = tmp_path / "mine.jinja"
    path.write_text(source)
    with pytest.raises(ConfigError, match=what) as caught:
        PromptTemplate.load(path)
    assert "\n" not in str(caught.value)


def test_what_a_prompt_needs_is_there(tmp_path: Path) -> None:
    path = tmp_path / "mine.jinja"
    path.write_text(
        "{% macro shown(p) %}{{ p.day.strftime('%Y') }} {{ p.text|trim|truncate(9, true) }}{% endmacro %}"
        "{% set found = passages|sort(attribute='score')|list %}{{ found|length * 2 }}"
        "{% for p in found if p.score > 0.1 %}|{{ loop.index }}/{{ loop.length }} {{ shown(p) }}"
        "{% else %}nothing{% endfor %}|{{ question.upper() }} {{ '%.1f'|format(7.25 % 2) }}"
    )
    template = PromptTemplate.load(path)
    found = [Passage("a", date(2025, 1, 1), " new ", 0.9), Passage("b", date(2024, 1, 1), "", 0.2)]
    assert (
        template.render(date(2026, 1, 1), "why?", "", found) == "4|1/2 2024 |2/2 2025 new|WHY? 1.2"
    )
    assert template.render(date(2026, 1, 1), "why?", "", []) == "0nothing|WHY? 1.2"


def test_a_missing_template_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="cannot read the template"):
        PromptTemplate.load(tmp_path / "none.jinja")
