"""What is sent: no question breaks out of its place, and a bad template is refused before it is used."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.systems.http.request import Body, RequestTemplate, asks, body_problems, query_problems
from harness.systems.sandbox import TemplateProblem

HOSTILE = [
    'say "hi"',
    '", "admin": true, "x": "',
    "back\\slash \\u0041 \\",
    "{{ 7 * 7 }} {% raw %} {# no #}",
    "line\nline\r\n\ttab \x00 \x1b[31m",
    "</script> & <b> '",
    "half \ud83d of a pair",
    "\u2028 \ufeff café 漢字 😀",
    "",
]
TABLE = {
    "messages": [{"role": "user", "content": "Q: {{ question }}"}],
    "day": "{{ today }}",
    "format": "{{ instruction }}",
    "options": {"top": 4, "fresh": True, "share": 0.5, "tags": ["a", 1]},
}
FILE = '{"q": {{ question | tojson }}, "day": "{{ today }}", "format": {{ instruction | tojson }}}'


def render(
    body: Body | None, question: str, *, as_json: bool = True, **query: str
) -> tuple[bytes, dict[str, str]]:
    template = RequestTemplate.of(body, query, as_json=as_json)
    data, asked = template.render(question=question, today="2026-03-01", instruction=f"{question}!")
    return data or b"", asked


def check_table(question: str) -> None:
    data, _ = render(TABLE, question)
    assert json.loads(data) == {
        "messages": [{"role": "user", "content": f"Q: {question}"}],
        "day": "2026-03-01",
        "format": f"{question}!",
        "options": {"top": 4, "fresh": True, "share": 0.5, "tags": ["a", 1]},
    }


def write(folder: Path, text: str) -> Path:
    path = folder / "ask.json.jinja"
    path.write_text(text)
    return path


@pytest.mark.parametrize("question", HOSTILE)
def test_a_question_in_a_table_is_one_text_whatever_is_in_it(question: str) -> None:
    check_table(question)


@given(st.text())
def test_any_question_in_a_table_is_one_text(question: str) -> None:
    check_table(question)


@pytest.mark.parametrize("question", HOSTILE)
def test_a_question_in_a_file_is_one_text_through_tojson(question: str, tmp_path: Path) -> None:
    path = write(tmp_path, FILE)
    assert list(body_problems(path, as_json=True)) == []
    data, _ = render(path, question)
    assert json.loads(data) == {"q": question, "day": "2026-03-01", "format": f"{question}!"}


def test_other_bodies_and_queries_are_texts_as_they_are(tmp_path: Path) -> None:
    path = write(tmp_path, "{{ today }}: {{ question }}")
    assert list(body_problems(path, as_json=False)) == []
    data, query = render(path, 'a "b" é', as_json=False, q="{{ question }}&x=1", lang="en")
    assert data == '2026-03-01: a "b" é'.encode()
    assert query == {"q": 'a "b" é&x=1', "lang": "en"}
    for body, asked in ((path, {}), (None, {"q": "{{ question }}"})):
        with pytest.raises(TemplateProblem, match="half a character cannot be sent"):
            render(body, "\ud83d", as_json=False, **asked)


def test_what_is_no_json_for_one_question_is_that_question_s_problem(tmp_path: Path) -> None:
    path = write(tmp_path, '{"q": {{ "NaN" if question == "odd" else question | tojson }}}')
    assert list(body_problems(path, as_json=True)) == []
    assert render(path, "even")[0] == b'{"q": "even"}'
    with pytest.raises(TemplateProblem, match="renders to no JSON: NaN is none"):
        render(path, "odd")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('{"q": "{{ question }}"}', "a question with quotes in it breaks the JSON; write"),
        ('{"q": {{ question }}}', "ask.json.jinja: template: renders to no JSON: "),
        ("{", "renders to no JSON: "),
        ('\n{"q": {{ questoin }}', "unknown name 'questoin': did you mean 'question'? valid: "),
        ("\n\n{% for %}", "ask.json.jinja:3: template: Expected an expression"),
        ("{{ question | tojsn }}", "ask.json.jinja:1: template: No filter named 'tojsn'"),
        ("\n{{ question.__class__.__mro__ }}", "ask.json.jinja:2: template: access to attribute"),
        ("{{ today / 0 }}", "ask.json.jinja:1: template: unsupported operand"),
        ("{{ range(1000000) }}", "ask.json.jinja:1: template: a range of more than"),
        ("{{ '%(x)s' | format({}) }}", "ask.json.jinja:1: template: "),
        ("{% include 'other' %}", "ask.json.jinja:1: template: "),
    ],
)
def test_a_bad_file_is_refused_with_its_line(text: str, message: str, tmp_path: Path) -> None:
    ((key, problem),) = body_problems(write(tmp_path, text), as_json=True)
    assert key == "body"
    assert message in problem


def test_a_file_that_cannot_be_read_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "ask.json.jinja"
    path.write_bytes(b"\xff\xfe")
    ((_, problem),) = body_problems(path, as_json=True)
    assert problem.startswith("ask.json.jinja cannot be read: 'utf-8' codec")


def test_every_bad_text_of_a_table_is_named_by_its_key() -> None:
    body = {
        "a": {"b": ["{{ question }}", "{{ questions }}"]},
        "c": "{% if %}",
        "d": float("nan"),
        "api_key": "PLANTED",
    }
    found = dict(body_problems(body, as_json=True))
    assert found.keys() == {"body.a.b.1", "body.c", "body.d", "body.api_key"}
    assert "did you mean 'question'?" in found["body.a.b.1"]
    assert "write it as a text" in found["body.d"]
    assert "PLANTED" not in found["body.api_key"]
    assert "key_env" in found["body.api_key"]
    ((key, problem),) = query_problems({"q": "{{ quest"})
    assert (key, problem[:10]) == ("query.q", "template: ")


def test_a_table_that_is_not_to_be_json_is_refused() -> None:
    ((_, problem),) = body_problems({"q": "{{ question }}"}, as_json=False)
    assert "a table is sent as JSON" in problem


def test_a_request_without_the_question_asks_nothing(tmp_path: Path) -> None:
    assert not asks({"q": "{{ today }}", "n": [1, {"x": "question"}]}, {})
    assert not asks(None, {"q": "question"})
    assert asks({"n": [1, {"x": "{{ question }}"}]}, {})
    assert asks(None, {"q": "{{ question | upper }}"})
    assert asks(write(tmp_path, FILE), {})
    assert not asks(write(tmp_path, "{}"), {})
