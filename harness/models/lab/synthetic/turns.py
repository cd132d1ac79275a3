"""The unit of the mix: a conversation as (role, text) turns."""

from __future__ import annotations

from typing import Literal

__all__ = ["Role", "Turn"]

Role = Literal["system", "user", "assistant"]
Turn = tuple[Role, str]
