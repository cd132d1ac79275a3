"""A schema of pydantic's as servers want it that enforce it strictly."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

__all__ = ["strict_schema"]


def strict_schema(schema: Any) -> Any:  # noqa: ANN401  (any JSON)
    """The same schema with all properties required and no others allowed, at every depth.

    That is what OpenAI's structured outputs take; defaults, which they refuse, are left out.
    """
    if isinstance(schema, list):
        return [strict_schema(item) for item in schema]
    if not isinstance(schema, Mapping):
        return schema
    made = {key: strict_schema(value) for key, value in schema.items() if key != "default"}
    if (
        isinstance(properties := schema.get("properties"), Mapping)
        and schema.get("type") == "object"
    ):
        made |= {"required": list(properties), "additionalProperties": False}
    return made
