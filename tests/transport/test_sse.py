"""Server-sent events: the same however the bytes are cut."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.transport.sse import EventReader


@given(
    st.lists(st.text(st.characters(exclude_characters="\r\n", codec="utf-8")), max_size=5),
    st.sampled_from(["\n", "\r\n"]),
    st.data(),
)
def test_events_are_the_same_however_the_bytes_are_cut(
    texts: list[str], end: str, data: st.DataObject
) -> None:
    lines = "".join(f": ping{end}event: x{end}data: {text}{end}data:{end}{end}" for text in texts)
    rest = lines.encode()
    reader, seen = EventReader(), []
    while rest:
        size = data.draw(st.integers(1, len(rest)))
        seen += reader.feed(rest[:size])
        rest = rest[size:]
    assert seen == [f"{text}\n".encode() for text in texts]


def test_events_end_with_an_empty_line_of_any_kind() -> None:
    reader = EventReader()
    assert list(reader.feed("\ufeffdata: a\r\rdata:b\n\n\n\ndata: c\r\n".encode())) == [b"a", b"b"]
    assert list(reader.feed(b"\r\n")) == [b"c"]
    with pytest.raises(ValueError, match="a line of more than"):
        list(reader.feed(b"x" * 4_000_001))


def test_an_event_that_has_not_ended_is_told() -> None:
    reader = EventReader()
    insides = []
    for piece in (b"", b"data", b": a\n", b"\n", b": ping\n"):
        list(reader.feed(piece))
        insides.append(reader.inside)
    assert insides == [False, True, True, False, False]
