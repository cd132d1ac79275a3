"""The text of an answer piece by piece, while its tokens come."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final

__all__ = ["TextPieces"]

_REPLACEMENT: Final = "\ufffd"
"""What stands for bytes that are no character, which those of a cut one are not yet."""


class TextPieces:
    """Gives `on_text` what each token adds to the text; joined, the pieces are the text.

    Tokens are bytes, so a character may come in several. What could still become another one is
    held back, until the text ends.
    """

    def __init__(
        self, decode: Callable[[Sequence[int]], str], on_text: Callable[[str], None]
    ) -> None:
        """`decode` gives the text of token ids."""
        self._decode = decode
        self._on_text = on_text
        self._ids: list[int] = []
        self._told = 0  # characters

    def take(self, token: int) -> None:
        """One more token."""
        self._ids.append(token)
        # The whole is decoded anew, since a decoder may treat its first token in its own way; that
        # is a tenth of what computing the tokens takes, at the longest answer of the lab model.
        self._tell(self._decode(self._ids).rstrip(_REPLACEMENT))

    def finish(self, text: str) -> None:
        """The tokens are over, and `text` is their text."""
        if len(text) > self._told:
            self._tell(text)

    def _tell(self, text: str) -> None:
        piece = text[self._told :]
        self._told += len(piece)
        self._on_text(piece)
