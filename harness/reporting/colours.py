"""How systems are told apart: eight colours, and beyond eight systems by a second sign beside the colour."""

from __future__ import annotations

from typing import Final

__all__ = ["colour", "dash", "dot"]

_COLOURS: Final = 8  # --s0 to --s7 of the style sheet
_DASHES: Final = 4
_DOTS: Final = 3


def colour(slot: int) -> str:
    """The CSS class that gives a system's colour."""
    return f"s{slot % _COLOURS}"


def dash(slot: int) -> str:
    """The CSS class of a system's line; with its colour, no two of 32 are alike."""
    return f"d{(slot + slot // _COLOURS) % _DASHES}"


def dot(slot: int) -> str:
    """The CSS classes of a system's name: round dots, then square ones, then rings; 24 are unlike."""
    turn = slot // _COLOURS % _DOTS
    return f"{colour(slot)} r{turn}" if turn else colour(slot)
