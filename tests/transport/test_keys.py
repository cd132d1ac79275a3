"""A key shows itself in a request's header and nowhere else, whoever looks at the object."""

from __future__ import annotations

import copy
import json
import pickle

import pytest
from hypothesis import given
from hypothesis import strategies as st
from multidict import CIMultiDict

from harness.transport.keys import Key, key_of, variable_problem, without_secrets

VALUE = "sk-planted-0123456789-secret"
characters = st.characters(min_codepoint=0x21, max_codepoint=0x7E)


def test_a_key_and_its_header_have_no_representation() -> None:
    key = Key(VALUE)
    shown = [
        repr(key),
        str(key),
        f"{key!r:>40}",
        repr(key.header()),
        str(CIMultiDict(key.header())),
    ]
    assert not [text for text in shown if "planted" in text]
    assert not hasattr(key, "__dict__")
    assert key.header()["Authorization"] == f"Bearer {VALUE}"
    assert repr(Key("")) == "Key()"
    assert not Key("").header()


@pytest.mark.parametrize("copied", [pickle.dumps, copy.copy, copy.deepcopy])
def test_a_key_cannot_be_sent_to_another_process(copied: object) -> None:
    assert callable(copied)
    with pytest.raises(TypeError, match="a key stays in its process"):
        copied(Key(VALUE))


@given(st.text(characters, min_size=10, max_size=60), st.text(max_size=30), st.data())
def test_no_ten_characters_of_a_key_are_left_of_a_text(
    value: str, around: str, data: st.DataObject
) -> None:
    start = data.draw(st.integers(0, len(value) - 10))
    end = data.draw(st.integers(start + 10, len(value)))
    told = Key(value).hide(f"{around}{value[start:end]}{around}")
    parts = {value[place : place + 10] for place in range(len(value) - 9)} - {"[key]"}
    assert not [part for part in parts if part in told.replace("[key]", "\0")]


@given(st.text(max_size=40))
def test_a_text_without_the_key_is_left_as_it_is(text: str) -> None:
    assert Key(VALUE).hide(text) == text


def test_a_word_instead_of_a_key_is_not_hidden() -> None:
    assert Key("EMPTY").hide("EMPTY is EMPTY") == "EMPTY is EMPTY"


def test_a_key_is_hidden_in_every_text_of_json() -> None:
    data = {VALUE: [f"a {VALUE}", {"b": [VALUE]}, 1, None, True]}
    assert Key(VALUE).hide_in(data) == {"[key]": ["a [key]", {"b": ["[key]"]}, 1, None, True]}


@pytest.mark.parametrize("name", ["MY_KEY", "my_key", "KEY2", "AUTHENTICATIONTOKEN", "_X"])
def test_a_name_is_a_name(name: str) -> None:
    assert variable_problem(name) is None


@pytest.mark.parametrize(
    "name",
    [
        "sk-planted-0123456789",
        "gsk_Ab12Cd34Ef56Gh78Ij90",
        "AKIAIOSFODNN7EXAMPLE",
        "hf_abcdefghijkLMNOPQRSTUVWXYZ",
        "d41d8cd98f00b204e9800998ecf8427e",
        "",
    ],
)
def test_a_key_is_no_name_and_is_not_told(name: str) -> None:
    problem = variable_problem(name)
    assert problem == "must be the name of an environment variable that holds the key"


def test_a_variable_that_exists_has_a_name_whatever_it_looks_like(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("KEYFORPROJECT4711ABC", VALUE)
    assert variable_problem("KEYFORPROJECT4711ABC") is None
    assert key_of("http://10.0.0.1/v1", "KEYFORPROJECT4711ABC")


def test_values_of_secret_variables_are_taken_out_of_what_foreign_code_says(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("MY_DB_PASSWORD", "correct-horse")
    monkeypatch.setenv("api_token", "t0ken-abcdef")
    monkeypatch.setenv("SHORT_KEY", "EMPTY")
    monkeypatch.setenv("PLAIN", "no-secret-here")
    told = "db://me:correct-horse@h?t=t0ken-abcdef EMPTY no-secret-here"
    assert without_secrets(told) == "db://me:[MY_DB_PASSWORD]@h?t=[api_token] EMPTY no-secret-here"


PLANTED = 'pl4nted+/key/"0123\\=='


def test_a_key_is_a_bearer_token_or_stands_in_a_header_of_its_own() -> None:
    assert Key("k1234567").header() == {"Authorization": "Bearer k1234567"}
    assert Key("k1234567").header("X-Api-Key") == {"X-Api-Key": "k1234567"}
    assert Key("").header("X-Api-Key") == Key("").header() == {}


@pytest.mark.parametrize(
    "spelled",
    [PLANTED, json.dumps(PLANTED)[1:-1], json.dumps(PLANTED)[1:-1].replace("/", "\\/")],
    ids=["as it is", "in JSON", "in JSON with slashes escaped"],
)
def test_a_key_is_hidden_as_it_is_and_as_json_spells_it(spelled: str) -> None:
    assert Key(PLANTED).hide(f"you said {spelled}, {spelled}!") == "you said [key], [key]!"
