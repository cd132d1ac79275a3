"""Whether the keys of a JSON answer come in the order in which its schema declares them.

JSON Schema cannot say so; a style guide can, and people read tickets in one order.
"""

from __future__ import annotations

from collections.abc import Mapping

from harness.scoring.jsontext import Json
from harness.scoring.offered import branches

__all__ = ["in_order"]


def in_order(value: Json, schema: object) -> bool:
    """Tell whether the declared keys of every object stand in the order of `properties`.

    Where a schema has branches (`oneOf`, `anyOf`, `allOf`), those that declare most of the keys
    count, and one of them whose order is kept is enough. Keys that are not declared may stand
    anywhere; references within the schema are not followed.
    """
    if isinstance(value, list):
        inner = [branch["items"] for branch in branches(schema) if "items" in branch]
        return all(not inner or any(in_order(item, one) for one in inner) for item in value)
    if not isinstance(value, Mapping):
        return True
    declared = [
        properties
        for branch in branches(schema)
        if isinstance(properties := branch.get("properties"), Mapping)
    ]
    most = max((_known(value, properties) for properties in declared), default=0)
    fitting = [properties for properties in declared if _known(value, properties) == most]
    return not most or any(_kept(value, properties) for properties in fitting)


def _known(value: Mapping[str, Json], properties: Mapping[str, object]) -> int:
    return sum(key in properties for key in value)


def _kept(value: Mapping[str, Json], properties: Mapping[str, object]) -> bool:
    order = [key for key in properties if key in value]
    return order == [key for key in value if key in properties] and all(
        in_order(value[key], properties[key]) for key in order
    )
