"""Find numbers, with their unit where they have one: `500 GB` is `0.5 TB` and not `500 MB`.

Units are those of `pint`, currencies by sign, code or name, and any word of the value's own
(`3 users`). A number without a unit, or before a word that is none, is taken in the value's own.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final

from harness.scoring.mention import Finder, Mention

if TYPE_CHECKING:
    from pint import UnitRegistry

_CURRENCIES: Final = {
    "$": "usd", "us$": "usd", "usd": "usd", "dollar": "usd", "dollars": "usd",
    "€": "eur", "eur": "eur", "euro": "eur", "euros": "eur",
    "£": "gbp", "gbp": "gbp", "¥": "jpy", "jpy": "jpy", "yen": "jpy", "chf": "chf",
    "cny": "cny", "yuan": "cny", "₹": "inr", "inr": "inr", "rupee": "inr", "rupees": "inr",
}  # fmt: skip
_SCALES: Final = {"thousand": 10**3, "million": 10**6, "billion": 10**9, "trillion": 10**12}
_NO_UNITS: Final = frozenset(
    ("a", "am", "are", "as", "at", "has", "he", "in", "us")
)  # pint reads them all
_NUMBER: Final = r"[-+]?\d+(?:,\d{3})*(?:\.\d+)?"
_SCALE: Final = rf"(?:\s(?P<scale>{'|'.join(_SCALES)})\b)?"
_BARE: Final = re.compile(
    rf"(?<![\w.])(?P<number>{_NUMBER})(?!\w|\.\d){_SCALE}", re.ASCII | re.IGNORECASE
)
_WITH_UNIT: Final = re.compile(
    rf"(?<![\w.])(?:(?P<sign>(?:US)?\$|[€£¥₹])\s?)?(?P<number>{_NUMBER})(?!\.?\d){_SCALE}"
    r"(?:[\s-]?(?P<unit>[%$€£¥₹]|per\s?cent\b|°?[^\W\d_]+(?:/[^\W\d_]+|[²³])*))?",
    re.IGNORECASE,
)
_MAX_NUMBER: Final = 64
_DIGITS: Final = 12  # that two amounts must share to be the same


@dataclass(frozen=True, slots=True)
class _Unit:
    """Amounts of one `kind` compare after `amount * factor + offset`."""

    kind: str
    factor: float = 1.0
    offset: float = 0.0


@dataclass(frozen=True, slots=True)
class _Quantity:
    amount: Decimal
    unit: _Unit | None


def quantity_finder(spellings: Mapping[str, Sequence[str]]) -> Finder | None:
    """Finds the values that are numbers; None where no spelling is one."""
    read = [
        (value, quantity)
        for value, texts in spellings.items()
        for text in texts
        if (quantity := _read(text)) is not None
    ]
    if not read:
        return None
    units = {quantity.unit for _, quantity in read if quantity.unit is not None}
    wanted: dict[tuple[str, str], list[str]] = {}
    for value, quantity in read:
        own = wanted.setdefault(_key(quantity.amount, quantity.unit), [])
        if value not in own:
            own.append(value)
    return _finder_of_units(wanted, units) if units else _finder_of_numbers(wanted)


def is_quantity(text: str) -> bool:
    """Whether a value is a number, with or without a unit."""
    return _read(text) is not None


def _finder_of_numbers(wanted: Mapping[tuple[str, str], Sequence[str]]) -> Finder:
    def find(text: str) -> list[Mention]:
        return [
            Mention(*found.span(), tuple(values))
            for found in _BARE.finditer(text)
            if (amount := _amount(found)) is not None
            and (values := wanted.get(_key(amount, None))) is not None
        ]

    return find


def _finder_of_units(wanted: Mapping[tuple[str, str], Sequence[str]], units: set[_Unit]) -> Finder:
    kinds = {unit.kind for unit in units}

    def find(text: str) -> list[Mention]:
        mentions = []
        for found in _WITH_UNIT.finditer(text):
            amount = _amount(found)
            if amount is None:
                continue
            unit = _unit_of(found["sign"] or found["unit"] or "")
            known = unit is not None and (unit.kind in kinds or not unit.kind.startswith("word:"))
            keys = [_key(amount, unit)] if known else [_key(amount, own) for own in (*units, None)]
            values = tuple(dict.fromkeys(v for key in keys for v in wanted.get(key, ())))
            if values:
                end = found.end() if known else found.end("scale" if found["scale"] else "number")
                mentions.append(Mention(found.start(), end, values))
        return mentions

    return find


def _read(text: str) -> _Quantity | None:
    """The quantity that the whole of `text` is, or None."""
    found = _WITH_UNIT.fullmatch(text.strip())
    amount = _amount(found) if found else None
    if found is None or amount is None:
        return None
    return _Quantity(amount, _unit_of(found["sign"] or found["unit"] or ""))


def _amount(found: re.Match[str]) -> Decimal | None:
    number = found["number"]
    if len(number) > _MAX_NUMBER:
        return None
    return Decimal(number.replace(",", "")) * _SCALES.get((found["scale"] or "").lower(), 1)


def _key(amount: Decimal, unit: _Unit | None) -> tuple[str, str]:
    """What two spellings of one quantity have in common."""
    if unit is None or (unit.factor, unit.offset) == (1.0, 0.0):
        return unit.kind if unit else "", str(amount.normalize() + 0)
    return unit.kind, f"{float(amount) * unit.factor + unit.offset:.{_DIGITS}g}"


@lru_cache(maxsize=4096)
def _unit_of(word: str) -> _Unit | None:
    """The unit that a word or sign names; a word that is none of ours is a kind of its own."""
    plain = word.strip().lower()
    if not plain or plain in _NO_UNITS:
        return None
    if plain in _CURRENCIES:
        return _Unit(_CURRENCIES[plain])
    return _physical("percent" if plain.startswith("per") and "cent" in plain else word) or _Unit(
        f"word:{plain.removesuffix('s')}"
    )


def _physical(word: str) -> _Unit | None:
    registry = _registry()
    try:
        zero, one = (registry.Quantity(amount, word).to_base_units() for amount in (0.0, 1.0))
    except Exception:  # noqa: BLE001  (pint raises its own errors and those of Python's tokenizer)
        return None
    offset = float(zero.magnitude)
    return _Unit(str(one.units), float(one.magnitude) - offset, offset)


@lru_cache(maxsize=1)
def _registry() -> UnitRegistry[Any]:
    from pint import UnitRegistry  # noqa: PLC0415  (a second to import, and seldom needed)

    return UnitRegistry()
