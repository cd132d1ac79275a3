"""Where in a reply something stands: JSONPath, as RFC 9535 has it."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import TYPE_CHECKING, Any

from harness.errors import ConfigError

if TYPE_CHECKING:
    from jsonpath_rfc9535 import JSONPathEnvironment, JSONPathQuery

__all__ = ["Paths"]


class Paths:
    """Paths that have been compiled, by the key that each is declared under."""

    def __init__(self, declared: Mapping[str, str]) -> None:
        """Raises `ConfigError` where one is no JSONPath."""
        self._texts = dict(declared)
        self._queries = {key: _compiled(text) for key, text in declared.items()}

    def __contains__(self, key: str) -> bool:
        return key in self._queries

    def shown(self, key: str) -> str:
        """The path as it was declared."""
        return f'{key} = "{self._texts[key]}"'

    def find(self, key: str, value: object) -> list[Any]:
        """All that stands there; nothing where there is no such path.

        Raises:
            RecursionError: `value` is nested too deeply to be searched.
        """
        from jsonpath_rfc9535 import JSONPathRecursionError  # noqa: PLC0415  (see `_environment`)

        query = self._queries.get(key)
        try:
            return [] if query is None else query.find(value).values()  # type: ignore[arg-type]
        except JSONPathRecursionError as error:
            raise RecursionError(str(error)) from error


def _compiled(text: str) -> JSONPathQuery:
    from jsonpath_rfc9535 import JSONPathError  # noqa: PLC0415  (see `_environment`)

    try:
        return _environment().compile(text)
    except (JSONPathError, RecursionError) as error:
        raise ConfigError(f"{text!r} is no JSONPath (RFC 9535): {error}") from error


@cache
def _environment() -> JSONPathEnvironment:
    from jsonpath_rfc9535 import JSONPathEnvironment  # noqa: PLC0415  (few systems need it)

    return JSONPathEnvironment()
