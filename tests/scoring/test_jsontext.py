from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.errors import ConfigError
from harness.scoring.jsontext import JsonTextError, find, parse_strict, pointer_tokens, resolve

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
)  # fmt: skip


@given(JSON)
def test_strict_reading_inverts_writing(value: object) -> None:
    assert parse_strict(json.dumps(value)) == value


@given(st.text(alphabet='[]{}",:\\ntrue1e+-. \ufeff', max_size=30))
def test_strict_reading_accepts_no_more_than_the_standard_reader(text: str) -> None:
    try:
        value = parse_strict(text)
    except JsonTextError:
        return
    assert value == json.loads(text)


@given(st.dictionaries(st.text(), JSON, max_size=4), st.sampled_from(["```", "```json"]))
def test_a_value_is_found_in_a_fence_and_in_prose(value: dict[str, object], fence: str) -> None:
    text = json.dumps(value)
    assert find(text) == value
    assert find(f"Sure, here it is: {text} Anything else?") == value
    if "```" not in text:
        assert find(f"Sure:\n{fence}\n{text}\n```\nDone.") == value


@given(st.text())
def test_finding_never_raises_anything_else(text: str) -> None:
    try:
        find(text)
    except JsonTextError:
        return


def test_pointers_follow_rfc_6901() -> None:
    document = {"foo": ["bar", "baz"], "": 0, "a/b": 1, "m~n": 8, "0": "zero"}
    expected = {"": document, "/foo/0": "bar", "/": 0, "/a~1b": 1, "/m~0n": 8, "/0": "zero"}
    for pointer, value in expected.items():
        assert resolve(document, pointer) == value
    for pointer in ("/foo/2", "/foo/-", "/foo/x", "/none", "/foo/0/0", "/foo/" + "9" * 5000):
        with pytest.raises(KeyError):
            resolve(document, pointer)
    with pytest.raises(ConfigError):
        pointer_tokens("foo")
