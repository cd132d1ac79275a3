"""The objects that questions ask for, from flat to long, and what each must say where."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Final

from harness.world.advisories.wording import (
    PRIORITIES,
    RANSOMWARE_USE,
    TIER_INSTRUCTIONS,
    TIER_KEYS,
    Tier,
)
from harness.world.formats import JsonSchema

__all__ = ["POINTERS", "TIERS", "VALUE_POINTERS"]

_CVE: Final = {"type": "string", "pattern": "^CVE-[0-9]{4}-[0-9]{4,7}$"}
# Bounds, so that a decoder that keeps the schema comes to an end; the longest product has 68 characters.
_VENDOR: Final = {"type": ["string", "null"], "maxLength": 40}
_PRODUCT: Final = {"type": ["string", "null"], "maxLength": 80}
_DATE_PATTERN: Final = "^[0-9]{4}-[0-9]{2}-[0-9]{2}$"
_DAY: Final = {"type": ["string", "null"], "format": "date", "pattern": _DATE_PATTERN}
_USE: Final = {"enum": [*RANSOMWARE_USE, None]}
_WEAKNESSES: Final = {
    "type": ["array", "null"],
    "items": {"type": "string", "pattern": "^CWE-[0-9]{1,4}$"},
    "maxItems": 6,
}


def _object(**properties: Any) -> dict[str, Any]:  # noqa: ANN401 - schemas of any shape
    return {
        "type": "object",
        "additionalProperties": False,
        "required": list(properties),
        "properties": properties,
    }


_AFFECTED: Final = _object(vendor=_VENDOR, product=_PRODUCT)
_SCHEMAS: Final[Mapping[Tier, dict[str, Any]]] = {
    "flat": _object(cve={"type": "string", "maxLength": 20}, vendor=_VENDOR, product=_PRODUCT),
    "typed": _object(cve=_CVE, due=_DAY, ransomware_use=_USE),
    "nested": _object(cve=_CVE, affected=_AFFECTED, weaknesses=_WEAKNESSES),
    "conditional": {
        "oneOf": [
            _object(
                cve=_CVE,
                ransomware_use={"const": "Known"},
                escalate_by={"type": "string", "format": "date", "pattern": _DATE_PATTERN},
            ),
            _object(cve=_CVE, ransomware_use={"enum": ["Unknown", None]}),
        ]
    },
    "long": _object(
        cve=_CVE,
        affected=_AFFECTED,
        due=_DAY,
        ransomware_use=_USE,
        weaknesses=_WEAKNESSES,
        priority={"enum": [*PRIORITIES, None]},
        source=_object(
            passage={"type": ["integer", "null"], "minimum": 1, "maximum": 99}, date=_DAY
        ),
    ),
}

VALUE_POINTERS: Final[Mapping[Tier, str]] = MappingProxyType(
    {
        "flat": "/product",
        "typed": "/due",
        "nested": "/affected/product",
        "conditional": "/ransomware_use",
        "long": "/priority",
    }
)
"""The field of each object that answers the question."""

POINTERS: Final[Mapping[Tier, Mapping[str, str]]] = MappingProxyType(
    {
        "flat": {"/vendor": "vendor", "/product": "product"},
        "typed": {"/due": "due_date", "/ransomware_use": "ransomware_use"},
        "nested": {
            "/affected/vendor": "vendor",
            "/affected/product": "product",
            "/weaknesses": "cwes",
        },
        "conditional": {"/ransomware_use": "ransomware_use", "/escalate_by": "escalation"},
        "long": {
            "/affected/vendor": "vendor",
            "/affected/product": "product",
            "/due": "due_date",
            "/ransomware_use": "ransomware_use",
            "/weaknesses": "cwes",
            "/priority": "priority",
        },
    }
)
"""The attribute that each place of an object states, beside `/cve`, which is the question's own.

`escalation` is the due date where ransomware use is Known, and nothing elsewhere. Where the answer
was found (`/source`) depends on the passages shown and has no history.
"""

TIERS: Final[Mapping[Tier, JsonSchema]] = MappingProxyType(
    {
        tier: JsonSchema(
            tier,
            {"$schema": "https://json-schema.org/draft/2020-12/schema", **schema},
            value_pointer=VALUE_POINTERS[tier],
            instruction=TIER_INSTRUCTIONS[tier],
            source_pointer="/source" if "source" in TIER_KEYS[tier] else "",
            ordered=True,
        )
        for tier, schema in _SCHEMAS.items()
    }
)
