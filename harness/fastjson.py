"""JSON as fast as there is, for what is read or written once an answer.

`orjson` does the work. What it refuses and the standard library takes (half a surrogate pair, which
servers send when they cut a character in two; numbers beyond 64 bits) goes the slow way.
"""

from __future__ import annotations

import json
from typing import Any, Final

import orjson

__all__ = ["dumps", "loads"]

_ENCODER: Final = json.JSONEncoder(separators=(",", ":"), allow_nan=False)


def loads(data: bytes) -> Any:  # noqa: ANN401  (any JSON)
    """What the bytes say; raises `ValueError` or `RecursionError` where that is no JSON."""
    try:
        return orjson.loads(data)
    except orjson.JSONDecodeError:
        return json.loads(data)


def dumps(value: Any) -> bytes:  # noqa: ANN401  (any JSON)
    """Compact JSON on one line. A float that is no number becomes null: look before.

    Raises:
        TypeError, ValueError: JSON has no such value.
    """
    try:
        return orjson.dumps(value)
    except (TypeError, ValueError):
        return _ENCODER.encode(value).encode("ascii")
