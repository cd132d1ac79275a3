"""Server-sent events: from the bytes of a response to the data of each event.

After the WHATWG's HTML standard, section 9.2. Only `data` is read: a completion has no other field
that means anything.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterator
from typing import Final

__all__ = ["EventReader"]

_LINE_END: Final = re.compile(r"\r\n|\n|\r")
_LONGEST: Final = 4_000_000
"""Characters of one line. A token's event has some hundred; no server shall fill our memory."""


class EventReader:
    """Takes bytes however they were cut, and gives the events that they complete."""

    def __init__(self) -> None:
        self._decoder = codecs.getincrementaldecoder("utf-8-sig")()
        self._pending = ""
        self._data: list[str] = []

    def feed(self, chunk: bytes) -> Iterator[str]:
        """The data of each event that ended, its lines joined.

        Raises:
            ValueError: bytes that are not UTF-8, or a line without end.
        """
        for line in self._lines(chunk):
            if not line and self._data:
                yield "\n".join(self._data)
                self._data = []
            name, _, value = line.partition(":")
            if name == "data":
                self._data.append(value.removeprefix(" "))

    def _lines(self, chunk: bytes) -> list[str]:
        """Lines that have ended, without their ends."""
        text = self._pending + self._decoder.decode(chunk)
        # A carriage return at the end may be the first half of a line end.
        held = "\r" if text.endswith("\r") else ""
        *lines, pending = _LINE_END.split(text.removesuffix("\r"))
        self._pending = pending + held
        if len(self._pending) > _LONGEST:
            raise ValueError(f"a line of more than {_LONGEST:,} characters")
        return lines
