"""Server-sent events: from the bytes of a response to the data of each event.

After the WHATWG's HTML standard, section 9.2. Only `data` is read: no server that is asked here says
anything that matters in another field. Lines are cut as bytes, since no part of a character in UTF-8 is a line end.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

__all__ = ["EventReader"]

_MARK: Final = b"\xef\xbb\xbf"
_LONGEST: Final = 4_000_000
"""Bytes of one line. A token's event has some hundred; no server shall fill our memory."""


class EventReader:
    """Takes bytes however they were cut, and gives the events that they complete."""

    def __init__(self) -> None:
        self._pending = b""
        self._begun = False
        self._data: list[bytes] = []

    @property
    def inside(self) -> bool:
        """Whether an event has begun that has not ended."""
        return bool(self._data or self._pending)

    def feed(self, chunk: bytes) -> Iterator[bytes]:
        """The data of each event that ended, its lines joined.

        Raises:
            ValueError: a line without end.
        """
        for line in self._lines(chunk):
            if line[:5] == b"data:":
                self._data.append(line[6:] if line[5:6] == b" " else line[5:])
            elif line == b"data":
                self._data.append(b"")
            elif not line and self._data:
                yield b"\n".join(self._data)
                self._data = []

    def _lines(self, chunk: bytes) -> list[bytes]:
        """Lines that have ended, without their ends."""
        text = self._pending + chunk
        if not self._begun and len(text) >= len(_MARK):
            self._begun = True
            text = text.removeprefix(_MARK)
        held = b""
        if b"\r" in text:
            # One at the end may be the first half of a line end.
            held = b"\r" if text.endswith(b"\r") else b""
            text = text.removesuffix(b"\r").replace(b"\r\n", b"\n").replace(b"\r", b"\n")
        *lines, pending = text.split(b"\n")
        self._pending = pending + held
        if len(self._pending) > _LONGEST:
            raise ValueError(f"a line of more than {_LONGEST:,} bytes")
        return lines
