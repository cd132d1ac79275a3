"""Whatever is sent is read or refused."""

from __future__ import annotations

import json
from contextlib import suppress

from hypothesis import given
from hypothesis import strategies as st

from harness.serving.refusal import RefusedError
from harness.serving.request import chat_request

SCALARS = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5)
ANYTHING = st.recursive(
    SCALARS,
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3)
    ),
    max_leaves=8,
)
TURNS = st.lists(
    st.fixed_dictionaries({"role": st.just("user") | SCALARS, "content": st.text() | ANYTHING}),
    max_size=2,
)
FORMATS = st.fixed_dictionaries(
    {"type": st.sampled_from(["text", "json_object", "json_schema"]) | SCALARS},
    optional={"json_schema": st.fixed_dictionaries({"name": st.text(), "schema": ANYTHING})},
)
REQUESTS = st.fixed_dictionaries(
    {"model": st.text(max_size=3) | ANYTHING, "messages": TURNS | ANYTHING},
    optional={
        "max_tokens": st.integers(-1, 9) | ANYTHING,
        "temperature": ANYTHING,
        "response_format": FORMATS | ANYTHING,
        "stream": st.booleans() | ANYTHING,
        "stream_options": ANYTHING,
    },
)


@given(REQUESTS | ANYTHING)
def test_any_json_is_read_or_refused(data: object) -> None:
    with suppress(RefusedError):
        asked = chat_request(json.dumps(data).encode())
        assert asked.messages
        assert asked.max_tokens is None or asked.max_tokens >= 1
        assert isinstance(data, dict)
        assert asked.model == data["model"]


@given(st.binary(max_size=50))
def test_any_bytes_are_read_or_refused(body: bytes) -> None:
    with suppress(RefusedError):
        chat_request(body)
