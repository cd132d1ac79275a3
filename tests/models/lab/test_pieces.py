"""Pieces of a text, whatever the bytes of its tokens."""

from __future__ import annotations

from collections.abc import Sequence

from hypothesis import given
from hypothesis import strategies as st

from harness.models.lab.pieces import TextPieces

CUT = (
    st.text()
    .map(str.encode)
    .flatmap(
        lambda data: st.lists(st.integers(0, len(data)), max_size=9).map(
            lambda places: [
                data[start:end]
                for start, end in zip(
                    [0, *sorted(places)], [*sorted(places), len(data)], strict=True
                )
            ]
        )
    )
)


@given(CUT | st.lists(st.binary(max_size=4)))
def test_joined_they_are_the_text_and_no_character_comes_in_halves(tokens: list[bytes]) -> None:
    def decode(ids: Sequence[int]) -> str:
        return b"".join(tokens[i] for i in ids).decode("utf-8", "replace")

    told: list[str] = []
    pieces = TextPieces(decode, told.append)
    whole = decode(range(len(tokens)))
    for index in range(len(tokens)):
        pieces.take(index)
        assert whole.startswith("".join(told))
        assert "".join(told) == decode(range(index + 1)).rstrip("\ufffd")
    pieces.finish(whole)
    assert "".join(told) == whole
