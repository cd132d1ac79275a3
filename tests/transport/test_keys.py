"""A key is sent in a header, and hidden wherever a server repeats it."""

from __future__ import annotations

import json

import pytest

from harness.transport.keys import Key

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
